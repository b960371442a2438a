import type { MatrixEvent } from "../../matrix/types.ts";
import type { MessageRow } from "../../store/types.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentFor, isSettlement, object } from "./content.ts";
import { draftsOf } from "./message.ts";
import { perform } from "./send.ts";
import { voiceOf } from "./speaker.ts";

/** The event that an edit replaces, if it is one. */
export const replacedBy = (event: MatrixEvent): string | undefined => {
  const relation = object(event.content["m.relates_to"]);
  const id = relation?.["rel_type"] === "m.replace" ? relation["event_id"] : undefined;
  return typeof id === "string" ? id : undefined;
};

/**
 * An edit by the author of the original, in its room, acts on the message on the network; where the
 * network has no edits, the new text is sent as a new message with a mark.
 */
export const editToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const rows = await originals(works, turn, event);
    const [row] = rows;
    if (row === undefined)
      return notBridged("not_found", "the message it changes is not known there.");
    const voice = await voiceOf(works, turn.portal, event.sender);
    if (!voice) return notBridged("forbidden", "you have no login there and no relay to use.");
    const body = object(event.content["m.new_content"]) ?? event.content;
    const content = await contentFor(works, turn.portal, {
      event: { ...event, content: body },
      body,
      voice,
    });
    if (isSettlement(content)) return content;
    const drafts = await draftsOf(works, turn, { voice, content });
    const [draft] = drafts;
    if (draft === undefined)
      return notBridged("unsupported", "there is nothing in it that can be shown there.");
    return apply(works, turn, { row, voice, draft });
  };

const apply = async (
  works: Works,
  turn: Turn,
  what: { row: MessageRow } & Pick<Parameters<typeof perform>[2], "voice" | "draft">,
): Promise<Settlement> => {
  const { row, voice } = what;
  const draft = turn.item.draft ?? what.draft;
  const { connections } = works.box;
  const { id } = voice.login.row;
  const native = connections.can(id, "edit");
  const ended = await perform(works, turn, {
    voice,
    draft,
    call: (order, attempt) =>
      native
        ? connections.call(id, "edit", row.remote, order, attempt)
        : connections.call(id, "send", order, attempt),
  });
  if ("settlement" in ended) return ended.settlement;
  if (native) return { end: "delivered" };
  const { event } = outPayload(turn.item);
  const sent: MessageRow = {
    ...row,
    remote: ended.sent.id,
    event: event.event_id,
    sender: event.sender,
    at: ended.sent.at ?? event.origin_server_ts,
  };
  return { end: "delivered", write: (tx) => tx.messages.add(sent) };
};

/** The pieces of what is edited: only the sender's own, only in this room. */
const originals = async (
  works: Works,
  turn: Turn,
  event: MatrixEvent,
): Promise<readonly MessageRow[]> => {
  const id = replacedBy(event);
  if (id === undefined) return [];
  const rows = await works.box.store.read.messages.byEvent(turn.portal.id, id);
  return rows.filter((row) => row.sender === event.sender && row.room === event.room_id);
};
