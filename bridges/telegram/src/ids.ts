import {
  chatId,
  loginId,
  messageId,
  userId,
  type ChatRef,
  type LoginId,
  type MessageId,
  type UserId,
} from "@bridgebox/core/adapter";
import { Api, decimal, long } from "./api/tl.ts";

export type PeerKind = "user" | "chat" | "channel";

/**
 * A peer without its access hash: `user` a person, `chat` a basic group, `channel` the rest. A topic
 * of a forum is the channel with the number of the message that began it; the general one has none.
 */
export interface PeerId {
  readonly kind: PeerKind;
  readonly id: string;
  readonly topic?: number;
}

const shape = /^(user|chat|channel):([1-9]\d{0,18})(?:\/([1-9]\d{0,9}))?$/;

/** Private chats and basic groups number their messages per account, so they are one login's. */
export const chatRef = (peer: PeerId, login: LoginId): ChatRef => {
  const id = chatId(peerKey(peer));
  return peer.kind === "channel" ? { id } : { id, receiver: login };
};

/** Nothing where the id is none of ours. */
export const peerOfChat = (chat: ChatRef): PeerId | undefined => parsePeer(chat.id);

/** Reads `user:1`, `chat:1`, `channel:1` and a topic of a channel, `channel:1/2`. */
export const parsePeer = (text: string): PeerId | undefined => {
  const [, kind, id, topic] = shape.exec(text) ?? [];
  if (id === undefined) return undefined;
  if (kind !== "channel" && topic !== undefined) return undefined;
  return {
    kind: kind === "user" ? "user" : kind === "chat" ? "chat" : "channel",
    id,
    ...(topic === undefined ? {} : { topic: Number(topic) }),
  };
};

/** The peer as one word, for keys of stores and caches. */
export const peerKey = ({ kind, id, topic }: PeerId): string =>
  topic === undefined ? `${kind}:${id}` : `${kind}:${id}/${topic}`;

/** The sequence that what happens there counts in: each channel has one, all else is the box. */
export const lineOf = (peer: PeerId): string =>
  peer.kind === "channel" ? `channel:${peer.id}` : "pts";

/** The chat of the whole group that a topic is a part of. */
export const forumOf = ({ id }: PeerId): ChatRef => ({ id: chatId(`channel:${id}`) });

/** The channel that a topic is in, and every other peer as it is. */
export const wholeOf = ({ kind, id }: PeerId): PeerId => ({ kind, id });

/** A person is their number; a channel that speaks (posts, anonymous admins) is `channel:<number>`. */
export const senderId = (peer: PeerId): UserId =>
  userId(peer.kind === "user" ? peer.id : peerKey(peer));

/** Nothing where the id is none of ours. */
export const peerOfUser = (user: UserId): PeerId | undefined =>
  /^[1-9]\d{0,18}$/.test(user) ? { kind: "user", id: user } : parsePeer(user);

export const messageNumber = (id: MessageId): number | undefined =>
  /^[1-9]\d{0,9}$/.test(id) ? Number(id) : undefined;

export const messageOf = (number: number): MessageId => messageId(String(number));

/** One login per Telegram account. */
export const loginOf = (account: string): LoginId => loginId(account);

/** The peer that TL names. */
export const fromPeer = (peer: Api.TypePeer): PeerId => {
  if (peer instanceof Api.PeerUser) return { kind: "user", id: decimal(peer.userId) };
  if (peer instanceof Api.PeerChat) return { kind: "chat", id: decimal(peer.chatId) };
  return { kind: "channel", id: decimal(peer.channelId) };
};

/** The TL name of a peer. */
export const toPeer = ({ kind, id }: PeerId): Api.TypePeer => {
  if (kind === "user") return new Api.PeerUser({ userId: long(id) });
  if (kind === "chat") return new Api.PeerChat({ chatId: long(id) });
  return new Api.PeerChannel({ channelId: long(id) });
};

/** A number as a person's id; nothing where it is none. */
export const parseUser = (text: string): UserId | undefined =>
  /^[1-9]\d{0,18}$/.test(text) ? userId(text) : undefined;
