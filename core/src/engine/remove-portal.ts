import type { Millis } from "../adapter/index.ts";
import type { Lane, Outcome, Portal, Repositories } from "../store/types.ts";
import { forgetInside } from "./account-roles.ts";
import type { Box } from "./box.ts";
import type { Tell } from "./ending.ts";
import { queueLastWords } from "./last-words.ts";
import { forgetListing } from "./list-item.ts";
import { moveMute } from "./mute.ts";
import { leaveAll } from "./old-room.ts";
import { forgetPlace, ownersOf } from "./own-chat.ts";
import { forgetGap } from "./pending-gap.ts";
import { checkRoom } from "./room-levels.ts";
import { aboutOf, outPayload } from "./sent-row.ts";

/** So many queued items are read at once. */
const page = 200;

/** So few go with the portal: in a chat in which somebody always speaks there is never nothing. */
const fewLeft = 100;

/**
 * Before the commit that ends a portal: what is known of years is forgotten in many small ones, because all
 * of it at once holds up everything the box does. Broken off, it goes on from there.
 */
export const emptyPortal = async (
  { store, signal }: Pick<Box, "store" | "signal">,
  { id }: Pick<Portal, "id">,
): Promise<void> => {
  let gone = fewLeft;
  while (gone >= fewLeft && !signal.aborted)
    gone = await store.commit((tx) => tx.portals.empty(id));
  signal.throwIfAborted();
};

/** Who of a room's people speaks by which login of theirs, by portal. */
export const preferredScope = (portal: Portal["id"]): string => `prefer:${portal}`;

interface Removed {
  readonly portal: Portal;
  readonly tell: Tell;
  /** Nobody is left in its room who could read of it. */
  readonly isEmptied?: boolean;
}

/**
 * In the commit that ends a portal: its rows are gone, and what people said that still waited ends as not
 * bridged; what was just being sent as doubtful, because its answer finds nobody any more. Both are told in
 * the room. The caller forgets the portal afterwards, and wakes the lanes.
 */
export const removePortal = async (
  box: Box,
  tx: Repositories,
  { portal, tell, isEmptied = false }: Removed,
): Promise<readonly Lane[]> => {
  const at = box.clock.now();
  const lane = { portal: portal.id, direction: "out" } as const;
  const ended = new Map<string, Outcome>();
  for (;;) {
    const waiting = await tx.items.list(lane, page);
    if (waiting.length === 0) break;
    for (const item of waiting) {
      await tx.items.done(item.id);
      const { event, also = [] } = outPayload(item);
      for (const origin of [item.origin, ...also]) {
        if (ended.has(origin)) continue;
        const outcome = unbridged(portal, { origin, at, isOpen: item.state === "trying" });
        ended.set(origin, outcome);
        await tx.outcomes.put(outcome);
        tell({
          what: "outcome",
          outcome,
          took: Math.max(0, at - item.at),
          about: aboutOf(event),
        });
      }
    }
  }
  for (const login of ownersOf(portal.chat, await tx.portals.logins(portal.id)))
    await forgetPlace(tx, { portal: portal.id, login });
  await forgetInside(tx, portal.id);
  const leaving = await leaveAll(box, tx, portal);
  await tx.portals.remove(portal.id);
  await tx.keys.forgetScope(preferredScope(portal.id));
  await forgetListing(tx, portal);
  await forgetGap(tx, portal);
  const outcomes = [...ended.values()];
  const lanes = isEmptied ? [] : await queueLastWords(box, tx, { portal, outcomes });
  if (portal.room !== undefined) await moveMute(tx, { room: portal.room });
  return [...leaving, ...lanes, ...(await checkRoom(box, tx, portal))];
};

interface Unbridged {
  readonly origin: string;
  readonly at: Millis;
  /** It was on its way, and may be there. */
  readonly isOpen: boolean;
}

const unbridged = (portal: Portal, { origin, at, isOpen }: Unbridged): Outcome => ({
  origin,
  portal: portal.id,
  direction: "out",
  ...(isOpen
    ? {
        state: "doubtful",
        code: "doubtful",
        sentence: "that chat was unbridged while it was being sent. Look there whether it has it.",
      }
    : { state: "not_bridged", code: "gone", sentence: "that chat is not bridged any more." }),
  at,
  room: portal.room,
  notice: undefined,
});
