import type { LogEvent, PartId, UserId } from "../adapter/index.ts";
import { keyField } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Item, PortalId, Repositories } from "../store/types.ts";
import { eventKeyOf, messageKeyOf } from "./to-matrix/send.ts";
import type { Works } from "./works.ts";

/** One of our own events, pushed back by the homeserver. */
export interface Confirm {
  /** The portal it was sent for; absent: not known any more. */
  readonly portal: PortalId | undefined;
  /** What waits for it. */
  readonly wakes: readonly string[];
}

/** Whether the event is of one of our users, and which attempt it proves. */
export const confirmOwn = async (
  works: Works,
  tx: Repositories,
  event: MatrixEvent,
): Promise<Confirm | undefined> => {
  if (!(await isOurs(works, event.sender))) return undefined;
  const key = event.content[keyField];
  const item = typeof key === "string" ? await tx.items.byKey(key) : undefined;
  if (!item || item.lane.direction === "out")
    return { portal: await portalOf(tx, event), wakes: [] };
  const proof = { by: "homeserver", event: event.event_id } as const;
  const { portal } = item.lane;
  if (works.inflight.confirm(item.key, proof)) return { portal, wakes: [] };
  return { portal, wakes: await settleFound(works, tx, { item, event }) };
};

const isOurs = async (works: Works, mxid: string): Promise<boolean> =>
  mxid === works.box.homeserver.bot || (await works.ghosts.isGhost(mxid));

const portalOf = async (tx: Repositories, event: MatrixEvent): Promise<PortalId | undefined> => {
  const rows = await tx.messages.anyByEvent(event.event_id);
  return rows.find((row) => row.from === "remote")?.portal;
};

/** An attempt of an earlier process, or one whose reply was lost, is settled by its own echo. */
const settleFound = async (
  works: Works,
  tx: Repositories,
  { item, event }: { item: Item; event: MatrixEvent },
): Promise<readonly string[]> => {
  if (item.kind !== "message") return [];
  const said = item.payload as unknown as Extract<LogEvent, { kind: "message" }>;
  const [part] = said.content.parts;
  if (part === undefined) return [];
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
  });
  await tx.items.done(item.id);
  works.load.queued -= 1;
  const rest = await tx.items.ofOrigin(item.origin);
  if (!rest.some((other) => other.lane.portal === item.lane.portal)) {
    await tx.outcomes.put({
      origin: item.origin,
      portal: item.lane.portal,
      direction: "in",
      state: "delivered",
      code: undefined,
      sentence: undefined,
      at: works.box.clock.now(),
      room: event.room_id,
      notice: undefined,
    });
  }
  return [messageKeyOf(item.lane.portal, said.id), eventKeyOf(event.event_id)];
};
