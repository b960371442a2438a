import type { MessageEvent, Millis, UserId } from "../../adapter/index.ts";
import type { Holder, Item, Portal, PortalId, Repositories } from "../../store/types.ts";
import { networkOf } from "../portals.ts";
import { afterSend } from "../settle.ts";
import type { Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/** How long what may be an echo waits for the call of ours that it may be the echo of, in milliseconds. */
export const echoPatience: Millis = 10_000;

/** The same where an earlier process made that call, from this one's start on: its login has to connect first. */
const restartPatience: Millis = 120_000;

/**
 * Our own message may come in before the send's reply. An own-account event in a portal with a send
 * under way waits for that to end; then it is known as an echo, or it was typed on another device.
 */
export const ownEcho = async (
  works: Works,
  turn: Turn,
  event: MessageEvent,
): Promise<Settlement | undefined> => {
  const { portal } = turn;
  const own = (await ownLogin(works, portal, event.sender)) !== undefined;
  // Asked first: what ends between the two questions has written its row before the second.
  const until = own ? await sendingUntil(works, turn) : undefined;
  const rows = await works.box.store.read.messages.byRemote(portal.id, event.id);
  if (rows.some((row) => row.from === "matrix")) return { end: "dropped" };
  return until === undefined ? undefined : untilSent(turn, until);
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

/**
 * Until when what may come of something under way to the network, or of something of these kinds, waits for
 * that to end; absent: nothing is, or it has waited long enough. What was under way when the box fell is
 * looked for first, however long the box was down.
 */
export const sendingUntil = async (
  { box, inflight, began }: Works,
  turn: Turn,
  what?: readonly string[],
): Promise<Millis | undefined> => {
  const head = await sendingIn(box.store.read, turn.portal.id, what);
  if (head === undefined) return undefined;
  const own = turn.item.at + echoPatience;
  const until = inflight.hasLeft(head.key) ? own : Math.max(own, began + restartPatience);
  return turn.now() < until ? until : undefined;
};

/** Waits for the send that is under way in this portal, if it still is. */
export const untilSent = (
  { portal }: Turn,
  until: Millis,
  what?: readonly string[],
): Settlement => ({
  end: "parked",
  key: afterSend(portal.id),
  until,
  still: async (tx) => (await sendingIn(tx, portal.id, what)) !== undefined,
});

/** What is on its way to the network in that portal, if it is one of these kinds. */
const sendingIn = async (
  store: Repositories,
  portal: PortalId,
  what?: readonly string[],
): Promise<Item | undefined> => {
  const head = await store.items.head({ portal, direction: "out" });
  return head?.state === "trying" && (what?.includes(head.kind) ?? true) ? head : undefined;
};
