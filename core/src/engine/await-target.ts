import type { MessageId, Millis } from "../adapter/index.ts";
import { isGone } from "./gone.ts";
import { messageKeyOf } from "./to-matrix/send.ts";
import { notBridged } from "./turn.ts";
import type { Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** How long an edit, a delete or a reaction waits for the message that it is about. */
export const targetPatience: Millis = 30_000;

/**
 * What is about a message that nobody knows waits for it, bounded in time and number: a network that tells of a
 * million messages which never come fills no store. Nobody in the room misses what is said of what nobody knows.
 */
export const awaitTarget = async (
  { box, parked }: Works,
  { portal, item }: Turn,
  about: MessageId,
): Promise<Settlement> => {
  if (item.waitKey !== undefined || (await isGone(box.store.read, portal.id, about)))
    return { end: "dropped" };
  if (!parked.hasRoom(portal.network, { now: box.clock.now(), most: box.settings.quota }))
    return { ...notBridged("not_found", crowded), quiet: true };
  return {
    end: "parked",
    key: messageKeyOf(portal.id, about),
    until: item.at + targetPatience,
    isBounded: true,
    still: async (tx) => (await tx.messages.byRemote(portal.id, about)).length === 0,
  };
};

const crowded =
  "the message it is about is not known here, and too much waits for such messages already.";
