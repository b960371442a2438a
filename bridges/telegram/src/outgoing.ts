import { createHash } from "node:crypto";
import {
  BridgeError,
  partId,
  type Block,
  type Content,
  type Draft,
  type Outgoing,
  type Part,
  type RichText,
} from "@bridgebox/core/adapter";
import { longFromBytes } from "./api/entities.ts";
import { toMarked } from "./format.ts";
import { messageNumber } from "./ids.ts";
import {
  bodyFromJson,
  bodyToJson,
  splitMarked,
  type Body,
  type Mark,
  type Marked,
} from "./marks.ts";

/** core.telegram.org/api/config, message_length_max. */
export const longestText = 4096;

/** What is sent, in pieces that Telegram takes; the first one carries the reply. */
export const planDrafts = ({ content, lead = "" }: Outgoing): readonly Draft[] => {
  const replyTo = replyNumber(content);
  return content.parts.flatMap((part, place) => {
    const first = place === 0;
    const quote = first && replyTo === undefined ? missingReply(content) : [];
    const whole = toMarked([...quote, ...textOf(part)]);
    const pieces = splitMarked(whole, longestText - lead.length);
    return pieces.map((each, index): Draft => {
      const piece = index === 0 ? each : ledBy(lead, each);
      const reply = first && index === 0 && replyTo !== undefined ? { replyTo } : {};
      return {
        part: index === 0 ? part.id : partId(`${part.id}+${index}`),
        body: bodyToJson({ ...piece, ...reply }),
        plain: piece.text,
      };
    });
  });
};

/** A further piece is a message of its own, so the speaker's name stands before it again. */
const ledBy = (lead: string, piece: Marked): Marked => {
  if (lead === "") return piece;
  const block = piece.marks.some(
    ({ type, offset }) => offset === 0 && (type === "quote" || type === "pre"),
  );
  const head = block ? `${lead.trimEnd()}\n` : lead;
  const marks = piece.marks.map((mark) => ({ ...mark, offset: mark.offset + head.length }));
  const name: Mark = { type: "bold", offset: 0, length: head.trimEnd().length };
  return { text: head + piece.text, marks: [name, ...marks] };
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

/** The body of a draft that is to be sent; an empty one is refused before it leaves. */
export const bodyOf = (draft: Draft, what: string): Body => {
  const body = bodyFromJson(draft.body);
  if (body !== undefined && body.text !== "") return body;
  throw new BridgeError("invalid", `${what}: there is no text in it.`, {
    reached: "no",
    scope: "item",
  });
};

/**
 * The number by which Telegram refuses a repetition, made from the attempt's key so that it is the
 * same on every retry (core.telegram.org/method/messages.sendMessage, random_id).
 */
export const randomIdOf = (key: string) =>
  longFromBytes(createHash("sha256").update(key).digest().subarray(0, 8));
