import type { LogEvent, PartId, UserId } from "../adapter/index.ts";
import type { Happening } from "./box.ts";
import { keyField } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Item, Lane, PortalId, Repositories } from "../store/types.ts";
import { puppetEcho } from "./puppet-echo.ts";
import { outcomeOf, writeEnd } from "./ending.ts";
import { eventKeyOf, messageKeyOf } from "./to-matrix/send.ts";
import { replacedBy } from "./to-network/edit.ts";
import { redactedBy } from "./to-network/remove.ts";
import type { Works } from "./works.ts";

/** One of our own events, pushed back by the homeserver. */
export interface Confirm {
  /** The portal it was sent for; absent: not known any more. */
  readonly portal: PortalId | undefined;
  /** What waits for it. */
  readonly wakes: readonly string[];
  /** The lane whose item it settled. */
  readonly lane?: Lane;
  /** To be told once it is durable. */
  readonly told?: readonly Happening[];
}

/** Whether the event is of one of our users, or of a person as whom we sent it, and what it proves. */
export const confirmOwn = async (
  works: Works,
  tx: Repositories,
  event: MatrixEvent,
): Promise<Confirm | undefined> => {
  if (!(await isOurs(works, event.sender))) return asPerson(works, tx, event);
  const key = event.content[keyField];
  const item = typeof key === "string" ? await tx.items.byKey(key) : undefined;
  if (!item || item.lane.direction === "out")
    return { portal: await portalOf(works, tx, event), wakes: [] };
  return proven(works, tx, { item, event });
};

const asPerson = async (
  works: Works,
  tx: Repositories,
  event: MatrixEvent,
): Promise<Confirm | undefined> => {
  const echo = await puppetEcho(works, tx, event);
  if (echo?.item) return proven(works, tx, { item: echo.item, event });
  return echo && { portal: echo.portal, wakes: [] };
};

const proven = async (
  works: Works,
  tx: Repositories,
  { item, event }: { item: Item; event: MatrixEvent },
): Promise<Confirm> => {
  const { event_id, sender } = event;
  const { portal } = item.lane;
  if (works.inflight.confirm(item.key, { by: "homeserver", event: event_id, sender }))
    return { portal, wakes: [] };
  return { portal, ...(await settleFound(works, tx, { item, event })), lane: item.lane };
};

const isOurs = async (works: Works, mxid: string): Promise<boolean> =>
  mxid === works.box.homeserver.bot || (await works.ghosts.isGhost(mxid));

/** Known by the map: the event's own row, or that of what it edits or removes; else by its ghost. */
const portalOf = async (
  works: Works,
  tx: Repositories,
  event: MatrixEvent,
): Promise<PortalId | undefined> => {
  for (const id of [event.event_id, replacedBy(event), redactedBy(event)]) {
    if (id === undefined) continue;
    const row = (await tx.messages.anyByEvent(id)).find(({ from }) => from === "remote");
    if (row) return row.portal;
  }
  const ghost = await works.ghosts.byMxid(event.sender);
  const portals = await tx.portals.ofRoom(event.room_id);
  const [own, ...more] = portals.filter((one) => one.network === ghost?.network && !one.dead);
  return more.length === 0 ? own?.id : undefined;
};

/** An attempt of an earlier process, or one whose reply was lost, is settled by its own echo. */
const settleFound = async (
  works: Works,
  tx: Repositories,
  { item, event }: { item: Item; event: MatrixEvent },
): Promise<Pick<Confirm, "wakes" | "told">> => {
  if (item.kind !== "message") return { wakes: [] };
  const said = item.payload as unknown as Extract<LogEvent, { kind: "message" }>;
  const [part] = said.content.parts;
  if (part === undefined) return { wakes: [] };
  await tx.messages.add({
    portal: item.lane.portal,
    remote: said.id,
    part: part.id satisfies PartId,
    event: event.event_id,
    room: event.room_id,
    sender: event.sender,
    author: said.sender satisfies UserId,
    from: "remote",
    at: said.at,
    login: undefined,
    content: undefined,
    thread: said.content.thread?.root.id,
  });
  await tx.items.done(item.id);
  const portal = await tx.portals.get(item.lane.portal);
  const settlement = { end: "delivered" } as const;
  const outcome = portal && (await outcomeOf(works.box, tx, { item, portal, settlement }));
  const ending = outcome && (await writeEnd(works.box, tx, { item, portal, outcome }));
  const wakes = [messageKeyOf(item.lane.portal, said.id), eventKeyOf(event.event_id)];
  return { wakes, told: ending?.told ?? [] };
};
