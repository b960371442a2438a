import { createHash } from "node:crypto";
import {
  firstPart,
  type AsideEvent,
  type Content,
  type EditEvent,
  type Log,
  type LoginId,
  type MessageEvent,
  type Part,
  type RichText,
  type Target,
  type UserId,
} from "@bridgebox/core/adapter";
import { marksOf } from "./api/entities.ts";
import { Api } from "./api/tl.ts";
import { buttonsOf } from "./buttons.ts";
import { fromMarked, type Mentioned } from "./format.ts";
import { chatRef, fromPeer, messageOf, senderId, type PeerId } from "./ids.ts";
import type { Lookups } from "./lookups.ts";
import { fleeting, partOf } from "./media.ts";
import type { Until } from "./presence.ts";

/** What a translation needs to know of the login that sees it. */
export interface View {
  readonly login: LoginId;
  readonly self: PeerId;
  readonly bot: boolean;
  readonly log: Log;
  readonly mentioned: Mentioned;
  /** The name of a person or channel, where it is known. */
  nameOf(peer: PeerId): string | undefined;
  /** Where a message of the account's box is. */
  whereIs(message: number): Promise<PeerId | undefined>;
  /** The topic of a message in a channel, where it is in one. */
  topicOf(channel: string, message: number): Promise<number | undefined>;
  /** The message as this login would link to it, where it can be linked to. */
  linkTo(peer: PeerId, message: number): string | undefined;
  /** Until when somebody is there. */
  readonly isThere: Until;
  readonly lookups: Lookups;
}

/** Who said it: in a channel without an author, the channel itself. */
export const senderOf = (message: Api.Message | Api.MessageService, view: View): UserId => {
  if (message.fromId !== undefined) return senderId(fromPeer(message.fromId));
  const peer = fromPeer(message.peerId);
  if (peer.kind === "user" && message.out === true) return senderId(view.self);
  return senderId(peer);
};

/** Where a message is: in a forum, the topic that it belongs to. */
export const placeOfMessage = (message: Api.Message | Api.MessageService): PeerId => {
  const peer = fromPeer(message.peerId);
  const topic = topicIn(message.replyTo);
  return peer.kind === "channel" && topic !== undefined ? { ...peer, topic } : peer;
};

const topicIn = (reply: Api.TypeMessageReplyHeader | undefined): number | undefined =>
  reply instanceof Api.MessageReplyHeader && reply.forumTopic === true
    ? (reply.replyToTopId ?? reply.replyToMsgId)
    : undefined;

/** A new message, as the core takes it. A post that bears its author's name is shown by it. */
export const messageEvent = (message: Api.Message, view: View): MessageEvent => ({
  ...facts(message, view),
  key: `m:${message.id}`,
  kind: "message",
  content: contentOf(message, view),
  ...only("profile", message.postAuthor ? { name: message.postAuthor } : undefined),
});

/**
 * What a person says to a bot in private: Telegram lets no bot do so. A command is its word alone, and a
 * link to the bot says what it carries (core.telegram.org/api/links#bot-links).
 */
export const asideEvent = (message: Api.Message, view: View): AsideEvent | undefined => {
  const peer = fromPeer(message.peerId);
  const forwarded = message.fwdFrom !== undefined;
  if (!view.bot || peer.kind !== "user" || message.out === true || forwarded) return undefined;
  const { chat, sender, at } = facts(message, view);
  const said = (message.message ?? "").trim();
  const text = said.replace(/^\/start$/, "link").replace(/^\/(?:start )?/, "");
  const name = view.nameOf(peer) ?? sender;
  return { kind: "aside", chat, sender, at, key: `a:${message.id}`, name, text };
};

/** An edit; `undefined` for a change of something else (reactions, a preview). */
export const editEvent = (message: Api.Message, view: View): EditEvent | undefined => {
  if (message.editDate === undefined || message.editHide === true) return undefined;
  const content = contentOf(message, view);
  const hash = createHash("sha256").update(lasting(content)).digest("base64url");
  const version = `${message.editDate}.${hash.slice(0, 12)}`;
  return {
    ...facts(message, view),
    kind: "edit",
    key: `e:${message.id}:${version}`,
    at: message.editDate * 1000,
    content,
    version,
  };
};

/** The content without the keys of files, which are others for every account and every hour. */
const lasting = (content: Content): string =>
  JSON.stringify(content, (key, value: unknown) => (key === "reference" ? undefined : value));

const facts = (message: Api.Message, view: View) => {
  return {
    chat: chatRef(placeOfMessage(message), view.login),
    id: messageOf(message.id),
    sender: senderOf(message, view),
    at: message.date * 1000,
    order: orderOf(message.id),
  };
};

/** Message numbers grow: padded, they compare as text. */
export const orderOf = (message: number): string => String(message).padStart(10, "0");

const contentOf = (message: Api.Message, view: View): Content => {
  const marked = { text: message.message ?? "", marks: marksOf(message.entities) };
  const text = [...fromMarked(marked, view.mentioned), ...buttonsOf(message.replyMarkup)];
  return {
    parts: [mainPart(message, text, view)],
    ...only("replyTo", replyOf(message)),
    ...only("forwarded", forwardOf(message, view)),
    ...only("album", message.groupedId?.toString()),
    ...only("expires", expiryOf(message)),
  };
};

const expiryOf = (message: Api.Message): Content["expires"] => {
  const shown = fleeting(message.media);
  if (shown !== undefined) return { ...shown, from: "read" };
  const { ttlPeriod: seconds } = message;
  return seconds === undefined ? undefined : { mode: "timer", seconds, from: "sent" };
};

const mainPart = (message: Api.Message, text: RichText, view: View): Part => {
  const origin = {
    chat: chatRef(placeOfMessage(message), view.login),
    message: messageOf(message.id),
    at: message.date * 1000,
  };
  const media = message.media && partOf(message.media, text, origin);
  if (media === undefined) return { id: firstPart, kind: "text", text };
  if (media.kind !== "unsupported") return media;
  const link = view.linkTo(fromPeer(message.peerId), message.id);
  return link === undefined ? media : { ...media, link };
};

const replyOf = (message: Api.Message): Target | undefined => {
  const reply = message.replyTo;
  if (!(reply instanceof Api.MessageReplyHeader) || reply.replyToMsgId === undefined) {
    return undefined;
  }
  const topicStart = reply.forumTopic === true && reply.replyToTopId === undefined;
  if (topicStart) return undefined;
  const excerpt = only("excerpt", reply.quoteText === "" ? undefined : reply.quoteText);
  if (reply.replyToPeerId !== undefined) return reply.quoteText ? excerpt : undefined;
  return { id: messageOf(reply.replyToMsgId), ...excerpt };
};

const forwardOf = (message: Api.Message, view: View): Content["forwarded"] => {
  const forward = message.fwdFrom;
  if (forward === undefined) return undefined;
  const peer = forward.fromId && fromPeer(forward.fromId);
  const from = forward.fromName ?? (peer && view.nameOf(peer)) ?? "somebody";
  return { from, at: forward.date * 1000 };
};

const only = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
