import type { ChatRef, Millis } from "../adapter/index.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import { forgetInside, moveRoles } from "./account-roles.ts";
import type { LiveNetwork } from "./box.ts";
import { forgetListing, queueListing } from "./list-item.ts";
import { membersMoved } from "./move-members.ts";
import { queueMovedOn } from "./moved-on.ts";
import { queueBehind } from "./old-room.ts";
import { checkLevels, moveLevels } from "./room-levels.ts";
import { queueOwnSpace, queuePlace } from "./spaces/item.ts";
import type { Works } from "./works.ts";

interface Move {
  readonly live: LiveNetwork;
  /** As which the chat goes on. */
  readonly portal: Portal;
  readonly from: ChatRef;
  readonly at: Millis;
}

interface Moved {
  readonly old: Portal;
  readonly lanes: readonly Lane[];
}

/**
 * In the caller's commit: the old ref's room goes on under the new one, unless that has a room of its own
 * already, and whoever is in the chat, its levels, its spaces and what waits go along. What the new one has
 * told already is newer. Nothing where the old one is not known, or went on before.
 */
export const moveChat = async (
  works: Works,
  tx: Repositories,
  { live, portal, from, at }: Move,
): Promise<Moved | undefined> => {
  const { box, portals } = works;
  const old = await tx.portals.find(portal.network, from);
  if (!old || old.id === portal.id || old.dead) return undefined;
  await portals.update(tx, old, { dead: true });
  if (portal.dead) await forgetInside(tx, portal.id);
  const isTaken = portal.room === undefined || portal.dead;
  if (old.room !== undefined && isTaken) {
    const { room, origin, relay } = old;
    await portals.update(tx, portal, { room, origin, relay, dead: false });
    await moveLevels(tx, old.id, portal.id);
  }
  for (const login of await tx.portals.logins(old.id)) {
    await tx.portals.addLogin(portal.id, login, box.clock.now());
    await moveRoles(tx, old.id, { portal: portal.id, login });
  }
  const next = (await tx.portals.get(portal.id)) ?? portal;
  const lanes = [
    ...(await queuePlace(box, tx, old)),
    ...(await queueOwnSpace(box, tx, old)),
    ...(await takenAlong(tx, { from: old.id, to: portal.id })),
    ...(await membersMoved(works, tx, { live, old: old.id, portal: next, at })),
    ...(await listed(works, tx, { old, portal: next })),
    ...(isTaken ? [] : await leftAlone(works, tx, { old, portal })),
    ...(await checkLevels(box, tx, next)),
  ];
  return { old, lanes };
};

/** What waits for the network was meant for whoever is in the chat, wherever that goes on. */
const takenAlong = async (
  tx: Repositories,
  { from, to }: { readonly from: PortalId; readonly to: PortalId },
): Promise<readonly Lane[]> => {
  const direction = "out";
  if ((await tx.items.move({ portal: from, direction }, to)) === 0) return [];
  await tx.outcomes.follow(from, to);
  return [{ portal: to, direction }];
};

/** A room that is none of the chat any more, because that has one: once all is said there, its ghosts leave. */
const leftAlone = async (
  { box }: Works,
  tx: Repositories,
  { old, portal }: { readonly old: Portal; readonly portal: Portal },
): Promise<readonly Lane[]> => {
  if (old.room === undefined || portal.room === undefined || old.room === portal.room) return [];
  const { room } = old;
  await queueMovedOn(box, tx, { old, portal: { ...portal, room: portal.room } });
  return [
    await queueBehind(box, tx, { portal: old, room, direction: "in" }),
    await queueBehind(box, tx, { portal: old, room, direction: "members" }),
  ];
};

/** Who came and went while it moved is found by listing it. */
const listed = async (
  { box }: Works,
  tx: Repositories,
  { old, portal }: { readonly old: Portal; readonly portal: Portal },
): Promise<readonly Lane[]> => {
  await forgetListing(tx, old);
  const lane = portal.room === undefined ? undefined : await queueListing(box, tx, portal);
  return lane ? [lane] : [];
};
