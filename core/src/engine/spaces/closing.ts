import type { Json } from "../../adapter/index.ts";
import type { Repositories } from "../../store/types.ts";
import type { Above } from "./above.ts";

/** Spaces that are being closed, and the rooms that stood in them: what was begun is done to its end. */
const scope = "closing";

/** The rooms that were taken out of it; nothing: it is not being closed. */
export const closingOf = async (
  tx: Repositories,
  space: string,
): Promise<readonly string[] | undefined> => {
  const stored: Json | undefined = await tx.keys.get(scope, space);
  if (!Array.isArray(stored)) return undefined;
  return stored.filter((room) => typeof room === "string");
};

export const putClosing = (
  tx: Repositories,
  space: string,
  rooms: readonly string[],
): Promise<void> => tx.keys.set(scope, space, rooms, false);

/** In the commit in which it is closed. */
export const forgetClosing = (tx: Repositories, space: string): Promise<void> =>
  tx.keys.set(scope, space, null, false);

/** What waits until that space is closed, because it needs a new one in its place. */
export const closedKey = (space: string): string => `closed:${space}`;

/** One of these spaces that is just being closed. */
export const closingAmong = async (
  tx: Repositories,
  wanted: readonly Pick<Above, "network" | "owner">[],
): Promise<string | undefined> => {
  for (const { network, owner } of wanted) {
    const space = await tx.spaces.get(network, owner);
    if (space && (await closingOf(tx, space.room))) return space.room;
  }
  return undefined;
};
