import type { MessageEvent } from "../../adapter/index.ts";
import type { Repositories } from "../../store/types.ts";
import { networkOf } from "../portals.ts";
import { afterSend } from "../settle.ts";
import type { Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/** How long an own-account event waits for the send that it may be the echo of. */
const echoPatience = 10_000;

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
  const rows = await works.box.store.read.messages.byRemote(portal.id, event.id);
  if (rows.some((row) => row.from === "matrix")) return { end: "dropped" };
  const own = [...(networkOf(works.box, portal)?.logins.values() ?? [])].some(
    (login) => login.row.user === event.sender,
  );
  if (!own || item.waitKey !== undefined) return undefined;
  return (await isSending(works.box.store.read, turn))
    ? untilSent(turn, item.at + echoPatience)
    : undefined;
};

/** Waits for the send that is under way in this portal, if it still is. */
export const untilSent = (turn: Turn, until: number): Settlement => ({
  end: "parked",
  key: afterSend(turn.portal.id),
  until,
  still: (tx) => isSending(tx, turn),
});

/** Whether something is on its way to the network in this portal. */
export const isSending = async (store: Repositories, turn: Turn): Promise<boolean> => {
  const lane = { portal: turn.portal.id, direction: "out" } as const;
  return (await store.items.head(lane))?.state === "trying";
};
