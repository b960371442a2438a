import { asMedia } from "./media/attachment.ts";
import type { StoredFile } from "./media/kinds.ts";
import {
  creatorOf,
  isVisible,
  threadOf,
  type Account,
  type Box,
  type Channel,
  type Chat,
  type Forward,
  type Group,
  type Post,
} from "./model.ts";
import { asAdminRights, asBarred, rightsOf } from "./rights.ts";
import { Api, given, long, type Long } from "./tl.ts";

/** How many reactions come along with their people. */
const RECENT = 3;

/** The hash by which one account may name another account or channel: useless to any other account. */
export function accessHash(target: Account | Channel, viewer: Account): Long {
  return long((target.secret ^ (BigInt(viewer.id) * 0x9e3779b97f4a7c15n)) & 0xffffffffffffffffn);
}

/** The peer of a chat, as messages and updates name it. */
export function asPeer(chat: Chat): Api.TypePeer {
  if (chat.kind === "user") return new Api.PeerUser({ userId: long(chat.id) });
  if (chat.kind === "group") return new Api.PeerChat({ chatId: long(chat.id) });
  return new Api.PeerChannel({ channelId: long(chat.id) });
}

/** An account as `viewer` sees it; phone numbers are shown to their owner alone. */
export function asUser(account: Account, viewer: Account): Api.User {
  return new Api.User(
    given({
      id: long(account.id),
      accessHash: accessHash(account, viewer),
      firstName: account.firstName,
      lastName: account.lastName,
      username: account.username,
      phone: account === viewer ? account.phone : undefined,
      self: account === viewer,
      bot: account.bot,
      botInfoVersion: account.bot ? 1 : undefined,
      botChatHistory: account.bot,
      premium: account.premium || undefined,
      photo: account.photo && new Api.UserProfilePhoto(photoOf(account.photo)),
      status: account.bot ? undefined : new Api.UserStatusRecently({}),
    }),
  );
}

function photoOf({ id, dc }: StoredFile): { photoId: Long; dcId: number } {
  return { photoId: long(id), dcId: dc };
}

/** A group, supergroup or channel as `viewer` sees it. */
export function asChat(
  chat: Group | Channel,
  viewer: Account,
): Api.Chat | Api.Channel | Api.ChannelForbidden {
  if (chat.kind === "channel" && chat.removed.has(viewer)) {
    const { id, title, broadcast } = chat;
    const megagroup = !broadcast;
    const known = { id: long(id), accessHash: accessHash(chat, viewer) };
    return new Api.ChannelForbidden(given({ ...known, title, broadcast, megagroup }));
  }
  const common = {
    id: long(chat.id),
    title: chat.title,
    photo: chat.photo ? new Api.ChatPhoto(photoOf(chat.photo)) : new Api.ChatPhotoEmpty(),
    date: chat.date,
    creator: creatorOf(chat) === viewer,
    left: !chat.members.has(viewer),
    participantsCount: chat.members.size,
    adminRights: chat.admins.has(viewer) ? asAdminRights(rightsOf(chat, viewer)) : undefined,
    defaultBannedRights: asBarred(chat),
  };
  if (chat.kind === "group") return new Api.Chat(given({ ...common, version: chat.version }));
  return new Api.Channel(
    given({
      ...common,
      date: chat.joined.get(viewer) ?? chat.date,
      accessHash: accessHash(chat, viewer),
      username: chat.username,
      megagroup: !chat.broadcast,
      broadcast: chat.broadcast,
      signatures: chat.signatures || undefined,
      forum: chat.topics ? true : undefined,
    }),
  );
}

/** A message as it stands in `box` for `viewer`, or undefined where it is not (any more). */
export function asMessage(
  post: Post,
  box: Box,
  viewer: Account,
): Api.Message | Api.MessageService | undefined {
  const id = post.ids.get(box);
  if (id === undefined || box.posts.get(id) !== post) return undefined;
  if (!isVisible(box, viewer, id)) return undefined;
  const { to, from, action } = post;
  const anonymous = to.kind === "channel" && to.broadcast;
  const common = {
    id,
    date: post.date,
    out: from === viewer,
    post: anonymous,
    peerId: asPeer(threadOf(post, viewer)),
    fromId: to.kind === "user" || anonymous ? undefined : asPeer(from),
    replyTo: headerOf(post, box),
    ttlPeriod: post.ttl,
  };
  if (action) return new Api.MessageService(given({ ...common, action }));
  const signed = to.kind === "channel" && to.signatures;
  return new Api.Message(
    given({
      ...common,
      message: post.text,
      replyMarkup: post.markup,
      media: post.media && asMedia(post.media, viewer.id),
      entities: post.entities.length > 0 ? [...post.entities] : undefined,
      editDate: post.editDate,
      fwdFrom: post.forward && forwardedFrom(post.forward),
      groupedId: post.album === undefined ? undefined : long(post.album),
      pinned: post.pinned || undefined,
      postAuthor: signed ? from.firstName : undefined,
      reactions: post.reactions.size > 0 ? asReactions(post, viewer) : undefined,
    }),
  );
}

function headerOf(post: Post, box: Box): Api.MessageReplyHeader | undefined {
  const answered = post.replyTo?.ids.get(box);
  const { topic, quote } = post;
  if (answered === undefined && topic === undefined) return undefined;
  return new Api.MessageReplyHeader(
    given({
      replyToMsgId: answered ?? topic,
      forumTopic: topic === undefined ? undefined : true,
      replyToTopId: answered === undefined ? undefined : topic,
      quote: quote === undefined ? undefined : true,
      quoteText: quote,
    }),
  );
}

function forwardedFrom({ from, date }: Forward): Api.MessageFwdHeader {
  return new Api.MessageFwdHeader(
    typeof from === "string" ? { fromName: from, date } : { fromId: asPeer(from), date },
  );
}

/** The reactions to a message as `viewer` sees them: numbers to all, people outside of broadcasts. */
export function asReactions(post: Post, viewer: Account): Api.MessageReactions {
  const broadcast = post.to.kind === "channel" && post.to.broadcast;
  const counts = new Map<string, { reaction: Api.TypeReaction; count: number; mine?: number }>();
  const recent: Api.MessagePeerReaction[] = [];
  for (const [account, chosen] of post.reactions) {
    for (const [place, { reaction, date }] of chosen.entries()) {
      const key = reaction.getBytes().toString("hex");
      const known = counts.get(key) ?? { reaction, count: 0 };
      known.count++;
      if (account === viewer) known.mine = place;
      counts.set(key, known);
      const my = account === viewer || undefined;
      recent.push(
        new Api.MessagePeerReaction(given({ my, peerId: asPeer(account), date, reaction })),
      );
    }
  }
  return new Api.MessageReactions(
    given({
      canSeeList: broadcast ? undefined : true,
      results: [...counts.values()].map(
        ({ reaction, count, mine }) =>
          new Api.ReactionCount(given({ reaction, count, chosenOrder: mine })),
      ),
      recentReactions: broadcast ? undefined : recent.slice(-RECENT).toReversed(),
    }),
  );
}

/** The users and chats that a reply mentions, each once, as TL wants them beside the messages. */
export function mentioned(
  chats: Iterable<Chat>,
  viewer: Account,
): { users: Api.TypeUser[]; chats: Api.TypeChat[] } {
  const users: Api.TypeUser[] = [];
  const groups: Api.TypeChat[] = [];
  for (const chat of new Set(chats)) {
    if (chat.kind === "user") users.push(asUser(chat, viewer));
    else groups.push(asChat(chat, viewer));
  }
  return { users, chats: groups };
}

/** Everybody whom a reader of these messages has to know. */
export function castOf(posts: Iterable<Post>): Set<Chat> {
  const cast = new Set<Chat>();
  for (const post of posts) {
    cast.add(post.from).add(post.to);
    const origin = post.forward?.from;
    if (origin !== undefined && typeof origin !== "string") cast.add(origin);
    for (const account of post.reactions.keys()) cast.add(account);
  }
  return cast;
}
