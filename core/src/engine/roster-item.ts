import type { UserId } from "../adapter/index.ts";
import type { Lane, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";

/** In the caller's commit: one roster item per portal at a time; the dirty rows say what is to be done. */
export const queueRoster = async (box: Box, tx: Repositories, portal: PortalId): Promise<Lane> => {
  const lane: Lane = { portal, direction: "members" };
  const key = box.keyOf(portal, "roster", "");
  if (!(await tx.items.byKey(key))) {
    await tx.items.add({
      lane,
      rank: 1,
      origin: "roster",
      kind: "roster",
      payload: null,
      at: box.clock.now(),
      key,
    });
  }
  return lane;
};

/** What was learned of the members before there was a room is shown now that there is one. */
export const showRoster = async (box: Box, portal: PortalId): Promise<void> => {
  const { store } = box;
  if ((await store.read.roster.dirty(portal, 1)).length === 0) return;
  box.wake(await store.commit((tx) => queueRoster(box, tx, portal)));
};

/** Somebody who had a role before they said anything has it in the room too, now that they came. */
export const showRole = async (
  box: Box,
  { portal, user }: { portal: PortalId; user: UserId },
): Promise<void> => {
  const { store } = box;
  const row = await store.read.roster.get(portal, user);
  if (row?.state !== "join" || (row.role ?? "member") === "member") return;
  const lane = await store.commit(async (tx) => {
    await tx.roster.put(portal, row, true);
    return queueRoster(box, tx, portal);
  });
  box.wake(lane);
};
