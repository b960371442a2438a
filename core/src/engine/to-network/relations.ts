import type { Json, MessageId } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import type { Portal } from "../../store/types.ts";
import type { Works } from "../works.ts";

/** The events that an event stands to. */
export interface Relations {
  /** Where the thread that it is in began. */
  readonly thread: string | undefined;
  readonly reply: string | undefined;
  /** The reply is there for clients without threads only. */
  readonly fallingBack: boolean;
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

const object = (value: Json | undefined): JsonObject | undefined =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;

export const relationsOf = (event: Pick<MatrixEvent, "content">): Relations => {
  const relation = object(event.content["m.relates_to"]);
  const inThread = relation?.["rel_type"] === "m.thread";
  return {
    thread: inThread ? text(relation["event_id"]) : undefined,
    reply: text(object(relation?.["m.in_reply_to"])?.["event_id"]),
    fallingBack: inThread && relation["is_falling_back"] === true,
  };
};

/** The message that the event's thread began with on that network. */
export const threadOf = async (
  works: Works,
  portal: Portal,
  event: MatrixEvent,
): Promise<MessageId | undefined> => {
  const { thread } = relationsOf(event);
  if (thread === undefined) return undefined;
  const rows = await works.box.store.read.messages.byEvent(portal.id, thread);
  const row = rows.find((one) => one.room === event.room_id);
  return row?.thread ?? row?.remote;
};
