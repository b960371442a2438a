import type { Lane, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { roomLane } from "./control.ts";

/** How long we try to get into the room in which one goes on, and keep what comes, in milliseconds. */
export const patience = 3_600_000;

/** A room and the one in which it says that it goes on. */
export interface Upgrade {
  readonly old: string;
  readonly next: string;
  /** The rooms in which its chats were before, oldest first. */
  readonly from?: readonly string[];
}

/**
 * In the caller's commit: that room is to be followed, in the lane of the new one, so that it is done
 * before anything is that is said to us there.
 */
export const queueUpgrade = async (
  box: Box,
  tx: Repositories,
  { old, next, from = [] }: Upgrade,
): Promise<Lane> => {
  const lane = roomLane(next);
  const origin = `upgrade:${old}`;
  const key = box.keyOf(lane.portal, origin, next);
  const payload = { old, next, from };
  if (!(await tx.items.byKey(key)))
    await tx.items.add({
      lane,
      rank: 1,
      origin,
      kind: "upgrade",
      payload,
      at: box.clock.now(),
      key,
    });
  return lane;
};
