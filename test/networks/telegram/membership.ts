import { publish } from "./messages.ts";
import { creatorOf, type Account, type Channel, type Group } from "./model.ts";
import { Api, long, RpcError } from "./tl.ts";
import type { Feed } from "./updates.ts";
import type { World } from "./world.ts";

/** Lets an account into a group, by itself or added by somebody, with the service message everybody sees. */
export function join(
  feed: Feed,
  chat: Group | Channel,
  who: { account: Account; by: Account },
): void {
  const { account, by } = who;
  if (chat.members.has(account)) throw new RpcError(400, "USER_ALREADY_PARTICIPANT");
  chat.members.add(account);
  if (chat.kind === "channel") chat.removed.delete(account);
  announce(feed, chat, account);
  const users = [long(account.id)];
  serve(feed, chat, { by, action: new Api.MessageActionChatAddUser({ users }) });
}

/** Takes an account out; in a basic group it still sees its own leaving. */
export function leave(
  feed: Feed,
  chat: Group | Channel,
  who: { account: Account; by: Account },
): void {
  const { account, by } = who;
  if (!chat.members.has(account)) throw new RpcError(400, "USER_NOT_PARTICIPANT");
  const action = new Api.MessageActionChatDeleteUser({ userId: long(account.id) });
  if (chat.kind === "group") serve(feed, chat, { by, action });
  chat.members.delete(account);
  chat.admins.delete(account);
  if (chat.kind === "channel" && by !== account) chat.removed.add(account);
  if (chat.kind === "channel") serve(feed, chat, { by, action });
  announce(feed, chat, account);
}

/** Gives a group another title, with the service message. */
export function retitle(
  feed: Feed,
  chat: Group | Channel,
  change: { title: string; by?: Account },
): void {
  const by = change.by ?? creatorOf(chat);
  if (!by) throw new Error(`"${chat.title}" was not renamed: it has no member to do it`);
  chat.title = change.title;
  const { title } = change;
  serve(feed, chat, { by, action: new Api.MessageActionChatEditTitle({ title }) });
}

/** A group has another picture. */
export function repaint(feed: Feed, chat: Group | Channel): void {
  const by = creatorOf(chat);
  if (!by) throw new Error(`"${chat.title}" got no picture: it has no member to give it`);
  const photo = new Api.PhotoEmpty({ id: long(chat.photo?.id ?? 0) });
  serve(feed, chat, { by, action: new Api.MessageActionChatEditPhoto({ photo }) });
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
  { by, action }: { by: Account; action: Api.TypeMessageAction },
): void {
  if (chat.kind === "group") chat.version++;
  publish(feed, { from: by, to: chat, action });
}

function announce(feed: Feed, chat: Group | Channel, account: Account): void {
  if (chat.kind === "group") return;
  feed.tell(account, new Api.UpdateChannel({ channelId: long(chat.id) }), [chat]);
}
