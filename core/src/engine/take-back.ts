import type { Item, Lane, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { usersOf } from "./levels.ts";
import { queueRoster } from "./roster-item.ts";
import { outPayload } from "./sent-row.ts";
import { object } from "./to-network/content.ts";

/**
 * In the commit that ends it: whoever was invited and did not come into the chat is brought to where
 * they are there, so that no invitation stays of which nobody was told; and so is a level that was changed.
 */
export const takeBack = async (
  box: Box,
  tx: Repositories,
  { item, portal, outcome }: { item: Item; portal: Portal; outcome: Outcome | undefined },
): Promise<Lane | undefined> => {
  if (item.lane.direction !== "out") return undefined;
  if (outcome === undefined || outcome.state === "delivered" || outcome.state === "retrying")
    return undefined;
  const { event } = outPayload(item);
  if (item.kind === "power") {
    const before = object(event.unsigned?.["prev_content"])?.["users"];
    const named = { ...usersOf(before), ...usersOf(event.content["users"]) };
    for (const mxid of Object.keys(named)) {
      const ghost = await tx.ghosts.byMxid(mxid);
      const row = ghost && (await tx.roster.get(portal.id, ghost.user));
      if (row?.state === "join") await tx.roster.put(portal.id, row, true);
    }
    return queueRoster(box, tx, portal.id);
  }
  if (item.kind !== "invitation") return undefined;
  const ghost = await tx.ghosts.byMxid(event.state_key ?? "");
  if (ghost === undefined) return undefined;
  const row = await tx.roster.get(portal.id, ghost.user);
  const reason = outcome.sentence;
  const there = { user: ghost.user, state: row?.state ?? ("leave" as const) };
  const known = row?.state === "join" ? row : { ...there, ...(reason ? { reason } : {}) };
  await tx.roster.put(portal.id, known, true);
  return queueRoster(box, tx, portal.id);
};
