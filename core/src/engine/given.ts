import type { Json, Millis } from "../adapter/index.ts";
import { serverOf } from "../matrix/puppets.ts";
import type { Given } from "../matrix/types.ts";
import type { Repositories } from "../store/types.ts";

/** The access tokens that people gave for themselves, by person; sealed. */
const scope = "given";

/** Which homeserver is the box's, and what it makes of people of others. */
export interface Homes {
  readonly domain: string;
  /** Addresses of other homeservers, by server name. */
  readonly servers: Readonly<Record<string, string>>;
  /** Whether an address that was found by the name of a server counts too. */
  readonly discovery: boolean;
}

/** What a person gave. */
export interface Kept {
  readonly token: string;
  readonly device?: string | undefined;
  /** Where it was found that their homeserver is; absent: at the box's own, or where the config says. */
  readonly found?: string | undefined;
  readonly since: Millis;
}

export const keptOf = async (tx: Repositories, mxid: string): Promise<Kept | undefined> =>
  parsed(await tx.keys.get(scope, mxid));

/** As its own file wrote it; whatever else stands there is nothing. */
const parsed = (value: Json | undefined): Kept | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { token, device, found, since } = value as Partial<Record<keyof Kept, Json>>;
  if (typeof token !== "string" || typeof since !== "number") return undefined;
  return {
    token,
    since,
    ...(typeof device === "string" ? { device } : {}),
    ...(typeof found === "string" ? { found } : {}),
  };
};

/** Keeps it in place of an older one; nothing: forgets it. */
export const keep = (tx: Repositories, mxid: string, kept: Kept | undefined): Promise<void> => {
  const { device, found, ...rest } = kept ?? {};
  const value = {
    ...rest,
    ...(device === undefined ? {} : { device }),
    ...(found === undefined ? {} : { found }),
  };
  return tx.keys.set(scope, mxid, kept === undefined ? null : value, true);
};

/** The token by which the box acts as that person, where the config lets it. */
export const givenBy = async (
  tx: Repositories,
  mxid: string,
  homes: Homes,
): Promise<Given | undefined> => {
  const kept = await keptOf(tx, mxid);
  return kept && placed(mxid, kept, homes);
};

/** What is kept, with the homeserver that it is for; nothing where that may not be called. */
export const placed = (
  mxid: string,
  { token, found }: Pick<Kept, "token" | "found">,
  { domain, servers, discovery }: Homes,
): Given | undefined => {
  const server = serverOf(mxid);
  if (server === domain) return { token };
  const named = Object.hasOwn(servers, server) ? servers[server] : undefined;
  if (named !== undefined) return { token, place: { address: named, isTrusted: true } };
  if (!discovery || found === undefined) return undefined;
  return { token, place: { address: found, isTrusted: false } };
};
