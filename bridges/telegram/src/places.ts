import type { LoginId, RemoteEvent } from "@bridgebox/core/adapter";
import { Api, decimal, given, long, type Long } from "./api/tl.ts";
import { chatRef, fromPeer, peerKey, type PeerId } from "./ids.ts";
import type { Peers } from "./peers.ts";

/** Where an update stands in its sequence. */
export interface Place {
  readonly line: string;
  readonly pts: number;
  readonly count: number;
}

/** The sequence an update counts in; most count in none (core.telegram.org/api/updates). */
export const placeOf = (update: Api.TypeUpdate): Place | undefined => {
  if ("pts" in update && "ptsCount" in update) {
    const { pts, ptsCount } = update;
    if (typeof pts !== "number" || typeof ptsCount !== "number") return undefined;
    return { line: lineOf(update), pts, count: ptsCount };
  }
  if ("qts" in update && typeof update.qts === "number") {
    return { line: "qts", pts: update.qts, count: 1 };
  }
  return undefined;
};

const lineOf = (update: Api.TypeUpdate): string => {
  const { className } = update;
  if (!/Channel/.test(className)) return "pts";
  if ("channelId" in update) return `channel:${decimal(update.channelId)}`;
  if ("message" in update && typeof update.message === "object" && "peerId" in update.message) {
    const peer = update.message.peerId && fromPeer(update.message.peerId);
    if (peer?.kind === "channel") return `channel:${peer.id}`;
  }
  return "pts";
};

/** Any form of updates, as the longest one. */
export interface Wide {
  readonly updates: readonly Api.TypeUpdate[];
  readonly users: readonly Api.TypeUser[];
  readonly chats: readonly Api.TypeChat[];
  readonly date: number;
  readonly seqStart: number;
  readonly seq: number;
}

const bare = (updates: readonly Api.TypeUpdate[], date: number): Wide => ({
  updates,
  date,
  users: [],
  chats: [],
  seqStart: 0,
  seq: 0,
});

/** Nothing where only a difference can tell: too much happened, or a short form names a stranger. */
export const widen = async (
  updates: Api.TypeUpdates,
  { peers, view }: { readonly peers: Peers; readonly view: { readonly self: PeerId } },
): Promise<Wide | undefined> => {
  if (updates instanceof Api.Updates) return { ...fields(updates), seqStart: updates.seq };
  if (updates instanceof Api.UpdatesCombined) {
    return { ...fields(updates), seqStart: updates.seqStart };
  }
  if (updates instanceof Api.UpdateShort) return bare([updates.update], updates.date);
  if (updates instanceof Api.UpdateShortMessage) {
    const peer: PeerId = { kind: "user", id: decimal(updates.userId) };
    if ((await peers.get(peer)) === undefined) return undefined;
    return bare([fromShort(updates, view.self)], updates.date);
  }
  if (updates instanceof Api.UpdateShortChatMessage) {
    const peer: PeerId = { kind: "user", id: decimal(updates.fromId) };
    if ((await peers.get(peer)) === undefined) return undefined;
    return bare([fromShort(updates, view.self)], updates.date);
  }
  return updates instanceof Api.UpdatesTooLong ? undefined : bare([], 0);
};

const fields = (updates: Api.Updates | Api.UpdatesCombined): Omit<Wide, "seqStart"> => ({
  updates: updates.updates,
  users: updates.users,
  chats: updates.chats,
  date: updates.date,
  seq: updates.seq,
});

const fromShort = (
  short: Api.UpdateShortMessage | Api.UpdateShortChatMessage,
  self: PeerId,
): Api.UpdateNewMessage => {
  const { pts, ptsCount } = short;
  const message = new Api.Message(
    given({
      id: short.id,
      out: short.out,
      mentioned: short.mentioned,
      silent: short.silent,
      peerId: peerOfShort(short),
      fromId: authorOfShort(short, self),
      message: short.message,
      date: short.date,
      fwdFrom: short.fwdFrom,
      viaBotId: short.viaBotId,
      replyTo: short.replyTo,
      entities: short.entities,
      ttlPeriod: short.ttlPeriod,
    }),
  );
  return new Api.UpdateNewMessage({ message, pts, ptsCount });
};

const peerOfShort = (short: Api.UpdateShortMessage | Api.UpdateShortChatMessage): Api.TypePeer =>
  short instanceof Api.UpdateShortMessage
    ? new Api.PeerUser({ userId: short.userId })
    : new Api.PeerChat({ chatId: short.chatId });

const authorOfShort = (
  short: Api.UpdateShortMessage | Api.UpdateShortChatMessage,
  self: PeerId,
): Api.PeerUser => {
  let userId: Long = long(self.id);
  if (short instanceof Api.UpdateShortChatMessage) userId = short.fromId;
  else if (short.out !== true) userId = short.userId;
  return new Api.PeerUser({ userId });
};

/** The chats that an update names and that came along as left or closed: this account is out of them. */
export const goneFrom = ({ updates, chats }: Wide, login: LoginId): readonly RemoteEvent[] => {
  const named = new Set(updates.flatMap((update) => namedChat(update) ?? []));
  return chats.flatMap((chat): RemoteEvent[] => {
    const forbidden = chat instanceof Api.ChannelForbidden || chat instanceof Api.ChatForbidden;
    const left = (chat instanceof Api.Channel || chat instanceof Api.Chat) && chat.left === true;
    const channel = chat instanceof Api.Channel || chat instanceof Api.ChannelForbidden;
    const peer: PeerId = { kind: channel ? "channel" : "chat", id: decimal(chat.id) };
    if ((!forbidden && !left) || !named.has(peerKey(peer))) return [];
    const why = forbidden ? "kicked" : "left";
    return [{ kind: "gone", chat: chatRef(peer, login), why, login, at: Date.now() }];
  });
};

const namedChat = (update: Api.TypeUpdate): string | undefined => {
  if (update instanceof Api.UpdateChannel) return `channel:${decimal(update.channelId)}`;
  return update instanceof Api.UpdateChat ? `chat:${decimal(update.chatId)}` : undefined;
};
