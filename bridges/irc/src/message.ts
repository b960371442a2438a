import type {
  ChatRef,
  DeleteEvent,
  MessageEvent,
  MessageId,
  RemoteEvent,
  RichText,
} from "@bridgebox/core/adapter";
import { firstPart, messageId } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Batch } from "./api/batches.ts";
import { isBatch } from "./api/batches.ts";
import { ctcpIn } from "./ctcp.ts";
import { parseText } from "./format.ts";
import { audienceOf, messageBy, usableMsgid } from "./ids.ts";
import type { Reading } from "./reading.ts";

/** The time that the server puts on it, by the server's clock. */
export const stampOf = ({ tags }: IrcMessage): number | undefined => {
  const at = Date.parse(tags["time"] ?? "");
  return Number.isFinite(at) ? at : undefined;
};

export const timeOf = (message: IrcMessage): number => stampOf(message) ?? Date.now();

/** The message that a line answers or reacts to. */
export const answeredBy = ({ tags }: IrcMessage): MessageId | undefined => {
  const msgid = usableMsgid(tags["+reply"]) ?? usableMsgid(tags["+draft/reply"]);
  return msgid === undefined ? undefined : messageBy(msgid);
};

type Tone = "normal" | "notice" | "action";

interface Words {
  readonly tone: Tone;
  readonly lines: readonly string[];
}

/** What was said; a CTCP question says nothing. */
function wordsOf({ command, params }: IrcMessage): Words | undefined {
  const text = params[1] ?? "";
  const notice = command === "NOTICE";
  const ctcp = ctcpIn(text);
  if (ctcp === undefined) return { tone: notice ? "notice" : "normal", lines: [text] };
  if (ctcp.verb !== "ACTION" || notice) return undefined;
  return { tone: "action", lines: [ctcp.text] };
}

const isConcat = ({ tags }: IrcMessage): boolean => tags["draft/multiline-concat"] !== undefined;

/** The lines of one message; a line that only goes on with the one before it is joined to it. */
function joinedWords({ items }: Batch): Words | undefined {
  const lines: string[] = [];
  let tone: Tone = "normal";
  for (const item of items) {
    if (isBatch(item)) continue;
    const text = item.params[1] ?? "";
    if (item.command === "NOTICE") tone = "notice";
    if (isConcat(item) && lines.length > 0) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  if (lines.every((line) => line === "")) return undefined;
  return { tone, lines: lines.map((line) => line.replaceAll("\x01", "")) };
}

/** Lines of text as one paragraph. */
function richOf(reading: Reading, place: ChatRef, lines: readonly string[]): RichText {
  const channel = audienceOf(place.id)?.channel ?? place.id;
  const people = reading.roster.channel(channel)?.people;
  const nickAt = (word: string) => {
    const person = people?.get(reading.names.user(word));
    return person && { user: reading.userOf(person.nick), nick: person.nick };
  };
  const of = lines.flatMap((line, at) => {
    const [para] = parseText(line, { nickAt });
    const inside = para?.t === "para" ? para.of : [];
    return at === 0 ? inside : [{ t: "break" } as const, ...inside];
  });
  return [{ t: "para", of }];
}

/** The line that says who, when and by which id: a message of several lines has them where it opens. */
export const headOf = (item: IrcMessage | Batch): IrcMessage =>
  isBatch(item) ? item.opening : item;

/**
 * The account that the server vouches for (IRCv3 account-tag). What a relay says for others bears its
 * relay's, so it is nobody's.
 */
export function signedIn(
  reading: Pick<Reading, "names" | "vouches">,
  { tags }: Pick<IrcMessage, "tags">,
): { readonly account?: string } {
  const account = tags["account"];
  const relayed = tags["draft/relaymsg"] ?? tags["relaymsg"];
  if (account === undefined || account === "" || account === "*") return {};
  if (relayed !== undefined || !reading.vouches()) return {};
  return { account: reading.names.fold(account) };
}

/** A message that somebody said at that place; nothing where there are no words in it. */
export function messageOf(
  reading: Reading,
  place: ChatRef,
  item: IrcMessage | Batch,
): MessageEvent | undefined {
  const words = isBatch(item) ? joinedWords(item) : wordsOf(item);
  if (words === undefined || words.lines.every((line) => line === "")) return undefined;
  const head = headOf(item);
  const msgid = usableMsgid(head.tags["msgid"]);
  const made = msgid === undefined ? reading.nextKey() : undefined;
  const replyTo = answeredBy(head);
  const text = richOf(reading, place, words.lines);
  return {
    kind: "message",
    chat: place,
    at: timeOf(head),
    key: msgid ?? made ?? "",
    id: msgid === undefined ? messageId(made ?? "") : messageBy(msgid),
    sender: reading.userOf(head.nick),
    ...signedIn(reading, head),
    content: {
      parts: [{ id: firstPart, kind: "text", text, tone: words.tone }],
      ...(replyTo === undefined ? {} : { replyTo: { id: replyTo } }),
    },
  };
}

/** An emoji as somebody wrote it into a tag: short, and nothing unseen in it. */
function emojiIn(value: string | undefined): string | undefined {
  const emoji = (value ?? "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim();
  return emoji === "" || emoji.length > 64 ? undefined : emoji;
}

/** A reaction that was given or taken back. */
export function reactionOf(
  reading: Reading,
  place: ChatRef,
  message: IrcMessage,
): Extract<RemoteEvent, { kind: "reactions" }> | undefined {
  const id = answeredBy(message);
  const given = emojiIn(message.tags["+draft/react"]);
  const emoji = given ?? emojiIn(message.tags["+draft/unreact"]);
  if (id === undefined || emoji === undefined) return undefined;
  const at = timeOf(message);
  const user = reading.userOf(message.nick);
  const set = [{ user, emoji, on: given !== undefined, at }];
  return { kind: "reactions", chat: place, at, id, set, complete: "delta" };
}

/** `REDACT #channel msgid :why` */
export function deletionOf(
  reading: Reading,
  place: ChatRef,
  message: IrcMessage,
): DeleteEvent | undefined {
  const msgid = usableMsgid(message.params[1]);
  if (msgid === undefined) return undefined;
  const person = message.nick !== "" && !message.nick.includes(".");
  return {
    kind: "delete",
    chat: place,
    at: timeOf(message),
    key: `redact ${msgid}`,
    ids: [messageBy(msgid)],
    for: "all",
    ...(person ? { sender: reading.userOf(message.nick) } : {}),
  };
}
