import type { Lane, Repositories } from "../store/types.ts";
import type { Box, Happening } from "./box.ts";
import type { Tell } from "./ending.ts";

/** Does it in a commit. What it resolves with wakes the lanes and tells what was told, now that it is durable. */
export const commitTelling = async (
  box: Box,
  work: (tx: Repositories, tell: Tell) => Promise<readonly Lane[]>,
): Promise<() => void> => {
  const { lanes, told } = await box.store.commit(async (tx) => {
    const happenings: Happening[] = [];
    const busy = await work(tx, (happening) => void happenings.push(happening));
    return { lanes: busy, told: happenings };
  });
  return () => {
    for (const lane of lanes) box.wake(lane);
    for (const happening of told) box.observe(happening);
  };
};
