import type { Content, MessageId, Target } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { MessageRow, Portal } from "../../store/types.ts";
import type { Works } from "../works.ts";

/** How an event stands to others: its relation, and the thread it is in. */
export interface Related {
  readonly relation: JsonObject;
  /** Where it began, also if that is not in this room: its messages are no part of the chat itself. */
  readonly thread: MessageId | undefined;
  /** The message that it answers is not in this room, so that its words must stand in the text. */
  readonly lost: Target | undefined;
}

/**
 * A reply and a thread as a relation. A thread always names a message to answer, for clients without
 * threads: the last one in it, where nothing in particular is answered.
 */
export const relationOf = async (
  works: Works,
  portal: Portal,
  { replyTo, thread }: Content,
): Promise<Related> => {
  const answered = replyTo && (await rowOf(works, portal, replyTo));
  const lost = answered === undefined ? replyTo : undefined;
  const root = thread && (await rowOf(works, portal, thread.root));
  if (root === undefined) {
    const at = { thread: thread?.root.id };
    if (answered) return { relation: inReplyTo(answered.event), ...at, lost };
    return { relation: {}, ...at, lost: lost ?? thread?.root };
  }
  const { thread: within } = root;
  const began = typeof within === "string" ? await rowOf(works, portal, { id: within }) : root;
  const first = began ?? root;
  const last = await works.box.store.read.messages.lastInThread(portal.id, first.remote);
  const shown = last?.room === portal.room ? last : undefined;
  const relation = {
    rel_type: "m.thread",
    event_id: first.event,
    is_falling_back: answered === undefined,
    "m.in_reply_to": { event_id: (answered ?? shown ?? root).event },
  };
  return { relation: { "m.relates_to": relation }, thread: first.remote, lost };
};

const inReplyTo = (event: string): JsonObject => ({
  "m.relates_to": { "m.in_reply_to": { event_id: event } },
});

/** The piece of that message, if it is in this room. */
const rowOf = async (
  works: Works,
  portal: Portal,
  { id, part }: Target,
): Promise<MessageRow | undefined> => {
  if (id === undefined) return undefined;
  const rows = await works.box.store.read.messages.byRemote(portal.id, id);
  const row = rows.find((one) => one.part === part) ?? rows[0];
  return row?.room === portal.room ? row : undefined;
};
