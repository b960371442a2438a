import { BridgeError } from "../adapter/index.ts";
import type { ChatRef, NetworkId } from "../adapter/index.ts";
import { cleanName } from "../richtext/index.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import type { Works } from "./works.ts";

export interface Named {
  readonly name: string;
  /** Who asks: their own logins and those of the box look it up, nobody else's. */
  readonly asker?: string | undefined;
  readonly signal: AbortSignal;
}

export interface FoundChat {
  readonly chat: ChatRef;
  readonly login: LiveLogin;
  /** As it is called there: what a person typed may have a key in it. */
  readonly name: string;
  /** They may come in with what they typed. */
  readonly admits: boolean;
}

/** Finds the chat that a person named, by a login of the network that they may use; enters nothing. */
export const findChat = async (
  { box }: Works,
  live: LiveNetwork,
  { name, asker, signal }: Named,
): Promise<FoundChat> => {
  const candidates = [...live.logins.values()].filter(
    ({ row }) => row.owner === undefined || row.owner === asker,
  );
  const login = candidates.find(
    (one) => one.state === "connected" && box.connections.can(one.row.id, "resolve"),
  );
  if (!login) throw unavailable(live.settings.id);
  const look = (called: string) => box.connections.call(login.row.id, "resolve", called, signal);
  const found = await look(name);
  if (!found?.chat) {
    const near = isBare.test(name) ? await look(`#${name}`).catch(() => undefined) : undefined;
    const hint = near?.chat === undefined ? "" : ` Did you mean #${name}?`;
    throw new BridgeError(
      "not_found",
      `Nothing was done: ${live.settings.id} has no chat called ${name}.${hint}`,
      { reached: "no", scope: "item" },
    );
  }
  const { chat, name: called, admits = false } = found;
  return { chat, login, name: cleanName(called), admits };
};

/** People leave out the sign before the name of a channel. */
const isBare = /^[\p{L}\p{N}_-]+$/u;

const unavailable = (network: NetworkId): BridgeError =>
  new BridgeError(
    "network",
    `Nothing was looked up: no login of ${network} that you may use is connected. Log in, or try again later.`,
    {
      reached: "no",
      scope: "network",
    },
  );
