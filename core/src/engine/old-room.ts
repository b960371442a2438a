import type { NetworkId } from "../adapter/index.ts";
import type { Direction, Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import type { Handler, Turn } from "./turn.ts";
import { queueLeaving } from "./vacate.ts";
import type { Works } from "./works.ts";

/** A room in which a chat is not any more, and the network of that chat. */
interface Behind {
  readonly room: string;
  readonly network: NetworkId;
  /** Who came back into it for a moment; absent: whoever is in it. */
  readonly who?: string;
}

const originOf = (portal: PortalId): string => `behind:${portal}`;

interface Leaving {
  readonly portal: Portal;
  readonly room: string;
  readonly direction: Direction;
  readonly who?: string;
}

/**
 * In the caller's commit: behind all that is queued in that lane of the chat, its ghosts leave the room in
 * which it was. The bot stays, who sees what was said there.
 */
export const queueBehind = async (
  box: Box,
  tx: Repositories,
  { portal, room, direction, who }: Leaving,
): Promise<Lane> => {
  const lane: Lane = { portal: portal.id, direction };
  const origin = originOf(portal.id);
  const key = box.keyOf(portal.id, JSON.stringify([origin, room, who ?? null]), direction);
  const whose = who === undefined ? {} : { who };
  const payload = { room, network: portal.network, ...whose } satisfies Behind;
  const at = box.clock.now();
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "behind", payload, at, key });
  return lane;
};

/** What was to be done before is: from now on nobody waits for how long that takes. */
export const leaveBehind =
  ({ box }: Works): Handler =>
  (turn) => {
    const behind = turn.item.payload as unknown as Behind;
    const queue = async (tx: Repositories): Promise<readonly Lane[]> => [
      await queueLeaving(box, tx, { ...behind, goesOn: true }),
    ];
    return Promise.resolve({ end: "dropped", queue });
  };

/** In the commit that ends the chat, and all that is queued in it: who was to leave a room still does. */
export const leaveAll = async (
  box: Box,
  tx: Repositories,
  { id }: Pick<Portal, "id">,
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const { kind, payload } of await tx.items.ofOrigin(originOf(id)))
    if (kind === "behind")
      lanes.push(await queueLeaving(box, tx, { ...(payload as unknown as Behind), goesOn: true }));
  return lanes;
};

/** Written down before a ghost comes back into such a room to say something there: it leaves again. */
export const willLeave = async (
  { box }: Works,
  { portal }: Turn,
  { room, as }: { readonly room: string; readonly as: string },
): Promise<void> => {
  if (portal.room === undefined || portal.room === room || as === box.homeserver.bot) return;
  await box.store.commit((tx) => queueBehind(box, tx, { portal, room, direction: "in", who: as }));
};
