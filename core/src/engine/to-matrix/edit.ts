import type { Content, DeleteEvent, EditEvent, Part } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { MessageRow, NewItem } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { awaitTarget } from "../await-target.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { quoted } from "./content.ts";
import { dressed, dressOf, nameIn, undressed } from "./dress.ts";
import { ownEdit } from "./own-edit.ts";
import { isInChat, shownParts } from "./parts.ts";
import { asProfile } from "./profile.ts";
import { sayBy } from "./send.ts";
import { shownAs } from "./shown.ts";

/** `piece`: of an edit of several parts, whose others are items of their own. */
type Edited = EditEvent & { readonly piece?: boolean };

/**
 * A remote edit acts on every event that shows the message: what changed is replaced, what is new is
 * said, what is missing is redacted. The same content again is nothing.
 */
export const editToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as Edited;
    const rows = await works.box.store.read.messages.byRemote(turn.portal.id, event.id);
    const [row, ...others] = rows;
    if (row === undefined) return awaitTarget(works, turn, event.id);
    if (turn.portal.room === undefined) return { end: "dropped" };
    const contents = event.piece === true ? [event.content] : shownParts(asBefore(event, rows));
    const [part, ...more] = contents.flatMap((content) => content.parts);
    if (part === undefined) return { end: "dropped" };
    if (event.piece === true) {
      const same = rows.find((one) => one.part === part.id);
      return same ? replace(works, turn, { event, row: same, part }) : { end: "dropped" };
    }
    if (more.length === 0 && others.length === 0) return replace(works, turn, { event, row, part });
    return { end: "expanded", into: differences(works, turn, { event, rows, contents }) };
  };

/** What was said in a thread and in the chat stays in both, whether or not its edit says so again. */
const asBefore = ({ content }: Edited, rows: readonly MessageRow[]): Content =>
  rows.some((row) => isInChat(row.part))
    ? { ...content, thread: { root: {}, ...content.thread, alsoInChat: true } }
    : content;

/** One item for each part that is there, and one for those that are not any more. */
const differences = (
  works: Works,
  turn: Turn,
  from: {
    readonly event: Edited;
    readonly rows: readonly MessageRow[];
    readonly contents: readonly Content[];
  },
): readonly NewItem[] => {
  const { event, rows, contents } = from;
  const known = new Set<string>(rows.map((row) => row.part));
  const there = new Set<string>();
  const steps = contents.flatMap((content) =>
    content.parts.map((part) => {
      there.add(part.id);
      const is = known.has(part.id)
        ? { ...event, content, piece: true }
        : { ...event, kind: "message" as const, content };
      return { kind: is.kind, payload: asJson(is), which: `part:${part.id}` };
    }),
  );
  const missing = rows.filter((row) => row.from === "remote" && !there.has(row.part));
  const { chat, at, key, sender, id } = event;
  const parts = missing.map((row) => row.part);
  const gone = { kind: "delete", chat, at, key, sender, ids: [id], parts, for: "all" } as const;
  const last = { kind: "delete", payload: asJson(gone satisfies DeleteEvent), which: "missing" };
  return [...steps, ...(missing.length > 0 ? [last] : [])].map(({ kind, payload, which }, sub) => ({
    lane: turn.item.lane,
    rank: turn.item.rank,
    origin: turn.item.origin,
    kind,
    payload,
    at: turn.item.at,
    sub,
    key: works.box.keyOf(turn.portal.id, `edit:${turn.item.origin}`, which),
  }));
};

const replace = async (
  works: Works,
  turn: Turn,
  { event, row, part }: { event: Edited; row: MessageRow; part: Part },
): Promise<Settlement> => {
  const own = await ownEdit(works, turn, { event, row, part });
  if (own) return own;
  const as = await voice(works, turn, { row, event });
  const { puppets, box } = works;
  const author = await puppets.personOf(box.store.read, turn.portal, event);
  const person = author === row.sender ? author : undefined;
  const dress = dressOf(row.content);
  const before =
    part.kind === "media" || dress.profile ? await shownNow(works, turn, row) : undefined;
  const { replyTo } = event.content;
  const { type, ...shown } = await shownAs(works, turn, {
    portal: turn.portal,
    part: dress.quoted && replyTo ? quoted(part, replyTo) : part,
    as,
    ...(before ? { before } : {}),
  });
  const hash = dressed(shown.hash, dress);
  if (row.content === hash) return { end: "dropped" };
  const name = before && nameIn(before.content);
  const content = name === undefined ? shown.content : asProfile(shown.content, { name });
  const spoken = await sayBy(works, turn, {
    room: row.room,
    as,
    person,
    type,
    content: edited(row, person ?? as, content),
    instead: edited(row, as, content),
  });
  return {
    end: "delivered",
    write: async (tx) => {
      await tx.messages.setContent(turn.portal.id, row.remote, row.part, hash);
      if (spoken.as === person) await puppets.remember(tx, turn.portal.id, spoken.event);
    },
  };
};

/** Only the author's own event can be replaced; what somebody else said is answered instead. */
const edited = (row: MessageRow, as: string, content: JsonObject): JsonObject =>
  row.sender === as
    ? replacing(row.event, content)
    : { ...content, "m.relates_to": { "m.in_reply_to": { event_id: row.event } } };

/** The content of an event that replaces another: nobody is called a second time by it. */
export const replacing = (event: string, content: JsonObject): JsonObject => {
  const { body, "m.mentions": mentions } = content;
  return {
    ...content,
    ...(typeof body === "string" ? { body: `* ${body}` } : {}),
    ...(mentions === undefined ? {} : { "m.mentions": {} }),
    "m.new_content": content,
    "m.relates_to": { rel_type: "m.replace", event_id: event },
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
  return event && { content: event.content, hash: row.content && undressed(row.content) };
};

const voice = async (
  works: Works,
  turn: Turn,
  { row, event }: { row: MessageRow; event: EditEvent },
): Promise<string> =>
  row.from === "remote" && row.author === event.sender && works.isInNamespace(row.sender)
    ? row.sender
    : (await works.ghosts.ensure(turn.portal.network, event.sender)).mxid;
