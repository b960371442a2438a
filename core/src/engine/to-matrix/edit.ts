import type { EditEvent } from "../../adapter/index.ts";
import type { MessageRow } from "../../store/types.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { messageKeyOf, say } from "./send.ts";
import { shownAs } from "./shown.ts";

/** How long an edit or a delete waits for the message that it is about. */
export const targetPatience = 30_000;

/** A remote edit replaces the event that shows the message; the same content again is nothing. */
export const editToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as EditEvent;
    const rows = await works.box.store.read.messages.byRemote(turn.portal.id, event.id);
    const [part] = event.content.parts;
    const row = rows.find((one) => one.part === part?.id) ?? rows[0];
    if (row === undefined) return held(turn, event);
    if (part === undefined || turn.portal.room === undefined) return { end: "dropped" };
    const as = await voice(works, turn, { row, event });
    const before = part.kind === "media" ? await shownNow(works, turn, row) : undefined;
    const { content, hash } = await shownAs(works, turn, {
      portal: turn.portal,
      part,
      as,
      ...(before ? { before } : {}),
    });
    if (row.content === hash) return { end: "dropped" };
    await say(works, turn, {
      room: row.room,
      as,
      type: "m.room.message",
      content: edited(row, event, content),
    });
    return {
      end: "delivered",
      write: (tx) => tx.messages.setContent(turn.portal.id, row.remote, row.part, hash),
    };
  };

/** It waits for the message, bounded; nobody in the room misses the edit of what nobody knows. */
const held = (turn: Turn, event: EditEvent): Settlement =>
  turn.item.waitKey === undefined
    ? {
        end: "parked",
        key: messageKeyOf(turn.portal.id, event.id),
        until: turn.item.at + targetPatience,
        still: async (tx) => (await tx.messages.byRemote(turn.portal.id, event.id)).length === 0,
      }
    : { end: "dropped" };

/** Only the author's own event can be replaced; what came from Matrix is answered instead. */
const edited = (row: MessageRow, event: EditEvent, content: JsonObject): JsonObject => {
  if (row.from === "matrix" || row.author !== event.sender)
    return { ...content, "m.relates_to": { "m.in_reply_to": { event_id: row.event } } };
  const body = typeof content["body"] === "string" ? content["body"] : "";
  return {
    ...content,
    body: `* ${body}`,
    "m.new_content": content,
    "m.relates_to": { rel_type: "m.replace", event_id: row.event },
  };
};

/** What shows the message now, so that a file whose caption alone is new is not uploaded again. */
const shownNow = async (
  works: Works,
  turn: Turn,
  row: MessageRow,
): Promise<{ readonly content: JsonObject; readonly hash: string | undefined } | undefined> => {
  const call = { class: "live", signal: turn.signal } as const;
  const event = await works.box.homeserver.getEvent(row.room, row.event, call);
  return event && { content: event.content, hash: row.content };
};

const voice = async (
  works: Works,
  turn: Turn,
  { row, event }: { row: MessageRow; event: EditEvent },
): Promise<string> =>
  row.from === "remote" && row.author === event.sender
    ? row.sender
    : (await works.ghosts.ensure(turn.portal.network, event.sender)).mxid;
