import type { LogEvent } from "../adapter/index.ts";
import { keyField } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Item, Portal, PortalId, Repositories } from "../store/types.ts";
import { isControl } from "./control.ts";
import { lateKey } from "./stand-in.ts";
import { reactionKey } from "./to-matrix/reaction.ts";
import { reactionOf } from "./to-network/reaction.ts";
import type { Works } from "./works.ts";

/** What the box said as a person, pushed back by the homeserver. */
export interface PuppetEcho {
  /** Absent: every chat of the room has it already. */
  readonly portal: PortalId | undefined;
  /** What is under way and said it. */
  readonly item?: Item;
}

/**
 * Whether an event of a person is one that the box sent as them. K alone proves nothing: who forwards
 * a message copies it. So it must be of something under way that speaks as that person, or the very
 * event that is written down. Asked also where the box does not speak as people any more: what it said
 * as them may still be on its way back.
 */
export const puppetEcho = async (
  works: Works,
  tx: Repositories,
  event: MatrixEvent,
): Promise<PuppetEcho | undefined> => {
  const key = event.content[keyField];
  if (typeof key !== "string" || works.isInNamespace(event.sender)) return undefined;
  return (
    (await underWay(works, tx, { event, key })) ??
    (await writtenDown(works, tx, event)) ??
    (await reacting(works, tx, { event, key })) ??
    (await cameLate(works, tx, { event, key }))
  );
};

interface Keyed {
  readonly event: MatrixEvent;
  readonly key: string;
}

const underWay = async (
  works: Works,
  tx: Repositories,
  { event, key }: Keyed,
): Promise<PuppetEcho | undefined> => {
  const item = await tx.items.byKey(key);
  if (item === undefined || item.lane.direction !== "in" || isControl(item.lane)) return undefined;
  if (item.kind !== "message" && item.kind !== "edit") return undefined;
  const portal = await tx.portals.get(item.lane.portal);
  const said = item.payload as unknown as Extract<LogEvent, { kind: "message" | "edit" }>;
  if (portal?.room !== event.room_id) return undefined;
  const person = await works.puppets.ownerOf(tx, portal, said);
  return person === event.sender ? { portal: portal.id, item } : undefined;
};

const writtenDown = async (
  works: Works,
  tx: Repositories,
  { event_id: id, room_id, sender }: MatrixEvent,
): Promise<PuppetEcho | undefined> => {
  const rows = await tx.messages.anyByEvent(id);
  const row = rows.find((one) => one.from === "remote" && one.sender === sender);
  if (row) return { portal: row.portal };
  for (const portal of await works.portals.ofRoom(room_id))
    if (await isKnown(works, tx, portal, id)) return { portal: portal.id };
  return undefined;
};

const isKnown = async (
  works: Works,
  tx: Repositories,
  { id }: Portal,
  event: string,
): Promise<boolean> =>
  (await tx.assertions.byEvent(id, event)).some((row) => row.by === undefined) ||
  (await works.puppets.remembers(tx, id, event));

/** A reaction is under way while its row is not shown: it has no item of its own. */
const reacting = async (
  works: Works,
  tx: Repositories,
  { event, key }: Keyed,
): Promise<PuppetEcho | undefined> => {
  const about = event.type === "m.reaction" ? reactionOf(event)?.about : undefined;
  if (about === undefined) return undefined;
  for (const { portal: id, remote } of await tx.messages.anyByEvent(about)) {
    const portal = await tx.portals.get(id);
    for (const row of await tx.assertions.of(id, remote)) {
      if (row.kind !== "reaction" || row.by !== undefined || row.user === "" || !row.dirty)
        continue;
      if (reactionKey(works, row) !== key || portal?.room !== event.room_id) continue;
      const person = await works.puppets.ownerOf(tx, portal, row.user);
      if (person === event.sender) return { portal: id };
    }
  }
  return undefined;
};

/** Their homeserver had it after all, when their ghost had said it already. */
const cameLate = async (
  works: Works,
  tx: Repositories,
  { event: { room_id, sender }, key }: Keyed,
): Promise<PuppetEcho | undefined> => {
  for (const { id } of await works.portals.ofRoom(room_id))
    if (await tx.seen.has(id, lateKey(key, sender))) return { portal: undefined };
  return undefined;
};
