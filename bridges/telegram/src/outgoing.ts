import { createHash } from "node:crypto";
import {
  partId,
  type Block,
  type Content,
  type Draft,
  type MediaRef,
  type Outgoing,
  type Part,
  type RichText,
} from "@bridgebox/core/adapter";
import { longFromBytes } from "./api/entities.ts";
import { bodyToJson, type Item, type What } from "./body.ts";
import { toMarked } from "./format.ts";
import { messageNumber, peerOfChat } from "./ids.ts";
import { splitMarked, trimmed, type Mark, type Marked } from "./marks.ts";
import { shownAs } from "./shown-as.ts";
import { contactOf } from "./vcard.ts";

/** core.telegram.org/api/config, message_length_max and caption_length_max. */
export const longestText = 4096;
export const longestCaption = 1024;
/** Items of an album. */
const mostItems = 10;

type MediaPart = Extract<Part, { kind: "media" }>;

/** What is sent, in pieces that Telegram takes; the first one carries the reply. */
export const planDrafts = ({ content, chat, lead: name = "" }: Outgoing): readonly Draft[] => {
  const replyTo = replyNumber(content);
  const personal = peerOfChat(chat)?.kind === "user";
  const lead = replyTo === undefined ? missingReply(content) : [];
  const drafts: Draft[] = [];
  for (const group of grouped(content.parts)) {
    const first = drafts.length === 0;
    const pieces = piecesOf(group, {
      lead: first ? lead : [],
      name,
      ttl: personal ? secondsShown(content) : undefined,
      personal,
    });
    for (const piece of pieces) {
      const reply = drafts.length === 0 && replyTo !== undefined ? { replyTo } : {};
      drafts.push(draftOf(piece, reply));
    }
  }
  return drafts;
};

interface Piece extends Marked {
  readonly part: Draft["part"];
  readonly what?: What;
  readonly media?: readonly MediaRef[];
  readonly plain?: string;
}

const draftOf = (piece: Piece, reply: { readonly replyTo?: number }): Draft => {
  const { part, text, marks, what, media, plain = text } = piece;
  return {
    part,
    body: bodyToJson({ text, marks, ...reply, ...(what === undefined ? {} : { what }) }),
    ...(media === undefined ? {} : { media }),
    plain,
  };
};

/** What is shown together: files of one kind beside each other are an album. */
const grouped = (parts: readonly Part[]): readonly (readonly Part[])[] => {
  const groups: Part[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    const [head] = group ?? [];
    const album = head && albumOf(head);
    const fits = album !== undefined && album === albumOf(part) && (group?.length ?? 0) < mostItems;
    if (fits) group?.push(part);
    else groups.push([part]);
  }
  return groups;
};

/** Photos go with films, files with files, music with music; everything else stands alone. */
const albumOf = (part: Part): "seen" | "heard" | "file" | undefined => {
  if (part.kind !== "media") return undefined;
  switch (shownAs(part)) {
    case "image":
    case "video":
      return "seen";
    case "audio":
      return "heard";
    case "file":
      return "file";
    default:
      return undefined;
  }
};

interface Setting {
  /** The words of a reply to what Telegram has not. */
  readonly lead: readonly Block[];
  /** Whoever is relayed; empty for the account itself. */
  readonly name: string;
  /** Seconds for which a file is shown. */
  readonly ttl: number | undefined;
  readonly personal: boolean;
}

const piecesOf = (group: readonly Part[], setting: Setting): readonly Piece[] => {
  const [part] = group;
  if (part === undefined) return [];
  if (part.kind === "media") {
    return mediaPieces(
      group.flatMap((each) => (each.kind === "media" ? [each] : [])),
      setting,
    );
  }
  const what = whatOf(part, setting);
  if (what === undefined) return textPieces(part, [...setting.lead, ...textOf(part)], setting);
  const { text: plain } = toMarked(textOf(part));
  return [{ part: part.id, text: "", marks: [], what, plain }];
};

const textPieces = (
  part: Part,
  text: RichText,
  { name, from = 0 }: Pick<Setting, "name"> & { readonly from?: number },
): readonly Piece[] =>
  splitMarked(toMarked(text), longestText - name.length).map((piece, index) => ({
    ...(index === 0 ? piece : ledBy(name, piece)),
    part: index + from === 0 ? part.id : partId(`${part.id}+${index + from}`),
  }));

/** A further piece is a message of its own, so the speaker's name stands before it again. */
const ledBy = (name: string, piece: Marked): Marked => {
  if (name === "") return piece;
  const block = piece.marks.some(
    ({ type, offset }) => offset === 0 && (type === "quote" || type === "pre"),
  );
  const head = block ? `${name.trimEnd()}\n` : name;
  const marks = piece.marks.map((mark) => ({ ...mark, offset: mark.offset + head.length }));
  const bold: Mark = { type: "bold", offset: 0, length: head.trimEnd().length };
  return { text: head + piece.text, marks: [bold, ...marks] };
};

/** Captions that do not fit, and those of kinds that have none, follow as messages of their own. */
const mediaPieces = (
  parts: readonly MediaPart[],
  { lead, name, ttl }: Setting,
): readonly Piece[] => {
  const after: Piece[] = [];
  const items = parts.map((part, index): Item => {
    const as = shownAs(part);
    const text = [...(index === 0 ? lead : []), ...(part.caption ?? [])];
    const caption = trimmed(toMarked(text));
    const alone = as === "sticker" || as === "round" || caption.text.length > longestCaption;
    if (alone && caption.text !== "") after.push(...textPieces(part, text, { name, from: 1 }));
    return {
      as,
      ...(alone ? { text: "", marks: [] } : caption),
      ...(part.spoiler === true ? { spoiler: true } : {}),
      ...(part.waveform === undefined ? {} : { waveform: part.waveform }),
    };
  });
  const [first] = items;
  const [head] = parts;
  if (first === undefined || head === undefined) return [];
  const { text, marks } = first;
  const what: What = { kind: "media", items, ...(ttl === undefined ? {} : { ttl }) };
  const plain = text === "" ? `[${first.as}]` : text;
  return [
    { part: head.id, text, marks, what, media: parts.map(({ media }) => media), plain },
    ...after,
  ];
};

/** What Telegram has a word for, beside text and files. */
const whatOf = (part: Part, { personal }: Setting): What | undefined => {
  switch (part.kind) {
    case "location":
      return placeOf(part);
    case "contact": {
      const contact = contactOf(part);
      return contact && { kind: "contact", ...contact };
    }
    case "poll":
      return personal ? undefined : pollOf(part);
    default:
      return undefined;
  }
};

const placeOf = ({
  lat,
  lon,
  name,
  live,
}: Extract<Part, { kind: "location" }>): What | undefined => {
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return undefined;
  const until = live === undefined ? {} : { until: live.until };
  return { kind: "place", lat, lon, ...(name ? { name } : {}), ...until };
};

/** core.telegram.org/api/poll: what is longer or more than this goes out as text. */
const pollOf = (part: Extract<Part, { kind: "poll" }>): What | undefined => {
  const { question, options, max, closesAt } = part;
  const fits =
    options.length >= 2 &&
    options.length <= 10 &&
    question.trim() !== "" &&
    question.length <= 255 &&
    options.every(({ text }) => text.trim() !== "" && text.length <= 100);
  if (!fits) return undefined;
  const ends = closesAt === undefined ? {} : { closesAt };
  return { kind: "poll", question, options, multiple: max > 1, ...ends };
};

/** Telegram shows a file for at most a minute, or once. */
const secondsShown = ({ expires }: Content): number | undefined => {
  if (expires?.mode === "view-once") return 2_147_483_647;
  if (expires?.from !== "read" || expires.seconds === undefined) return undefined;
  return Math.min(60, Math.max(1, expires.seconds));
};

const replyNumber = (content: Content): number | undefined => {
  const id = content.replyTo?.ids?.[0] ?? content.replyTo?.id;
  return id === undefined ? undefined : messageNumber(id);
};

/** A reply to what Telegram has not: the words stand in for the link. */
const missingReply = (content: Content): readonly Block[] => {
  const { replyTo } = content;
  if (replyTo?.excerpt === undefined || replyTo.excerpt === "") return [];
  const name = replyTo.senderName === undefined ? "" : `${replyTo.senderName}: `;
  const text = `${name}${replyTo.excerpt}`;
  return [{ t: "quote", of: [{ t: "para", of: [{ t: "text", text }] }] }];
};

const line = (text: string): RichText => [{ t: "para", of: [{ t: "text", text }] }];

/** A part as text, where Telegram has no other word for it. */
const textOf = (part: Part): RichText => {
  switch (part.kind) {
    case "text":
      return part.tone === "action" ? italic(part.text) : part.text;
    case "unsupported":
      return part.link === undefined ? part.text : [...part.text, ...line(part.link)];
    case "media":
      return part.caption ?? line(part.media.name ?? "file");
    case "location":
      return line([part.name, `${part.lat}, ${part.lon}`].filter((each) => each).join(": "));
    case "contact":
      return line(part.name);
    case "poll":
      return [part.question, ...part.options.map((each) => `– ${each.text}`)].flatMap(line);
  }
};

const italic = (text: RichText): RichText =>
  text.map((block) =>
    block.t === "para" ? { ...block, of: [{ t: "italic", of: block.of }] } : block,
  );

/**
 * The number by which Telegram refuses a repetition, made from the attempt's key so that it is the
 * same on every retry (core.telegram.org/method/messages.sendMessage, random_id).
 */
export const randomIdOf = (key: string, item = 0) =>
  longFromBytes(
    createHash("sha256")
      .update(item === 0 ? key : `${key}:${item}`)
      .digest()
      .subarray(0, 8),
  );
