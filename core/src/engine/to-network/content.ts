import { firstPart, partId } from "../../adapter/index.ts";
import type {
  ChatFeatures,
  Content,
  Inline,
  Json,
  Part,
  RichText,
  Target,
} from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { cleanName, fromPlain, newline, toPlain } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { isPollType } from "../poll.ts";
import { notBridged } from "../turn.ts";
import type { Settlement } from "../turn.ts";
import type { Works } from "../works.ts";
import { attribute } from "./attribute.ts";
import type { Said } from "./attribute.ts";
import { kindOf } from "./kinds.ts";
import type { Kind } from "./kinds.ts";
import { fileIn, offer } from "./media.ts";
import type { Offer } from "./media.ts";
import { relationsOf } from "./relations.ts";
import type { Voice } from "./speaker.ts";
import { richText, withoutFallback } from "./words.ts";

interface Written {
  readonly event: MatrixEvent;
  readonly body: JsonObject;
  readonly voice: Voice;
  /** Stands before the text: what this is to a reader who cannot see it otherwise. */
  readonly mark?: string;
}

/** What a Matrix event says, in the contract's words; or why this network does not get it. */
export const contentFor = async (
  works: Works,
  portal: Portal,
  { event, body, voice, mark }: Written,
): Promise<Said | Settlement> => {
  if (event.type === "m.room.encrypted")
    return notBridged(
      "unsupported",
      "this room is encrypted, and bridgebox cannot read encrypted messages yet. Use a room without encryption.",
    );
  if (event.state_key !== undefined && event.content["live"] !== true)
    return { ...notBridged("unsupported", "it is over."), quiet: true };
  if (event.state_key !== undefined)
    return notBridged(
      "unsupported",
      "a place that moves is not passed on. Send where you are now.",
    );
  if (event.type === "m.call.invite")
    return notBridged("unsupported", "calls are not passed on. Call there.");
  const other = kindOf(event, body);
  const related = await standing(works, portal, event);
  const features = portal.info?.features;
  if (other !== undefined)
    return attribute({ parts: [takenAs(other, features)], ...related }, voice.speaker, features);
  if (isPollType(event.type, "start"))
    return notBridged("invalid", "the poll has no question or no answers.");
  const kind = event.type === "m.sticker" ? "m.sticker" : text(body["msgtype"]);
  if (kind === undefined || text(body["body"]) === undefined)
    return notBridged("invalid", "the event has no text in it.");
  const file = fileIn(kind, body);
  const written = file?.captioned === false ? [] : await richText(works, portal, { event, body });
  if (file) {
    const caption = mark === undefined ? written : marked(written, mark);
    const offered = offer(works, portal, { file, caption });
    if ("end" in offered) return offered;
    const part: Part =
      "part" in offered ? filePart(offered) : { id: firstPart, kind: "text", text: offered.text };
    const said = attribute({ parts: [part], ...related }, voice.speaker, features);
    return "part" in offered ? fitting(said, offered.captionMost) : said;
  }
  const tone = kind === "m.emote" ? "action" : kind === "m.notice" ? "notice" : "normal";
  const shown =
    kind === "m.text" || kind === "m.emote" || kind === "m.notice"
      ? written
      : fromPlain(inWords(kind, body));
  const said = mark === undefined ? shown : marked(shown, mark);
  const part: Part = { id: firstPart, kind: "text", text: said, tone };
  const content: Content = {
    parts: [part],
    ...related,
  };
  return attribute(content, voice.speaker, features);
};

export const isSettlement = (value: Said | Settlement): value is Settlement => "end" in value;

/** What cannot be sent as what it is: its kind, its name and, of a place, where it is. */
const inWords = (kind: string, body: JsonObject): string => {
  const what = kind.replace(/^m\./, "");
  const at = kind === "m.location" ? text(body["geo_uri"]) : undefined;
  return `[${what}: ${[text(body["body"]), at].filter(Boolean).join(" ")}]`;
};

const marked = ([first, ...rest]: RichText, mark: string): RichText => {
  const of: readonly Inline[] = [{ t: "text", text: mark }];
  if (first?.t === "para") return [{ ...first, of: [...of, ...first.of] }, ...rest];
  return [{ t: "para", of }, ...(first ? [first] : []), ...rest];
};

const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

type Related = Pick<Content, "replyTo" | "thread">;

/** What it answers, and the thread that it is in: where the chat has none, an answer to its root. */
const standing = async (works: Works, portal: Portal, event: MatrixEvent): Promise<Related> => {
  const { thread, reply, fallingBack } = relationsOf(event);
  const root = thread === undefined ? undefined : await targetOf(works, portal, event, thread);
  const meant = reply === undefined || (root !== undefined && fallingBack);
  const answered = meant ? undefined : await targetOf(works, portal, event, reply);
  const inThread = root?.id !== undefined && portal.info?.features.thread === "inline";
  const replyTo = answered ?? (inThread ? undefined : root);
  return { ...(inThread && { thread: { root } }), ...(replyTo && { replyTo }) };
};

/** A poll or a place, or, where the chat takes none, the words that stand for it. */
const takenAs = ({ part, words }: Kind, features: ChatFeatures | undefined): Part =>
  features?.parts.includes(part.kind) === true
    ? part
    : { id: firstPart, kind: "text", text: words };

/** A message that an event stands to: its id on this network, or an excerpt of it. */
const targetOf = async (
  works: Works,
  portal: Portal,
  event: MatrixEvent,
  id: string,
): Promise<Target | undefined> => {
  const rows = await works.box.store.read.messages.byEvent(portal.id, id);
  const [row] = rows.filter((one) => one.room === event.room_id);
  if (row === undefined)
    return (await wasMeant(works, portal, id)) ? excerptOf(works, event.room_id, id) : undefined;
  return {
    ...(await excerptOf(works, event.room_id, id)),
    id: row.remote,
    part: row.part,
    ids: rows.map((one) => one.remote),
    at: row.at,
    ...(row.author === undefined ? {} : { sender: row.author }),
  };
};

/** It was to go to that network and did not get there: whoever said it said it to the people there too. */
const wasMeant = async (works: Works, portal: Portal, id: string): Promise<boolean> => {
  const outcome = await works.box.store.read.outcomes.get(id, portal.id);
  if (outcome?.direction !== "out") return false;
  return outcome.code !== "forbidden" && outcome.code !== "cancelled";
};

/** The event id in `m.in_reply_to`, if the event has one. */
export const repliedTo = (event: MatrixEvent): string | undefined => {
  const relation = object(event.content["m.relates_to"]);
  return text(object(relation?.["m.in_reply_to"])?.["event_id"]);
};

export const object = (value: Json | undefined): JsonObject | undefined =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;

/** A line of the original. Only what this network was shown, or was to be shown, is ever quoted to it. */
const excerptOf = async (
  works: Works,
  room: string,
  id: string,
): Promise<Pick<Target, "excerpt" | "senderName">> => {
  const original = await works.originals.get(room, id);
  const body = original && text(original.content["body"]);
  if (original === undefined || body === undefined) return {};
  const ghost = await works.ghosts.byMxid(original.sender);
  const name = ghost?.name ?? ghost?.user ?? (await works.names.of(room, original.sender));
  const excerpt = withoutFallback(body).slice(0, 200).split(newline).join(" ");
  return { excerpt, senderName: cleanName(name ?? "") || original.sender };
};

const filePart = ({ part }: Extract<Offer, { readonly part: unknown }>): Part => {
  const { caption = [], ...file } = part;
  return { ...file, id: firstPart, ...(caption.length > 0 ? { caption } : {}) };
};

/** A caption that is too long follows its file. */
const fitting = (said: Said, captionMost: number): Said => {
  const [media, ...more] = said.content.parts;
  if (media?.kind !== "media" || media.caption === undefined) return said;
  if (toPlain(media.caption).length <= captionMost) return said;
  const { caption: text, ...file } = media;
  const after = { id: partId("caption"), kind: "text", text } as const;
  return { ...said, content: { ...said.content, parts: [file, after, ...more] } };
};
