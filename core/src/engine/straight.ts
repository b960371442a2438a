import type { MatrixEvent, Straight } from "../matrix/types.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import { networkOf } from "./portals.ts";
import { afterRouting, routeAll } from "./route-all.ts";
import { isInside, loginFor } from "./to-network/speaker.ts";
import type { Works } from "./works.ts";

/**
 * Events go into their lanes in the commit that takes them from the homeserver. A message whose lane
 * is idle and whose way is free is claimed there too, so that its call waits for one commit, not four.
 */
export const makeStraight =
  (works: Works): Straight =>
  async (events) => {
    await works.box.failpoint("straight.before-commit");
    const free = await freePortals(works, events);
    return async (tx, { events: taken, at, durable }) => {
      const idle = await idleLanes(tx, free);
      const routed = await routeAll(
        works,
        tx,
        taken.map((event) => ({ event, at })),
      );
      for (const lane of idle) await claimFirst(works, tx, { lane, at, durable });
      return () => afterRouting(works, routed);
    };
  };

/** The portals to which something in these events could leave at once. */
const freePortals = async (
  works: Works,
  events: readonly MatrixEvent[],
): Promise<ReadonlySet<PortalId>> => {
  const free = new Set<PortalId>();
  for (const event of events) {
    if (!isPlain(event) || event.sender === works.box.homeserver.bot) continue;
    for (const portal of await works.portals.ofRoom(event.room_id))
      if (!portal.dead && (await isFree(works, portal, event.sender))) free.add(portal.id);
  }
  return free;
};

/** A message about no other: nothing that it would have to wait for. */
const isPlain = ({ type, state_key, content }: MatrixEvent): boolean =>
  type === "m.room.message" && state_key === undefined && content["m.relates_to"] === undefined;

/** No gate is closed, and the login that would speak is connected and in the chat. */
const isFree = async (works: Works, portal: Portal, sender: string): Promise<boolean> => {
  const live = networkOf(works.box, portal);
  if (!live || live.gate.closure || works.chatGates.of(portal.id).closure) return false;
  const login = (await loginFor(works, portal, sender))?.login;
  if (!login?.connection || login.gate.closure) return false;
  return isInside(works, portal, login);
};

const idleLanes = async (
  tx: Repositories,
  portals: ReadonlySet<PortalId>,
): Promise<readonly Lane[]> => {
  const idle: Lane[] = [];
  for (const portal of portals) {
    const lane: Lane = { portal, direction: "out" };
    if ((await tx.items.head(lane)) === undefined) idle.push(lane);
  }
  return idle;
};

const claimFirst = async (
  works: Works,
  tx: Repositories,
  { lane, at, durable }: { lane: Lane; at: number; durable: Promise<boolean> },
): Promise<void> => {
  const first = await tx.items.head(lane);
  if (works.inflight.closed) return;
  if (first?.state !== "ready" || first.kind !== "message") return;
  await tx.items.claim(first.id, at);
  works.ahead.note(first.id, durable);
};
