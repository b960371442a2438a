import { firstPart, partId } from "../../adapter/index.ts";
import type { Content, Inline, Json, Part, RichText, Target } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { fromHtml, fromPlain, prefixed, toPlain } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { networkOf } from "../portals.ts";
import { notBridged } from "../turn.ts";
import type { Settlement } from "../turn.ts";
import type { Works } from "../works.ts";
import type { MediaPart } from "../media/names.ts";
import { fileIn, offer } from "./media.ts";
import type { Offer } from "./media.ts";
import { prefixOf } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/** What goes out, and the name that stands before each line of it where the network shows none. */
export interface Said {
  readonly content: Content;
  readonly lead: string | undefined;
}

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
  if (event.type.endsWith("poll.start"))
    return notBridged("unsupported", "polls are not bridged yet.");
  const kind = event.type === "m.sticker" ? "m.sticker" : text(body["msgtype"]);
  if (kind === undefined || text(body["body"]) === undefined)
    return notBridged("invalid", "the event has no text in it.");
  const target = await replyTarget(works, portal, event);
  const reply = target === undefined ? {} : { replyTo: target };
  const file = fileIn(kind, body);
  const written = file?.captioned === false ? [] : await richText(works, portal, body);
  if (file) {
    const caption = mark === undefined ? written : marked(written, mark);
    const offered = offer(works, portal, { file, caption });
    if ("end" in offered) return offered;
    if ("part" in offered) {
      const { parts, lead } = captioned(portal, voice, offered);
      return { content: { parts, ...reply }, lead };
    }
    const text = { id: firstPart, kind: "text", text: offered.text } as const;
    const { part, lead } = relayed(portal, voice, text);
    return { content: { parts: [part], ...reply }, lead };
  }
  const tone = kind === "m.emote" ? "action" : kind === "m.notice" ? "notice" : "normal";
  const shown =
    kind === "m.text" || kind === "m.emote" || kind === "m.notice"
      ? written
      : fromPlain(inWords(kind, body));
  const said = mark === undefined ? shown : marked(shown, mark);
  const { part, lead } = relayed(portal, voice, { id: firstPart, kind: "text", text: said, tone });
  return {
    content: { parts: [part], ...reply },
    lead,
  };
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

/** The formatted body if there is one, with pills turned into people of this network. */
const richText = async (works: Works, portal: Portal, body: JsonObject): Promise<RichText> => {
  const plain = withoutFallback(text(body["body"]) ?? "");
  const html = text(body["formatted_body"]);
  if (html === undefined || body["format"] !== "org.matrix.custom.html") return fromPlain(plain);
  const people = await pills(works, portal, html);
  return fromHtml(html, {
    pill: (target, shown) => people.get(target) ?? { t: "text", text: shown },
  });
};

/** The quoted lines that old clients put before a reply. */
const withoutFallback = (body: string): string => {
  const lines = body.split("\n");
  const first = lines.findIndex((line) => !line.startsWith("> "));
  return first > 0 && lines[first] === "" ? lines.slice(first + 1).join("\n") : body;
};

const pillTarget = /(?:https:\/\/matrix\.to\/#\/|matrix:u\/)([^"'<>\s?]+)/g;

const pills = async (
  works: Works,
  portal: Portal,
  html: string,
): Promise<ReadonlyMap<string, Inline>> => {
  const found = new Map<string, Inline>();
  for (const [, encoded] of html.matchAll(pillTarget)) {
    const target = decoded(encoded ?? "");
    if (!target.startsWith("@")) continue;
    const known = await personOf(works, portal, target);
    if (known) found.set(target, known);
  }
  return found;
};

const decoded = (target: string): string => {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
};

const personOf = async (
  works: Works,
  portal: Portal,
  mxid: string,
): Promise<Inline | undefined> => {
  const ghost = await works.ghosts.byMxid(mxid);
  if (ghost?.network === portal.network)
    return { t: "user", id: ghost.user, text: ghost.name ?? ghost.user };
  const logins = [...(networkOf(works.box, portal)?.logins.values() ?? [])];
  const login = logins.find((one) => one.row.owner === mxid);
  return login && { t: "user", id: login.row.user, text: login.row.name };
};

/** The message an event answers: its id on this network, or an excerpt of it. */
const replyTarget = async (
  works: Works,
  portal: Portal,
  event: MatrixEvent,
): Promise<Target | undefined> => {
  const id = repliedTo(event);
  if (id === undefined) return undefined;
  const rows = await works.box.store.read.messages.byEvent(portal.id, id);
  const [row] = rows.filter((one) => one.room === event.room_id);
  if (row === undefined) return undefined;
  return {
    ...(await excerptOf(works, event.room_id, id)),
    id: row.remote,
    part: row.part,
    ids: rows.map((one) => one.remote),
    at: row.at,
    ...(row.author === undefined ? {} : { sender: row.author }),
  };
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

/** A line of the original. Only what this network has been shown already is ever quoted to it. */
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
  return { excerpt: withoutFallback(body).slice(0, 200), senderName: name ?? original.sender };
};

/** What somebody did, where their file has no words of its own. */
const did: Readonly<Record<MediaPart["as"], string>> = {
  image: "sent a picture",
  video: "sent a video",
  audio: "sent a sound",
  file: "sent a file",
  sticker: "sent a sticker",
  gif: "sent a moving picture",
  voice: "sent a voice message",
  round: "sent a video message",
};

/** A file with who sent it where the network does not show that; a caption that is too long follows. */
const captioned = (
  portal: Portal,
  voice: Voice,
  { part, captionMost }: Extract<Offer, { readonly part: unknown }>,
): { readonly parts: readonly Part[]; readonly lead: string | undefined } => {
  const { caption = [], ...file } = part;
  const named = voice.speaker.as === "self" || portal.info?.features.relay.media === "native";
  const words = caption.length === 0 && !named ? fromPlain(did[file.as]) : caption;
  const said = { id: firstPart, kind: "text", text: words } as const;
  const { part: text, lead } = named
    ? { part: said, lead: undefined }
    : relayed(portal, voice, said, "prefix");
  const under = text.kind === "text" ? text.text : words;
  const media: Part = { ...file, id: firstPart };
  if (under.length === 0) return { parts: [media], lead };
  if (toPlain(under).length <= captionMost) return { parts: [{ ...media, caption: under }], lead };
  return { parts: [media, { ...text, id: partId("caption") }], lead };
};

const relayed = (
  portal: Portal,
  voice: Voice,
  part: Part & { kind: "text" },
  shown = portal.info?.features.relay.text,
): { readonly part: Part; readonly lead: string | undefined } => {
  const features = portal.info?.features;
  if (voice.speaker.as === "self" || shown === "native") return { part, lead: undefined };
  const lines = features?.text.lines ?? "single";
  const { name } = voice.speaker;
  const prefix: readonly Inline[] =
    part.tone === "action" ? [{ t: "text", text: `* ${name} ` }] : prefixOf(name, lines);
  const text = prefixed(part.text, prefix, lines === "single" ? "line" : "once");
  return {
    part: { ...part, text, tone: part.tone === "action" ? "normal" : (part.tone ?? "normal") },
    lead:
      lines === "single"
        ? prefix.map((one) => ("text" in one ? one.text : "")).join("")
        : undefined,
  };
};
