import { firstPart } from "../adapter/index.ts";
import type { Sent } from "../adapter/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { About } from "./box.ts";
import { wordsHash } from "./own-words.ts";
import type { Item, MessageRow, Portal } from "../store/types.ts";

/** What an outgoing item was made from; written by the router, so it is of this shape. */
export interface OutPayload {
  readonly event: MatrixEvent;
  /** Edits that took its place while it was queued: they end as it does. */
  readonly also?: readonly string[];
  /** Somebody asked for it to be sent again, though it may be there, or because it certainly is not. */
  readonly again?: "doubtful" | "failed";
  /** The event by which a client asked for that the last time. */
  readonly lastTry?: string | undefined;
}

/** The out payload of an item that the router queued. */
export const outPayload = (item: Pick<Item, "payload">): OutPayload =>
  item.payload as unknown as OutPayload;

/** What the event is that an outgoing item came from. */
export const aboutOf = ({ type, content }: MatrixEvent): About => {
  const { msgtype } = content;
  return typeof msgtype === "string" ? { type, msgtype } : { type };
};

/** The same of an item; of one towards the homeserver nothing. */
export const aboutItem = (item: Item): About | undefined =>
  item.lane.direction === "out" ? aboutOf(outPayload(item).event) : undefined;

/** The map entry of something that was sent to the network. */
export const sentRow = (
  item: Pick<Item, "payload" | "draft">,
  portal: Portal,
  sent: Sent,
): MessageRow => {
  const { event } = outPayload(item);
  return {
    portal: portal.id,
    remote: sent.id,
    part: item.draft?.part ?? firstPart,
    event: event.event_id,
    room: event.room_id,
    sender: event.sender,
    author: undefined,
    from: "matrix",
    at: sent.at ?? event.origin_server_ts,
    login: undefined,
    content: item.draft && wordsHash(item.draft.plain),
    thread: portal.info?.features.thread === "inline" ? sent.thread : undefined,
  };
};
