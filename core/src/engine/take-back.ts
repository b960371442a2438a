import type { Member, UserId } from "../adapter/index.ts";
import type { Item, Lane, Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { peopleIn } from "./account-roles.ts";
import { levelsBefore, touchedPeople } from "./level-changes.ts";
import { usersOf } from "./levels.ts";
import { checkLevels } from "./room-levels.ts";
import { queueRoster } from "./roster-item.ts";
import { outPayload } from "./sent-row.ts";

/**
 * In the commit that ends it: whoever was invited and did not come into the chat, or was to be removed and
 * was not, is brought to where they are there, so that no invitation stays of which nobody was told; and so
 * is a level that was changed.
 */
export const takeBack = async (
  box: Box,
  tx: Repositories,
  { item, portal, outcome }: { item: Item; portal: Portal; outcome: Outcome | undefined },
): Promise<readonly Lane[]> => {
  if (item.lane.direction !== "out") return [];
  if (outcome === undefined || outcome.state === "delivered" || outcome.state === "retrying")
    return [];
  const { event } = outPayload(item);
  if (item.kind === "power") {
    const named = { ...levelsBefore(event), ...usersOf(event.content["users"]) };
    for (const mxid of Object.keys(named)) {
      const ghost = await tx.ghosts.byMxid(mxid);
      if (ghost?.network !== portal.network) continue;
      const row = (await tx.roster.get(portal.id, ghost.user)) ?? unlisted(portal, ghost.user);
      if (row?.state === "join") await tx.roster.put(portal.id, row, true);
    }
    const people = touchedPeople(event, (await peopleIn(tx, portal)).keys());
    return [await queueRoster(box, tx, portal.id), ...(await checkLevels(box, tx, portal, people))];
  }
  if (item.kind !== "invitation" && item.kind !== "member") return [];
  const ghost = await tx.ghosts.byMxid(event.state_key ?? "");
  if (ghost === undefined) return [];
  const row = await tx.roster.get(portal.id, ghost.user);
  if (item.kind === "member") {
    const stays = outcome.state !== "doubtful" && outcome.code !== "not_found";
    if (!stays || portal.origin === "plumbed" || (row && row.state !== "join")) return [];
    await tx.roster.put(portal.id, row ?? { user: ghost.user, state: "join" }, true);
    return [await queueRoster(box, tx, portal.id)];
  }
  const reason = outcome.sentence;
  const there = { user: ghost.user, state: row?.state ?? ("leave" as const) };
  const known = row?.state === "join" ? row : { ...there, ...(reason ? { reason } : {}) };
  await tx.roster.put(portal.id, known, true);
  return [await queueRoster(box, tx, portal.id)];
};

/** Somebody of whom nobody told that they are there; in a room of their own, people gave them their level. */
const unlisted = ({ origin }: Portal, user: UserId): Member | undefined =>
  origin === "plumbed" ? undefined : { user, state: "join" };
