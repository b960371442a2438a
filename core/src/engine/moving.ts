import type { MembersEvent } from "../adapter/index.ts";
import type { PortalId, Repositories } from "../store/types.ts";

/** Chats of which who is in them still has to be taken along, by the portal as which they go on. */
const scope = "moving";

/** Those chats, the latest first. */
export const movingFrom = async (
  tx: Repositories,
  portal: PortalId,
): Promise<readonly PortalId[]> => {
  const stored = await tx.keys.get(scope, String(portal));
  if (!Array.isArray(stored)) return [];
  return stored.filter((id) => typeof id === "number").map((id) => id as PortalId);
};

export const setMoving = (
  tx: Repositories,
  portal: PortalId,
  from: readonly PortalId[],
): Promise<void> => tx.keys.set(scope, String(portal), from.length > 0 ? from : null, false);

/** In the commit in which a portal begins anew or ends: whoever was still to come along does not. */
export const forgetMoving = async (tx: Repositories, portal: PortalId): Promise<void> => {
  const from = await movingFrom(tx, portal);
  for (const old of from) await tx.roster.forget(old);
  if (from.length > 0) await setMoving(tx, portal, []);
};

/**
 * In the commit that tells of these people: what was known of them comes along first, so that it is what is
 * told now that is newer.
 */
export const bringAlong = async (
  tx: Repositories,
  portal: PortalId,
  { list, complete }: Pick<MembersEvent, "list" | "complete">,
): Promise<void> => {
  const from = await movingFrom(tx, portal);
  if (from.length === 0) return;
  const people = new Set(list.map(({ user }) => user));
  // Whoever is not in a whole list has left, also of those who have not come along yet.
  if (complete)
    for (const old of from) for (const { user } of await tx.roster.of(old)) people.add(user);
  for (const user of people)
    for (const old of from) {
      const row = await tx.roster.get(old, user);
      if (row === undefined) continue;
      await tx.roster.remove(old, user);
      if ((await tx.roster.get(portal, user)) === undefined)
        await tx.roster.put(portal, row, row.dirty);
    }
};
