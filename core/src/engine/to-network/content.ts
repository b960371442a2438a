import { firstPart, partId } from "../../adapter/index.ts";
import type { Content, Inline, Json, Part, RichText, Target } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { cleanName, fromHtml, fromPlain, newline, toPlain } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { networkOf } from "../portals.ts";
import { notBridged } from "../turn.ts";
import type { Settlement } from "../turn.ts";
import type { Works } from "../works.ts";
import { attribute } from "./attribute.ts";
import type { Said } from "./attribute.ts";
import { fileIn, offer } from "./media.ts";
import type { Offer } from "./media.ts";
import type { Voice } from "./speaker.ts";

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
    const part: Part =
      "part" in offered ? filePart(offered) : { id: firstPart, kind: "text", text: offered.text };
    const said = attribute({ parts: [part], ...reply }, voice.speaker, portal.info?.features);
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
    ...reply,
  };
  return attribute(content, voice.speaker, portal.info?.features);
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
