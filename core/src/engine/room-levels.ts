import type { Json } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { queueRoster } from "./roster-item.ts";

/** By portal. */
const scope = "levels";

/** What became of a room's levels because people are somebody in its chat. */
export interface RoomLevels {
  readonly room: string;
  /** Which levels people have for their accounts' roles: what is not so any more is taken from them. */
  readonly given: Readonly<Record<string, number>>;
  /**
   * What else the levels say, since people of a role may change them: with that level somebody could change
   * more than roles, and this is what is put back.
   */
  readonly kept?: JsonObject;
  /** What somebody set last, for homeservers that do not say who did. */
  readonly last?: { readonly sender: string; readonly content: JsonObject };
  /** They are to be compared again, and how often that was asked for. */
  readonly check?: number;
}

export const levelsOf = async (
  tx: Repositories,
  portal: PortalId,
): Promise<RoomLevels | undefined> =>
  (await tx.keys.get(scope, String(portal))) as unknown as RoomLevels | undefined;

export const putLevels = (tx: Repositories, portal: PortalId, levels: RoomLevels): Promise<void> =>
  tx.keys.set(scope, String(portal), levels as unknown as Json, false);

/** Whether somebody has a level in that room only because of what they are in its chat. */
export const isForRole = async (
  tx: Repositories,
  room: string,
  { person, level }: { readonly person: string; readonly level: number },
): Promise<boolean> => {
  for (const { id } of await tx.portals.ofRoom(room)) {
    const given = (await levelsOf(tx, id))?.given[person];
    if (given !== undefined && level <= given) return true;
  }
  return false;
};

/** In the commit that ends that portal. */
export const forgetLevels = (tx: Repositories, portal: PortalId): Promise<void> =>
  tx.keys.set(scope, String(portal), null, false);

/** In the caller's commit: the room goes on under another portal. */
export const moveLevels = async (tx: Repositories, from: PortalId, to: PortalId): Promise<void> => {
  const levels = await levelsOf(tx, from);
  if (levels === undefined) return;
  await putLevels(tx, to, levels);
  await forgetLevels(tx, from);
};

/** Only where the box made the room, for one chat alone, are its levels those of that chat's roles. */
export const followsRoles = async (
  tx: Repositories,
  { id, room, origin }: Pick<Portal, "id" | "room" | "origin">,
): Promise<boolean> => {
  if (room === undefined || origin === "plumbed") return false;
  return (await tx.portals.ofRoom(room)).every((one) => one.dead || one.id === id);
};

/** In the caller's commit: the levels are compared with what they are to be, also those of `people`. */
export const checkLevels = async (
  box: Box,
  tx: Repositories,
  portal: Pick<Portal, "id" | "room" | "origin">,
  people: Readonly<Record<string, number>> = {},
): Promise<readonly Lane[]> => {
  const { id, room } = portal;
  const known = await levelsOf(tx, id);
  const follows = await followsRoles(tx, portal);
  if (room === undefined || (!follows && known === undefined)) return [];
  const before = known ?? { room, given: {} };
  const given = { ...(follows ? people : {}), ...before.given };
  await putLevels(tx, id, { ...before, given, check: (before.check ?? 0) + 1 });
  return [await queueRoster(box, tx, id)];
};

/** In the commit that binds one more chat to a room, or one less: its levels may be another chat's, or none's. */
export const checkRoom = async (
  box: Box,
  tx: Repositories,
  { id, room }: Pick<Portal, "id" | "room">,
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const other of room === undefined ? [] : await tx.portals.ofRoom(room))
    if (other.id !== id && !other.dead) lanes.push(...(await checkLevels(box, tx, other)));
  return lanes;
};

/** In the caller's commit: the same where people have levels for a role, after what somebody set. */
export const guardLevels = async (
  box: Box,
  tx: Repositories,
  portal: Portal,
  last?: RoomLevels["last"],
): Promise<readonly Lane[]> => {
  const levels = await levelsOf(tx, portal.id);
  if (levels === undefined) return [];
  if (last) {
    const { sender, content } = last;
    await putLevels(tx, portal.id, { ...levels, last: { sender, content } });
  }
  return checkLevels(box, tx, portal);
};
