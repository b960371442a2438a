import type {
  APIChannel,
  APIGuild,
  APIGuildMember,
  APIMessage,
  APIRole,
  APIUser,
} from "discord.js";
import { fieldsOf, isId, unread } from "../wire.ts";

/** Whether a call that was answered so may have been done: nobody knows it of one that changes something. */
type Reached = Parameters<typeof unread>[1];

/** The id of what was made, opened or changed. @throws BridgeError where the answer has none. */
export const idIn = (answer: unknown, what: string, reached?: Reached): string => {
  const { id } = fieldsOf(answer);
  if (!isId(id)) throw unread(what, reached);
  return id;
};

/**
 * A list as it was asked for; an empty one means that there is nothing.
 * @throws BridgeError where there is none: what is not listed may be taken for gone.
 */
export const listIn = (answer: unknown, what: string): readonly unknown[] => {
  if (!Array.isArray(answer)) throw unread(what);
  return answer;
};

/** A list in which all have ids, such as the reader says what they are. @throws BridgeError for another one. */
const allIn =
  <T>(fits: (one: unknown) => one is T) =>
  (answer: unknown, what: string): readonly T[] => {
    const list = listIn(answer, what);
    if (!list.every(fits)) throw unread(what);
    return list;
  };

const one =
  <T>(fits: (answer: unknown) => answer is T) =>
  (answer: unknown, what: string, reached?: Reached): T => {
    if (!fits(answer)) throw unread(what, reached);
    return answer;
  };

const isMaybe = (value: unknown, fits: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || fits(value);

const isText = (value: unknown): value is string => typeof value === "string";

const isBits = (value: unknown): boolean => isText(value) && /^\d{1,30}$/.test(value);

const isList = (value: unknown, fits: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);

/** docs.discord.com/developers/resources/user#user-object, as far as it is read here. */
const isUser = (value: unknown): value is APIUser => {
  const { id, username, global_name: name } = fieldsOf(value);
  return isId(id) && isText(username) && isMaybe(name, isText);
};

/** docs.discord.com/developers/resources/guild#guild-member-object, as it is listed. */
const isMember = (value: unknown): value is APIGuildMember => {
  const { user, roles } = fieldsOf(value);
  return isUser(user) && isList(roles, isId);
};

/** The message has its own id, its channel's and its author's; the rest is read where it is needed. */
const isMessage = (value: unknown): value is APIMessage => {
  const { id, channel_id: channel, author, type, content, mentions, attachments } = fieldsOf(value);
  const named = isId(id) && isId(channel) && isUser(author) && typeof type === "number";
  return named && isText(content) && isList(mentions, isUser) && Array.isArray(attachments);
};

const isOverwrite = (value: unknown): boolean => {
  const { id, allow, deny } = fieldsOf(value);
  return isId(id) && isBits(allow) && isBits(deny);
};

/** docs.discord.com/developers/resources/channel#channel-object, as far as it is read here. */
export const isChannel = (value: unknown): value is APIChannel => {
  const { id, type, name, topic, guild_id: guild, parent_id: parent, ...more } = fieldsOf(value);
  const { last_message_id: last, permission_overwrites: overwrites, recipients } = more;
  const named = isId(id) && typeof type === "number" && isMaybe(name, isText);
  const placed = isMaybe(guild, isId) && isMaybe(parent, isId) && isMaybe(last, isId);
  const inside = isMaybe(overwrites, (it) => isList(it, isOverwrite));
  return named && placed && inside && isMaybe(topic, isText) && isMaybe(recipients, areUsers);
};

const areUsers = (value: unknown): boolean => isList(value, isUser);

export const isRole = (value: unknown): value is APIRole => {
  const { id, name, permissions } = fieldsOf(value);
  return isId(id) && isText(name) && isBits(permissions);
};

/** docs.discord.com/developers/resources/guild#guild-object, as far as it is read here. */
const isGuild = (value: unknown): value is APIGuild => {
  const { id, name, icon, owner_id: owner, roles, features, premium_tier: tier } = fieldsOf(value);
  const named = isId(id) && isText(name) && isMaybe(icon, isText) && isId(owner);
  return named && isList(roles, isRole) && isList(features, isText) && typeof tier === "number";
};

/** A server as the bot's own list names it. */
const isNamed = (value: unknown): value is { readonly id: string; readonly name: string } => {
  const { id, name } = fieldsOf(value);
  return isId(id) && isText(name);
};

export const userFrom = one(isUser);
export const messageFrom = one(isMessage);
export const channelFrom = one(isChannel);
export const guildFrom = one(isGuild);

export const usersIn = allIn(isUser);
export const membersIn = allIn(isMember);
export const channelsIn = allIn(isChannel);
export const guildsIn = allIn(isNamed);

/**
 * A page of messages. One that makes no sense is not given, and one without an id is no page at all.
 * @throws BridgeError where that is so, or there is no list.
 */
export const messagesIn = (
  answer: unknown,
  what: string,
): { readonly messages: readonly APIMessage[]; readonly ids: readonly string[] } => {
  const list = listIn(answer, what);
  return { messages: list.filter(isMessage), ids: list.map((each) => idIn(each, what)) };
};

/** The roles of a member, asked for alone. */
export const rolesIn = (answer: unknown, what: string): readonly string[] => {
  const { roles } = fieldsOf(answer);
  if (!Array.isArray(roles)) throw unread(what);
  return roles.filter(isId);
};
