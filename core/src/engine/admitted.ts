import { BridgeError } from "../adapter/index.ts";
import type { ChatRef } from "../adapter/index.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import { findChat } from "./find-chat.ts";
import type { FoundChat, Named } from "./find-chat.ts";
import type { Works } from "./works.ts";

/**
 * Finds the chat that a person named, by a login of the network that they may use, and enters it.
 * @throws BridgeError `forbidden` where they may not come in.
 */
export const resolveChat = async (
  works: Works,
  live: LiveNetwork,
  named: Named,
): Promise<FoundChat> => {
  const { connections } = works.box;
  const found = await findChat(works, live, named);
  const login = await admitted(works, live, { ...named, found });
  const { chat } = found;
  if (chat.receiver === undefined && connections.can(login.row.id, "join"))
    await connections.call(login.row.id, "join", chat, named.signal);
  return { ...found, login };
};

interface Wanted {
  readonly found: FoundChat;
  /** Absent: nobody is let in by it, such as the config's own rooms and an alias, whose room has doors. */
  readonly asker?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The login by which somebody comes into a chat. That an account of the box is inside opens it to nobody
 * who could not come in themselves: where a chat has a door, they come by their own login, which the
 * network lets in or not, with what opens it, or as an admin of the box.
 * @throws BridgeError `forbidden`.
 */
const admitted = async (
  works: Works,
  live: LiveNetwork,
  { found: { chat, login, name, admits }, asker, signal }: Wanted,
): Promise<LiveLogin> => {
  const { box } = works;
  if (asker === undefined || login.row.owner === asker || admits) return login;
  if (box.settings.permits(asker, "admin")) return login;
  const { entry } =
    chat.receiver === undefined
      ? await box.connections.call(login.row.id, "describe", chat, signal)
      : ({ entry: "invite" } as const);
  if (entry === undefined || entry === "open") return login;
  const own = await ownInto(works, live, { chat, asker, entry });
  if (own) return own;
  throw new BridgeError(
    "forbidden",
    `Nothing was done: ${name} is not open to everybody on ${live.settings.id}, and it is an account of the box that is in it, not yours. ` +
      `${advice[entry]}, or ask an admin of this box to say it.`,
    { reached: "no", scope: "item" },
  );
};

interface Own {
  readonly chat: ChatRef;
  readonly asker: string;
  readonly entry: "invite" | "ask" | "key";
}

/** A login of theirs that may try; a key that the box knows is not theirs, so there it has to be inside. */
const ownInto = async (
  { box, portals }: Works,
  live: LiveNetwork,
  { chat, asker, entry }: Own,
): Promise<LiveLogin | undefined> => {
  if (chat.receiver !== undefined) return undefined;
  const able = [...live.logins.values()].filter(
    ({ row }) => row.owner === asker && box.connections.can(row.id, "join"),
  );
  if (entry !== "key") return able[0];
  const portal = await portals.find(live.settings.id, chat);
  const inside = portal ? await box.store.read.portals.logins(portal.id) : [];
  return able.find(({ row }) => inside.includes(row.id));
};

const advice = {
  invite: "Log in there with an account that is in it",
  ask: "Log in there with an account that is in it",
  key: "Say its key behind its name, in a room of the two of us",
} as const;
