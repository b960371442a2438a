import { MatrixError } from "../matrix/types.ts";
import { isLeftBehind } from "./left-behind.ts";
import { judge } from "./policy.ts";
import type { Verdict } from "./policy.ts";
import { successorOf } from "./tombstone.ts";
import type { Turn } from "./turn.ts";
import { patience, queueUpgrade } from "./upgrade-item.ts";
import type { Works } from "./works.ts";

/**
 * What an error means for its item. A room that is being upgraded lets nobody speak any more, perhaps
 * before we have heard of it: what it refuses is shown where it goes on.
 */
export const weigh = async (works: Works, turn: Turn, error: unknown): Promise<Verdict> => {
  const { item, signal } = turn;
  const verdict = judge(error);
  const refused = error instanceof MatrixError && error.errcode === "M_FORBIDDEN";
  if (!refused || item.lane.direction !== "in" || turn.portal.id < 0) return verdict;
  try {
    if (!(await isUpgraded(works, turn))) return verdict;
  } catch (unclear) {
    if (signal.aborted || !(unclear instanceof MatrixError)) throw unclear;
    return judge(unclear);
  }
  return {
    next: "wait",
    code: "forbidden",
    sentence: "its room goes on in another one, which is not bridged yet.",
    sure: error.reached === "no",
    closes: "item",
    retryAfter: undefined,
  };
};

/**
 * Whether the room has moved or is about to, which is then seen to. Where it is known that we may not
 * follow, only what is new waits, in case that we are let in.
 */
const isUpgraded = async (works: Works, { item, portal, signal }: Turn): Promise<boolean> => {
  const { box, portals } = works;
  const old = portal.room;
  if (old === undefined) return false;
  if ((await portals.get(portal.id))?.room !== old) return true;
  const next = (await successorOf(works, old, { class: "live", signal }))?.room;
  if (next === undefined) return false;
  const isOld = box.clock.now() - item.at > patience;
  if (isOld && (await isLeftBehind(box, { old, next }))) return false;
  box.wake(await box.store.commit((tx) => queueUpgrade(box, tx, { old, next })));
  return true;
};
