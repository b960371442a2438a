import type { MessageEvent, UserId } from "../../adapter/index.ts";
import type { Holder, Portal, Repositories } from "../../store/types.ts";
import { networkOf } from "../portals.ts";
import { afterSend } from "../settle.ts";
import type { Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/** How long what may be an echo waits for the call of ours that it may be the echo of, in milliseconds. */
export const echoPatience = 10_000;

/**
 * Our own message may come in before the send's reply. An own-account event in a portal with a send
 * under way waits for that to end; then it is known as an echo, or it was typed on another device.
 */
export const ownEcho = async (
  works: Works,
  turn: Turn,
  event: MessageEvent,
): Promise<Settlement | undefined> => {
  const { portal, item } = turn;
  const own = (await ownLogin(works, portal, event.sender)) !== undefined;
  // Asked first: what ends between the two questions has written its row before the second.
  const sending =
    own && item.waitKey === undefined && (await isSending(works.box.store.read, turn));
  const rows = await works.box.store.read.messages.byRemote(portal.id, event.id);
  if (rows.some((row) => row.from === "matrix")) return { end: "dropped" };
  return sending ? untilSent(turn, item.at + echoPatience) : undefined;
};

/** The login of that account; while its network has not opened, as it was stored. */
export const ownLogin = async (
  works: Works,
  portal: Portal,
  user: UserId,
): Promise<Holder | undefined> => {
  const live = networkOf(works.box, portal);
  const login = [...(live?.logins.values() ?? [])].find(({ row }) => row.user === user);
  if (login || live?.gate.closure === undefined) return login?.row;
  const [stored] = await works.box.store.read.logins.ofUser(portal.network, user);
  return stored;
};

/** Waits for the send that is under way in this portal, if it still is. */
export const untilSent = (turn: Turn, until: number, what?: readonly string[]): Settlement => ({
  end: "parked",
  key: afterSend(turn.portal.id),
  until,
  still: (tx) => isSending(tx, turn, what),
});

/** Whether something, or something of these kinds, is on its way to the network in this portal. */
export const isSending = async (
  store: Repositories,
  turn: Turn,
  what?: readonly string[],
): Promise<boolean> => {
  const lane = { portal: turn.portal.id, direction: "out" } as const;
  const head = await store.items.head(lane);
  return head?.state === "trying" && (what?.includes(head.kind) ?? true);
};
