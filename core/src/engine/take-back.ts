import type { Item, Lane, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { queueRoster } from "./roster-item.ts";
import { outPayload } from "./sent-row.ts";

/**
 * In the commit that ends it: whoever was invited and did not come into the chat is brought to where
 * they are there, so that no invitation stays of which nobody was told.
 */
export const takeBack = async (
  box: Box,
  tx: Repositories,
  { item, portal, outcome }: { item: Item; portal: Portal; outcome: Outcome | undefined },
): Promise<Lane | undefined> => {
  if (item.kind !== "invitation" || item.lane.direction !== "out") return undefined;
  if (outcome === undefined || outcome.state === "delivered" || outcome.state === "retrying")
    return undefined;
  const ghost = await tx.ghosts.byMxid(outPayload(item).event.state_key ?? "");
  if (ghost === undefined) return undefined;
  const row = await tx.roster.get(portal.id, ghost.user);
  const reason = outcome.sentence;
  const there = { user: ghost.user, state: row?.state ?? ("leave" as const) };
  const known = row?.state === "join" ? row : { ...there, ...(reason ? { reason } : {}) };
  await tx.roster.put(portal.id, known, true);
  return queueRoster(box, tx, portal.id);
};
