import { creatorOf, type Account, type Channel, type Chat, type Group } from "../model.ts";
import { Api, given, long, RpcError } from "../tl.ts";
import { asChat, asMessage, asPeer, castOf, mentioned } from "../views.ts";
import { publish } from "../messages.ts";
import { allRights } from "../model.ts";
import { asAdminRights, rightsOf } from "../rights.ts";
import { ownUpdates } from "./send.ts";
import { join, leave } from "../membership.ts";
import { container } from "../updates.ts";
import { method, userMethod, type Method } from "./method.ts";
import { readBy } from "./history.ts";
import { notifyOf, viewOf } from "./own.ts";
import { setTyping } from "./typing.ts";

/** Groups, supergroups and the dialog list. */
export const chatMethods: readonly Method[] = [
  userMethod(Api.messages.GetDialogs, (_request, me, { world }) => {
    const { groups, channels } = world.chatsOf(me);
    const chats = new Set<Chat>([...me.box.threads.keys(), ...groups, ...channels]);
    return new Api.messages.Dialogs(dialogsOf([...chats], me));
  }),
  userMethod(Api.messages.GetPeerDialogs, (request, me, { world }) => {
    const chats = request.peers.map((dialog) => {
      if (dialog instanceof Api.InputDialogPeer) return world.chat(dialog.peer, me);
      throw new RpcError(400, "PEER_ID_INVALID");
    });
    const state = new Api.updates.State({
      pts: me.box.pts,
      qts: 0,
      date: 0,
      seq: me.seq,
      unreadCount: 0,
    });
    return new Api.messages.PeerDialogs({ ...dialogsOf(chats, me), state });
  }),
  method(Api.messages.GetChats, (request, me, { world }) => {
    const chats = request.id.map((id) => asChat(world.group(id, me), me));
    return new Api.messages.Chats({ chats });
  }),
  method(Api.channels.GetChannels, (request, me, { world }) => {
    const chats = request.id.map((id) => asChat(world.channel(id, me), me));
    return new Api.messages.Chats({ chats });
  }),
  method(Api.messages.GetFullChat, (request, me, { world }) => {
    const group = world.group(request.chatId, me);
    const creator = creatorOf(group);
    const inviterId = long(creator?.id ?? 0);
    const participants = [...group.members].map((member) => {
      const userId = long(member.id);
      if (member === creator) return new Api.ChatParticipantCreator({ userId });
      const who = { userId, inviterId, date: group.date };
      return group.admins.has(member)
        ? new Api.ChatParticipantAdmin(who)
        : new Api.ChatParticipant(who);
    });
    const { version } = group;
    const fullChat = new Api.ChatFull({
      ...given({ ttlPeriod: group.ttl }),
      id: long(group.id),
      about: group.about,
      participants: new Api.ChatParticipants({ chatId: long(group.id), participants, version }),
      availableReactions: asReactionsOf(group),
      notifySettings: new Api.PeerNotifySettings({}),
    });
    return new Api.messages.ChatFull({ fullChat, ...mentioned([group, ...group.members], me) });
  }),
  method(Api.channels.GetFullChannel, (request, me, { world }) => {
    const channel = world.channel(request.channel, me);
    const fullChat = new Api.ChannelFull({
      ...given({ ttlPeriod: channel.ttl }),
      id: long(channel.id),
      about: channel.about,
      canViewParticipants: !channel.broadcast || channel.admins.has(me),
      participantsCount: channel.members.size,
      adminsCount: channel.admins.size,
      readInboxMaxId: readBy(me, channel),
      readOutboxMaxId: 0,
      unreadCount: 0,
      chatPhoto: new Api.PhotoEmpty({ id: long(0) }),
      notifySettings: new Api.PeerNotifySettings({}),
      botInfo: [],
      pts: channel.box.pts,
      hiddenPrehistory: channel.visibleFrom !== undefined,
      ...given({ availableMinId: hiddenFrom(channel, me) }),
      availableReactions: asReactionsOf(channel),
    });
    return new Api.messages.ChatFull({ fullChat, ...mentioned([channel], me) });
  }),
  method(Api.channels.GetParticipants, (request, me, { world }) => {
    const channel = world.channel(request.channel, me);
    if (channel.broadcast && !channel.admins.has(me)) {
      throw new RpcError(400, "CHAT_ADMIN_REQUIRED");
    }
    const everybody = filtered(request.filter, channel);
    const page = everybody.slice(request.offset, request.offset + request.limit);
    return new Api.channels.ChannelParticipants({
      count: everybody.length,
      participants: page.map((member) => asParticipant(member, channel, me)),
      ...mentioned([channel, ...page], me),
    });
  }),
  method(Api.channels.GetParticipant, (request, me, { world }) => {
    const channel = world.channel(request.channel, me);
    const member = world.account(request.participant, me);
    if (channel.removed.has(member)) {
      return new Api.channels.ChannelParticipant({
        participant: asBanned(member, channel),
        ...mentioned([channel, member], me),
      });
    }
    if (!channel.members.has(member)) throw new RpcError(400, "USER_NOT_PARTICIPANT");
    return new Api.channels.ChannelParticipant({
      participant: asParticipant(member, channel, me),
      ...mentioned([channel, member], me),
    });
  }),
  userMethod(Api.channels.JoinChannel, (request, me, { world, feed }) => {
    const channel = world.channel(request.channel, me);
    join(feed, channel, { account: me, by: me });
    return container([new Api.UpdateChannel({ channelId: long(channel.id) })], [channel], me);
  }),
  userMethod(Api.channels.LeaveChannel, (request, me, { world, feed }) => {
    const channel = world.channel(request.channel, me);
    leave(feed, channel, { account: me, by: me });
    return container([new Api.UpdateChannel({ channelId: long(channel.id) })], [channel], me);
  }),
  userMethod(Api.messages.CreateChat, (request, me, { world, feed, session }) => {
    const people = request.users.map((user) => world.account(user, me));
    if (people.length === 0) throw new RpcError(400, "USERS_TOO_FEW");
    const title = titleOf(request.title);
    const open = people.filter(({ shy }) => shy !== true);
    const group = world.addGroup(title, [me, ...open], {});
    const users = open.map(({ id }) => long(id));
    const action = new Api.MessageActionChatCreate({ title, users });
    const posted = publish(feed, { from: me, to: group, action }, session);
    const updates = ownUpdates(posted, me, []);
    const shy = people.filter((one) => !open.includes(one));
    const missingInvitees = shy.map(({ id }) => new Api.MissingInvitee({ userId: long(id) }));
    return new Api.messages.InvitedUsers({ updates, missingInvitees });
  }),
  userMethod(Api.channels.CreateChannel, (request, me, { world, feed, session }) => {
    const title = titleOf(request.title);
    const channel = world.addChannel(title, [me], { broadcast: request.broadcast === true });
    const action = new Api.MessageActionChannelCreate({ title });
    const posted = publish(feed, { from: me, to: channel, action }, session);
    return ownUpdates(posted, me, [new Api.UpdateChannel({ channelId: long(channel.id) })]);
  }),
  method(Api.messages.SetTyping, (request, me, { world, feed }) => {
    setTyping(feed, { from: me, to: world.chat(request.peer, me), action: request.action });
    return true;
  }),
];

function titleOf(title: string): string {
  if (title.trim() === "") throw new RpcError(400, "CHAT_TITLE_EMPTY");
  return title;
}

function dialogsOf(
  chats: readonly Chat[],
  me: Account,
): {
  dialogs: Api.TypeDialog[];
  messages: Api.TypeMessage[];
  users: Api.TypeUser[];
  chats: Api.TypeChat[];
} {
  const rows = chats.map((chat) => {
    const box = chat.kind === "channel" ? chat.box : me.box;
    const top = [...(box.threads.get(chat) ?? [])].at(-1);
    return { chat, box, top };
  });
  rows.sort((left, right) => (right.top?.date ?? 0) - (left.top?.date ?? 0));
  const posts = rows.flatMap(({ top }) => top ?? []);
  return {
    dialogs: rows.map(({ chat, box, top }) => asDialog(chat, top?.ids.get(box) ?? 0, me)),
    messages: rows.flatMap(({ top, box }) => (top && asMessage(top, box, me)) ?? []),
    ...mentioned(new Set([...chats, ...castOf(posts)]), me),
  };
}

/** The dialog of one chat with its newest message. */
export function asDialog(chat: Chat, topMessage: number, me: Account): Api.Dialog {
  const view = viewOf(me, chat);
  return new Api.Dialog({
    ...(view.pinned ? { pinned: true } : {}),
    ...(view.unread ? { unreadMark: true } : {}),
    ...(view.archived ? { folderId: 1 } : {}),
    peer: asPeer(chat),
    topMessage,
    readInboxMaxId: readBy(me, chat),
    readOutboxMaxId: 0,
    unreadCount: 0,
    unreadMentionsCount: 0,
    unreadReactionsCount: 0,
    notifySettings: notifyOf(view),
    ...(chat.kind === "channel" ? { pts: chat.box.pts } : {}),
  });
}

function asReactionsOf({ reactions }: Group | Channel): Api.TypeChatReactions {
  if (reactions === "all") return new Api.ChatReactionsAll({ allowCustom: true });
  const list = reactions.map((emoticon) => new Api.ReactionEmoji({ emoticon }));
  return new Api.ChatReactionsSome({ reactions: list });
}

/** The last message that a member may not see. */
function hiddenFrom({ visibleFrom }: Channel, me: Account): number | undefined {
  const first = visibleFrom?.get(me);
  return first === undefined ? undefined : first - 1;
}

/** Somebody who is shut out of a channel. */
export function asBanned(account: Account, channel: Channel): Api.ChannelParticipantBanned {
  return new Api.ChannelParticipantBanned({
    left: true,
    peer: asPeer(account),
    kickedBy: long(creatorOf(channel)?.id ?? 0),
    date: channel.date,
    bannedRights: new Api.ChatBannedRights({ viewMessages: true, untilDate: 0 }),
  });
}

function filtered(filter: unknown, channel: Channel): Account[] {
  const members = [...channel.members];
  if (filter instanceof Api.ChannelParticipantsAdmins) {
    return members.filter((member) => channel.admins.has(member));
  }
  if (filter instanceof Api.ChannelParticipantsBots) return members.filter(({ bot }) => bot);
  return members;
}

/** Somebody in a channel as TL has them. */
export function asParticipant(
  member: Account,
  channel: Channel,
  me: Account,
): Api.TypeChannelParticipant {
  const userId = long(member.id);
  const { date } = channel;
  const creator = creatorOf(channel);
  if (member === creator) {
    const adminRights = asAdminRights(new Set(allRights));
    return new Api.ChannelParticipantCreator({ userId, adminRights });
  }
  const byCreator = long(creator?.id ?? 0);
  if (channel.admins.has(member)) {
    const promotedBy = long((channel.standing.promotedBy.get(member) ?? creator)?.id ?? 0);
    const adminRights = asAdminRights(rightsOf(channel, member));
    return new Api.ChannelParticipantAdmin({ userId, date, promotedBy, adminRights });
  }
  return member === me
    ? new Api.ChannelParticipantSelf({ userId, date, inviterId: byCreator })
    : new Api.ChannelParticipant({ userId, date });
}
