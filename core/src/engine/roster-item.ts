import type { UserId } from "../adapter/index.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { queueListing } from "./list-item.ts";

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

/** What was learned of the members before there was a room is shown now that there is one, and more is asked for. */
export const showRoster = async (
  box: Box,
  portal: Pick<Portal, "id" | "network">,
): Promise<void> => {
  const { store } = box;
  const known = (await store.read.roster.dirty(portal.id, 1)).length > 0;
  if (!known && box.networks.get(portal.network)?.settings.members === "lazy") return;
  const lanes = await store.commit(async (tx) => {
    return [await queueListing(box, tx, portal), known && (await queueRoster(box, tx, portal.id))];
  });
  for (const lane of lanes) if (lane) box.wake(lane);
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
