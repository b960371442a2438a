import type { Lane, Portal, Repositories } from "../../store/types.ts";
import type { Box } from "../box.ts";
import { spaceLane } from "../control.ts";

/** The room whose place, look or end is meant. */
export interface About {
  readonly room: string;
}

/** A room is put into the spaces it belongs to; a space gets its look and its people; or it is closed. */
type Kind = "place" | "space" | "unspace";

/** In the caller's commit: one item for each at a time; what is to be is read when its turn comes. */
const queue = async (box: Box, tx: Repositories, kind: Kind, room: string): Promise<Lane> => {
  const lane = spaceLane(room);
  const origin = `${kind}:${room}`;
  const key = box.keyOf(lane.portal, origin, "");
  const payload = { room } satisfies About;
  const at = box.clock.now();
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind, payload, at, key });
  return lane;
};

/** Whether that network's rooms are put into spaces. */
export const hasSpaces = (box: Box, { network }: Pick<Portal, "network">): boolean =>
  box.networks.get(network)?.settings.spaces === true;

/** In the commit that changes where a chat's room belongs. Nothing where there are no spaces. */
export const queuePlace = async (
  box: Box,
  tx: Repositories,
  portal: Pick<Portal, "network" | "room">,
): Promise<readonly Lane[]> =>
  portal.room !== undefined && hasSpaces(box, portal)
    ? [await queue(box, tx, "place", portal.room)]
    : [];

/** In the commit that changes what a space looks like, or whose it is. */
export const queueSpace = (box: Box, tx: Repositories, space: string): Promise<Lane> =>
  queue(box, tx, "space", space);

/** In the commit that ends a chat: the space of what is inside of it is looked at anew, and closed. */
export const queueOwnSpace = async (
  box: Box,
  tx: Repositories,
  { id, network }: Pick<Portal, "id" | "network">,
): Promise<readonly Lane[]> => {
  const space = await tx.spaces.get(network, { chat: id });
  return space ? [await queueSpace(box, tx, space.room)] : [];
};

/** In the commit that finds out that a space is nobody's any more. */
export const queueUnspace = (box: Box, tx: Repositories, space: string): Promise<Lane> =>
  queue(box, tx, "unspace", space);
