import { publish, type Posted } from "./messages.ts";
import { creatorOf, type Account, type Channel, type Group } from "./model.ts";
import type { Session } from "./mtproto/session.ts";
import { Api, long, now, RpcError } from "./tl.ts";
import type { Feed } from "./updates.ts";
import type { World } from "./world.ts";

/** Lets an account into a group, by itself or added by somebody, with the service message everybody sees. */
export function join(
  feed: Feed,
  chat: Group | Channel,
  who: { account: Account; by: Account; origin?: Session },
): Posted {
  const { account, ...from } = who;
  if (chat.members.has(account)) throw new RpcError(400, "USER_ALREADY_PARTICIPANT");
  chat.members.add(account);
  if (chat.kind === "channel") {
    chat.removed.delete(account);
    chat.joined.set(account, now());
    chat.visibleFrom?.set(account, chat.box.nextId);
  }
  announce(feed, chat, account);
  const users = [long(account.id)];
  return serve(feed, chat, { ...from, action: new Api.MessageActionChatAddUser({ users }) });
}

/** Takes an account out; in a basic group it still sees its own leaving. */
export function leave(
  feed: Feed,
  chat: Group | Channel,
  who: { account: Account; by: Account; origin?: Session },
): Posted {
  const { account, by } = who;
  const from = { by, ...(who.origin ? { origin: who.origin } : {}) };
  if (!chat.members.has(account)) throw new RpcError(400, "USER_NOT_PARTICIPANT");
  const action = new Api.MessageActionChatDeleteUser({ userId: long(account.id) });
  const seen = chat.kind === "group" ? serve(feed, chat, { ...from, action }) : undefined;
  chat.members.delete(account);
  chat.admins.delete(account);
  if (chat.kind === "channel" && by !== account) chat.removed.add(account);
  const posted = seen ?? serve(feed, chat, { ...from, action });
  announce(feed, chat, account);
  return posted;
}

/** Gives a group another title, with the service message. */
export function retitle(
  feed: Feed,
  chat: Group | Channel,
  change: { title: string; by?: Account; origin?: Session },
): Posted {
  const by = change.by ?? creatorOf(chat);
  if (!by) throw new Error(`"${chat.title}" was not renamed: it has no member to do it`);
  chat.title = change.title;
  const { title, origin } = change;
  const action = new Api.MessageActionChatEditTitle({ title });
  return serve(feed, chat, { by, action, ...(origin ? { origin } : {}) });
}

/** A group has another picture. */
export function repaint(
  feed: Feed,
  chat: Group | Channel,
  { by = creatorOf(chat), origin }: { by?: Account; origin?: Session } = {},
): Posted {
  if (!by) throw new Error(`"${chat.title}" got no picture: it has no member to give it`);
  const photo = new Api.PhotoEmpty({ id: long(chat.photo?.id ?? 0) });
  const action = chat.photo
    ? new Api.MessageActionChatEditPhoto({ photo })
    : new Api.MessageActionChatDeletePhoto();
  return serve(feed, chat, { by, action, ...(origin ? { origin } : {}) });
}

/** Gives an account another name and tells all who know it; counted in seq, not in pts. */
export function renameAccount(feed: Feed, world: World, account: Account): void {
  const { firstName, lastName = "", username } = account;
  const usernames = username ? [new Api.Username({ active: true, editable: true, username })] : [];
  const update = new Api.UpdateUserName({
    userId: long(account.id),
    firstName,
    lastName,
    usernames,
  });
  for (const other of world.acquaintances(account))
    feed.tell(other, update, [account], ++other.seq);
}

/** Everybody in it is told that a group is not as it was, by nothing that counts in pts. */
export function tellOfFacts(feed: Feed, chat: Group | Channel, by: Session): void {
  const update =
    chat.kind === "group"
      ? new Api.UpdateChat({ chatId: long(chat.id) })
      : new Api.UpdateChannel({ channelId: long(chat.id) });
  for (const member of chat.members) feed.tellOthers(member, update, [chat], by);
}

/** A basic group becomes a supergroup: a new chat with the same people, named on both sides. */
export function migrate(feed: Feed, world: World, group: Group): Channel {
  const by = creatorOf(group);
  if (!by)
    throw new Error(`"${group.title}" did not become a supergroup: it has no member to do it`);
  const admins = [...group.admins];
  const channel = world.addChannel(group.title, [...group.members], { admins });
  for (const member of channel.members) announce(feed, channel, member);
  const channelId = long(channel.id);
  serve(feed, group, { by, action: new Api.MessageActionChatMigrateTo({ channelId }) });
  const { title } = group;
  const from = new Api.MessageActionChannelMigrateFrom({ title, chatId: long(group.id) });
  serve(feed, channel, { by, action: from });
  group.migratedTo = channel;
  return channel;
}

function serve(
  feed: Feed,
  chat: Group | Channel,
  { by, action, origin }: { by: Account; action: Api.TypeMessageAction; origin?: Session },
): Posted {
  if (chat.kind === "group") chat.version++;
  return publish(feed, { from: by, to: chat, action }, origin);
}

function announce(feed: Feed, chat: Group | Channel, account: Account): void {
  if (chat.kind === "group") return;
  feed.tell(account, new Api.UpdateChannel({ channelId: long(chat.id) }), [chat]);
}
