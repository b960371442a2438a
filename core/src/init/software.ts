import { openAsking, whyNothing } from "../doctor/ask.ts";
import type { Answer } from "../doctor/ask.ts";
import type { HomeserverSoftware } from "../config/index.ts";

const kinds: readonly (readonly [RegExp, HomeserverSoftware])[] = [
  [/^synapse/i, "synapse"],
  [/^dendrite/i, "dendrite"],
  [/condu|continuwu|tuwunel/i, "conduit"],
];

/** Milliseconds: a homeserver that is not there yet holds nobody up. */
const patience = 3000;

/** What a homeserver tells of itself; it may leave out all of it, and a proxy may hold it back. */
export interface Seen {
  readonly software: HomeserverSoftware | undefined;
  /** Its `server_name`. */
  readonly name: string | undefined;
  /** Why it is no homeserver that answers, as the end of a sentence. */
  readonly nothing: string | undefined;
}

/** What answers at that address (spec: Server-Server API, server version and publishing keys). */
export const seenAt = async (address: string): Promise<Seen> => {
  const asking = openAsking(AbortSignal.timeout(patience));
  try {
    const base = address.replace(/\/+$/, "");
    const [versions, version, keys] = await Promise.all([
      asking.ask(`${base}/_matrix/client/versions`),
      asking.ask(`${base}/_matrix/federation/v1/version`),
      asking.ask(`${base}/_matrix/key/v2/server`),
    ]);
    const server = version.got === "answer" ? version.body["server"] : undefined;
    const kind = isNamed(server) ? server.name : "";
    const name = keys.got === "answer" ? keys.body["server_name"] : undefined;
    return {
      software: kinds.find(([pattern]) => pattern.test(kind))?.[1],
      name: typeof name === "string" && likeName.test(name) ? name : undefined,
      nothing: missing(versions, address),
    };
  } finally {
    await asking.close();
  }
};

const missing = (versions: Answer, address: string): string | undefined => {
  if (versions.got === "nothing") return whyNothing(versions.code, address);
  if (Array.isArray(versions.body["versions"])) return undefined;
  return `what answers there is something else (HTTP ${versions.status})`;
};

/** Spec, appendices: server name. */
const likeName = /^[A-Za-z0-9.:[\]-]{1,255}$/;

const isNamed = (value: unknown): value is { readonly name: string } =>
  typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
