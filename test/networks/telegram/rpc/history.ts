import { boxFor, isVisible, threadOf, type Account, type Box } from "../model.ts";
import type { Channel, Chat, Post } from "../model.ts";
import { Api, long, RpcError, type TlObject } from "../tl.ts";
import type { Feed } from "../updates.ts";
import { asMessage, castOf, mentioned } from "../views.ts";
import { method, userMethod, type Method } from "./method.ts";
import { postIn } from "./send.ts";

const MAX_PAGE = 100;

/** Reading what was said before, and marking it read. */
export const historyMethods: readonly Method[] = [
  userMethod(Api.messages.GetHistory, (request, me, { world }) => {
    const chat = world.chat(request.peer, me);
    const box = boxFor(chat, me);
    const idOf = (post: Post): number => post.ids.get(box) ?? 0;
    const thread = [...(box.threads.get(chat) ?? [])].toReversed();
    const all = thread.filter((post) => isVisible(box, me, idOf(post)));
    const { offsetId, offsetDate } = request;
    const from = all.findIndex((post) =>
      offsetId === 0 ? offsetDate === 0 || post.date < offsetDate : idOf(post) < offsetId,
    );
    const start = Math.max(0, (from === -1 ? all.length : from) + request.addOffset);
    const page = all
      .slice(start, start + Math.min(request.limit, MAX_PAGE))
      .filter((post) => request.maxId === 0 || idOf(post) < request.maxId)
      .filter((post) => idOf(post) > request.minId);
    return page.length < all.length || chat.kind === "channel"
      ? listed(page, { box, me, chat, count: all.length })
      : new Api.messages.Messages({
          messages: asMessages(page, box, me),
          ...mentioned(castOf(page).add(chat), me),
        });
  }),
  method(Api.messages.GetMessages, (request, me) => {
    const { box } = me;
    const found = wanted(request.id).map((id) => [id, box.posts.get(id)] as const);
    const posts = found.flatMap(([, post]) => post ?? []);
    const messages = found.map(
      ([id, post]) => (post && asMessage(post, box, me)) ?? new Api.MessageEmpty({ id }),
    );
    return new Api.messages.Messages({ messages, ...mentioned(castOf(posts), me) });
  }),
  method(Api.channels.GetMessages, (request, me, { world }) => {
    const channel = world.channel(request.channel, me);
    const { box } = channel;
    const found = wanted(request.id).map((id) => [id, box.posts.get(id)] as const);
    const posts = found.flatMap(([, post]) => post ?? []);
    return new Api.messages.ChannelMessages({
      pts: box.pts,
      count: found.length,
      messages: found.map(
        ([id, post]) => (post && asMessage(post, box, me)) ?? new Api.MessageEmpty({ id }),
      ),
      topics: [],
      ...mentioned(castOf(posts).add(channel), me),
    });
  }),
  userMethod(Api.messages.ReadHistory, (request, me, { world, feed, session }) => {
    const peer = world.chat(request.peer, me);
    const { maxId } = request;
    if (maxId <= (me.box.read.get(peer) ?? 0)) {
      return new Api.messages.AffectedMessages({ pts: me.box.pts, ptsCount: 0 });
    }
    const read = postIn(peer, me, maxId);
    me.box.read.set(peer, maxId);
    const { pts, count } = feed.record(me.box, { kind: "read-inbox", peer, maxId }, session);
    tellAuthor(feed, read, { me, peer });
    return new Api.messages.AffectedMessages({ pts, ptsCount: count });
  }),
  userMethod(Api.channels.ReadHistory, (request, me, { world, feed }) => {
    const channel = world.channel(request.channel, me);
    const { maxId } = request;
    if (maxId <= readBy(me, channel)) return true;
    readChannel(feed, me, { channel, maxId });
    return true;
  }),
];

/** An account reads a chat up to a message, on a client that is not connected here. */
export function markRead(feed: Feed, me: Account, post: Post): void {
  const peer = threadOf(post, me);
  const maxId = post.ids.get(boxFor(post.to, me)) ?? 0;
  if (peer.kind === "channel") return readChannel(feed, me, { channel: peer, maxId });
  me.box.read.set(peer, maxId);
  feed.record(me.box, { kind: "read-inbox", peer, maxId });
  tellAuthor(feed, post, { me, peer });
}

function tellAuthor(feed: Feed, read: Post, { me, peer }: { me: Account; peer: Chat }): void {
  if (read.from === me) return;
  const theirs = read.ids.get(read.from.box) ?? 0;
  const seen = peer.kind === "user" ? me : peer;
  feed.record(read.from.box, { kind: "read-outbox", peer: seen, maxId: theirs });
}

function readChannel(
  feed: Feed,
  me: Account,
  { channel, maxId }: { channel: Channel; maxId: number },
): void {
  me.box.read.set(channel, maxId);
  const channelId = long(channel.id);
  const update = new Api.UpdateReadChannelOutbox({ channelId, maxId });
  for (const member of channel.members) if (member !== me) feed.tell(member, update, [channel]);
  const own = { channelId, maxId, stillUnreadCount: 0, pts: channel.box.pts };
  feed.tell(me, new Api.UpdateReadChannelInbox(own), [channel]);
}

/** The highest message this account has read in a chat. */
export function readBy(me: Account, chat: Chat): number {
  return me.box.read.get(chat) ?? 0;
}

/** Messages as they stand in one box, in the order given. */
export function asMessages(
  posts: readonly Post[],
  box: Box,
  me: Account,
): (Api.Message | Api.MessageService)[] {
  return posts.flatMap((post) => asMessage(post, box, me) ?? []);
}

/** The newest messages of a channel. */
export function newestOf(channel: Channel, limit: number): Post[] {
  return [...channel.box.posts.values()].slice(-limit).toReversed();
}

function listed(
  posts: readonly Post[],
  { box, me, chat, count }: { box: Box; me: Account; chat: Chat; count: number },
): TlObject {
  const messages = asMessages(posts, box, me);
  const cast = mentioned(castOf(posts).add(chat), me);
  return chat.kind === "channel"
    ? new Api.messages.ChannelMessages({ pts: box.pts, count, messages, topics: [], ...cast })
    : new Api.messages.MessagesSlice({ count, messages, ...cast });
}

function wanted(ids: readonly unknown[]): number[] {
  return ids.map((id) => {
    if (id instanceof Api.InputMessageID) return id.id;
    throw new RpcError(400, "MESSAGE_ID_INVALID");
  });
}
