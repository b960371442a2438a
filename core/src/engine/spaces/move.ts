import type { Lane, Repositories } from "../../store/types.ts";
import type { Box } from "../box.ts";
import { forgetClosing } from "./closing.ts";
import { queuePlace, queueSpace } from "./item.ts";
import { forgetLeft } from "./leave.ts";

/**
 * In the commit that follows a room: where that is a space of ours, it is the new one from now on. Its
 * rooms are put there, it is put where the old one stood, and it gets its look and its people.
 */
export const moveSpace = async (
  box: Box,
  tx: Repositories,
  { old, next }: { readonly old: string; readonly next: string },
): Promise<readonly Lane[]> => {
  const space = await tx.spaces.ofRoom(old);
  if (space === undefined || (await tx.spaces.ofRoom(next))) return [];
  const { network } = space;
  await tx.spaces.put({ ...space, room: next, shown: {} });
  await forgetLeft(tx, old);
  await forgetClosing(tx, old);
  const lanes = [await queueSpace(box, tx, next)];
  for (const room of [next, old, ...(await tx.spaces.below(old))])
    lanes.push(...(await queuePlace(box, tx, { network, room })));
  return lanes;
};
