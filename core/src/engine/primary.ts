import type { LoginId, RemoteEvent } from "../adapter/index.ts";
import type { Portal } from "../store/types.ts";
import type { Box, LiveLogin, LiveNetwork } from "./box.ts";
import { hearersOf } from "./hearing.ts";
import { networkOf } from "./portals.ts";

/**
 * Where the wire has no message ids, only one login's view of a shared chat counts: the relay's if
 * it is there, else that of whoever is in it longest. A relay that is yet to come in takes nobody's place.
 */
export const primaryOf = async (box: Box, portal: Portal): Promise<LoginId | undefined> => {
  const live = networkOf(box, portal);
  if (!live) return undefined;
  const present = (id: LoginId | undefined): LiveLogin | undefined => {
    const login = id === undefined ? undefined : live.logins.get(id);
    return login?.state === "connected" ? login : undefined;
  };
  const inside = await box.store.read.portals.logins(portal.id);
  const connected = inside.map(present).filter((login) => login !== undefined);
  const relay = connected.find((login) => login.row.role === "relay");
  const current = connected.find((login) => login.row.id === portal.primary);
  const isThere = relay !== undefined && hearersOf(live, portal.id).has(relay.row.id);
  return ((isThere ? relay : (current ?? relay)) ?? connected[0])?.row.id;
};

/** Nothing in a message tells that two logins heard the same one, so one of them is listened to. */
export const onePerChat = ({ settings }: LiveNetwork, { chat }: Pick<Portal, "chat">): boolean =>
  settings.adapter.ids === "none" && chat.receiver === undefined;

/** What somebody says in a chat; of the rest the primary tells by itself when it comes in. */
const said: ReadonlySet<RemoteEvent["kind"]> = new Set([
  "message",
  "edit",
  "delete",
  "reactions",
  "typing",
  "read",
]);

interface Heard {
  readonly heard: boolean;
  readonly primary: LoginId | undefined;
}

/**
 * Whether events without ids that these logins saw are the ones that count. As long as the primary is not
 * in the chat yet, it is whoever came in first who is heard in its place, which stays its own.
 */
export const isHeard = async (
  box: Box,
  portal: Portal,
  { event, seenBy }: { readonly event: RemoteEvent; readonly seenBy: readonly LoginId[] },
): Promise<Heard> => {
  const live = networkOf(box, portal);
  if (live === undefined || !onePerChat(live, portal))
    return { heard: true, primary: portal.primary };
  const primary = (await primaryOf(box, portal)) ?? seenBy[0];
  if (primary === undefined || seenBy.includes(primary))
    return { heard: primary !== undefined, primary };
  const hearers = hearersOf(live, portal.id);
  if (hearers.has(primary) || !said.has(event.kind)) return { heard: false, primary };
  const [first] = hearers;
  return { heard: first !== undefined && seenBy.includes(first), primary: portal.primary };
};
