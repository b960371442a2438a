import type { Repositories } from "../../store/types.ts";

/** The spaces that a room is being put into, by the room: what was begun is found again, and ended or undone. */
const scope = "placing";

export const placingOf = async (tx: Repositories, room: string): Promise<readonly string[]> => {
  const stored = await tx.keys.get(scope, room);
  if (!Array.isArray(stored)) return [];
  return stored.filter((space) => typeof space === "string");
};

/** Before the first of them is told that the other is there. */
export const putPlacing = async (tx: Repositories, room: string, space: string): Promise<void> => {
  const begun = await placingOf(tx, room);
  await tx.keys.set(scope, room, [...new Set([...begun, space])], false);
};

/** In the commit that notes that it is there, or is there no more. */
export const endPlacing = async (tx: Repositories, room: string, space: string): Promise<void> => {
  const begun = await placingOf(tx, room);
  const left = begun.filter((other) => other !== space);
  if (left.length < begun.length)
    await tx.keys.set(scope, room, left.length > 0 ? left : null, false);
};
