import {
  creatorOf,
  threadOf,
  type Account,
  type Box,
  type Channel,
  type Chat,
  type Group,
  type Post,
} from "./model.ts";
import { Api, given, long, type Long } from "./tl.ts";

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
      status: account.bot ? undefined : new Api.UserStatusRecently({}),
    }),
  );
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
    photo: new Api.ChatPhotoEmpty(),
    date: chat.date,
    creator: creatorOf(chat) === viewer,
    left: !chat.members.has(viewer),
    participantsCount: chat.members.size,
    adminRights: chat.admins.has(viewer) ? adminRights() : undefined,
    defaultBannedRights: new Api.ChatBannedRights({ untilDate: 0 }),
  };
  if (chat.kind === "group") return new Api.Chat(given({ ...common, version: chat.version }));
  return new Api.Channel(
    given({
      ...common,
      accessHash: accessHash(chat, viewer),
      username: chat.username,
      megagroup: !chat.broadcast,
      broadcast: chat.broadcast,
    }),
  );
}

/** What admins may do here: everything a bridge asks for. */
export function adminRights(): Api.ChatAdminRights {
  return new Api.ChatAdminRights({
    changeInfo: true,
    deleteMessages: true,
    banUsers: true,
    inviteUsers: true,
    pinMessages: true,
    postMessages: true,
    editMessages: true,
  });
}

/** A message as it stands in `box` for `viewer`, or undefined where it is not (any more). */
export function asMessage(
  post: Post,
  box: Box,
  viewer: Account,
): Api.Message | Api.MessageService | undefined {
  const id = post.ids.get(box);
  if (id === undefined || box.posts.get(id) !== post) return undefined;
  const { to, from, action } = post;
  const anonymous = to.kind === "channel" && to.broadcast;
  const replyToMsgId = post.replyTo?.ids.get(box);
  const common = {
    id,
    date: post.date,
    out: from === viewer,
    post: anonymous,
    peerId: asPeer(threadOf(post, viewer)),
    ...(to.kind === "user" || anonymous ? {} : { fromId: asPeer(from) }),
    ...(replyToMsgId === undefined
      ? {}
      : { replyTo: new Api.MessageReplyHeader({ replyToMsgId }) }),
  };
  if (action) return new Api.MessageService({ ...common, action });
  return new Api.Message({
    ...common,
    message: post.text,
    ...(post.media ? { media: post.media } : {}),
    ...(post.entities.length > 0 ? { entities: [...post.entities] } : {}),
    ...(post.editDate === undefined ? {} : { editDate: post.editDate }),
  });
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
  for (const post of posts) cast.add(post.from).add(post.to);
  return cast;
}
