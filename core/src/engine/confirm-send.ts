import type { EditEvent, MessageEvent, Sent } from "../adapter/index.ts";
import type { Item, Lane, Portal, Repositories } from "../store/types.ts";
import { settled } from "./again/act.ts";
import { isSeen } from "./again/seen.ts";
import { queueExpiry } from "./expiry.ts";
import { sentRow } from "./sent-row.ts";
import { nothingTold, outcomeOf, writeEnd } from "./ending.ts";
import type { Ending, Tell } from "./ending.ts";
import { afterSend } from "./settle.ts";
import { messageKeyOf } from "./to-matrix/send.ts";
import type { Works } from "./works.ts";

/** An event of which the network says that it is the echo of a send of ours. */
export type Echo = MessageEvent | EditEvent;

/**
 * The network shows us our own message: whoever sends it now is told, or the item ends here. Absent:
 * the send is over already.
 */
export const confirmSend = async (
  works: Works,
  tx: Repositories,
  { portal, event, tell }: { portal: Portal; event: Echo; tell: Tell },
): Promise<readonly Lane[] | undefined> => {
  const item = event.confirms === undefined ? undefined : await tx.items.byKey(event.confirms);
  if (item === undefined) return confirmLate(works, tx, { portal, event, tell });
  if (item.lane.portal !== portal.id) return undefined;
  const sent = sentBy(event);
  if (works.inflight.confirm(item.key, { by: "network", sent })) return [];
  const { told, lanes } = await end(works, tx, { item, portal, event });
  for (const happening of told) tell(happening);
  const keys = [afterSend(portal.id), messageKeyOf(portal.id, event.id)];
  return [item.lane, ...lanes, ...(await works.parked.wake(tx, keys))];
};

/** Nobody could tell whether it had arrived, and now the network shows it: it did. */
const confirmLate = async (
  works: Works,
  tx: Repositories,
  { portal, event, tell }: { portal: Portal; event: Echo; tell: Tell },
): Promise<readonly Lane[] | undefined> => {
  const { confirms } = event;
  const row = confirms === undefined ? undefined : await tx.retriables.byKey(confirms);
  if (row === undefined || row.portal !== portal.id) return undefined;
  const { origin } = row;
  await tx.retriables.remove(row.key);
  if (event.kind === "message") await noteSent(works, tx, { item: row, portal, event });
  const left = await tx.retriables.of(origin, portal.id);
  const says = `\u2713 It reached ${portal.network} after all.`;
  const lanes =
    left.length > 0 || isSeen(row)
      ? []
      : await settled(works.box, tx, { portal, origin, rows: [row], tell, says });
  return [...lanes, ...(await works.parked.wake(tx, [messageKeyOf(portal.id, event.id)]))];
};

/** An edit is younger than the message. What is shown in a thread and in the chat stands in both. */
const sentBy = (event: Echo): Sent => {
  const { kind, id, at, content } = event;
  if (kind === "edit") return { id };
  const { thread } = content;
  if (thread === undefined) return { id, at, thread: null };
  const root = thread.root.id;
  return { id, at, ...(thread.alsoInChat === true || root === undefined ? {} : { thread: root }) };
};

/** It is in the map, for as long as it stays on the network. */
const noteSent = async (
  works: Works,
  tx: Repositories,
  {
    item,
    portal,
    event,
  }: { item: Pick<Item, "payload" | "draft">; portal: Portal; event: MessageEvent },
): Promise<void> => {
  const row = sentRow(item, portal, sentBy(event));
  await tx.messages.add(row);
  const expires = event.content.expires ?? portal.info?.expires;
  await queueExpiry(works, tx, { portal, remote: row.remote, at: row.at, expires });
};

const end = async (
  works: Works,
  tx: Repositories,
  { item, portal, event }: { item: Item; portal: Portal; event: Echo },
): Promise<Ending> => {
  if (event.kind === "message") await noteSent(works, tx, { item, portal, event });
  await tx.items.done(item.id);
  const settlement = { end: "delivered" } as const;
  const outcome = await outcomeOf(works.box, tx, { item, portal, settlement });
  return outcome ? writeEnd(works.box, tx, { item, portal, outcome }) : nothingTold;
};
