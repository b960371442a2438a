import { BridgeError } from "@bridgebox/core/adapter";
import type {
  ChatInfo,
  ChatRef,
  ListedChat,
  Member,
  RemoteEvent,
  Resolved,
  UserId,
  UserInfo,
} from "@bridgebox/core/adapter";
import { ChannelType } from "discord.js";
import type { APIChannel } from "discord.js";
import { membersIn, userFrom } from "./api/answers.ts";
import { featuresOf } from "./features.ts";
import {
  channelIn,
  channelRef,
  compareIds,
  guildIn,
  guildRef,
  isSnowflake,
  messageOf,
  timeOf,
  userOf,
} from "./ids.ts";
import { iconOf } from "./media.ts";
import { userInfo } from "./message.ts";
import { ownGuilds } from "./own-guilds.ts";
import { holds, permissions } from "./permissions.ts";
import { isDirect, isForum, isTextual, isThread } from "./places.ts";
import type { Channel } from "./places.ts";
import { memberAt } from "./roles.ts";
import type { Ground } from "./roles.ts";
import type { View } from "./view.ts";

/** What a change of places is told by. */
export interface Known {
  readonly view: View;
  chats(): Promise<readonly ChatRef[]>;
}

const what = "The chat was not looked up";

/** What a chat is, and what can be done in it now. */
export const describe = async (
  view: View,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<ChatInfo> => {
  const guild = guildIn(chat);
  if (guild !== undefined) return describeGuild(view, guild, signal);
  const id = channelIn(chat);
  if (id === undefined) throw noSuchChat();
  return infoOf(view, await view.places.channel(id, { what, signal }), signal);
};

const noSuchChat = (): BridgeError =>
  new BridgeError("not_found", `${what}: Discord has no such channel.`, {
    reached: "no",
    scope: "chat",
  });

const describeGuild = async (view: View, id: string, signal: AbortSignal): Promise<ChatInfo> => {
  const guild = await view.places.guild(id, { what, signal });
  return {
    kind: "space",
    name: guild.name,
    avatar: iconOf(guild),
    visibility: guild.listed ? "public" : "secret",
    features: featuresOf({ held: 0n, place: "space" }),
  };
};

const infoOf = async (view: View, channel: APIChannel, signal: AbortSignal): Promise<ChatInfo> => {
  if (isDirect(channel)) return describeDirect(channel, view.lists());
  const ask = { what, signal };
  const guild = await view.places.guild(channel.guild_id ?? "", ask);
  const held = await view.places.permissions(channel, ask);
  const everyone = await view.places.permissionsOf(channel, guild, { user: "", roles: [] }, ask);
  const parent = isThread(channel)
    ? await view.places.channel(channel.parent_id ?? "", ask)
    : undefined;
  const space = isForum(channel) || channel.type === ChannelType.GuildCategory;
  const topic = "topic" in channel ? channel.topic : undefined;
  const speak = isThread(channel) ? "Send Messages in Threads" : "Send Messages";
  const closed = isThread(channel) && channel.thread_metadata?.locked === true;
  // By everybody in the server: others are for roles, or for those who were added.
  const seen = holds(everyone, "View Channels") && channel.type !== ChannelType.PrivateThread;
  return {
    kind: kindOf(channel, parent),
    name: isThread(channel) || space ? (channel.name ?? "") : `#${channel.name}`,
    ...(typeof topic === "string" ? { topic } : {}),
    parent: parent === undefined ? guildRef(guild.id) : channelRef(parent.id),
    ...(parent !== undefined && !isForum(parent) ? { root: messageOf(channel.id) } : {}),
    visibility: guild.listed && seen ? "public" : "secret",
    entry: seen ? "open" : "invite",
    ...(holds(everyone, speak) || space ? {} : { powers: { say: "moderator" } }),
    members: [
      await selfIn(view, { guild, channel: await view.places.counting(channel, ask) }, ask),
    ],
    ...(closed || (!space && !holds(held, speak)) ? { readOnly: true } : {}),
    features: featuresOf({
      held,
      place: space ? "space" : "guild",
      lists: view.lists(),
      tier: guild.tier,
      ...("rate_limit_per_user" in channel ? { slow: channel.rate_limit_per_user } : {}),
    }),
  };
};

/** As what the bot itself is there; everybody else is listed apart. */
const selfIn = async (
  { places, self }: View,
  { guild, channel }: Ground,
  ask: { readonly what: string; readonly signal: AbortSignal },
): Promise<Member> => {
  const who = { user: self, roles: await places.ownRoles(guild.id, ask) };
  return { role: "member", ...memberAt({ guild, channel }, who), state: "join" };
};

const kindOf = (channel: Channel, parent: APIChannel | undefined): ChatInfo["kind"] => {
  if (isForum(channel) || channel.type === ChannelType.GuildCategory) return "space";
  if (parent !== undefined) return isForum(parent) ? "topic" : "thread";
  return channel.type === ChannelType.GuildAnnouncement ? "broadcast" : "channel";
};

const describeDirect = (
  channel: Extract<APIChannel, { type: ChannelType.DM | ChannelType.GroupDM }>,
  lists: boolean,
): ChatInfo => {
  const [peer] = channel.recipients ?? [];
  return {
    kind: channel.type === ChannelType.DM ? "dm" : "group",
    ...(peer === undefined
      ? {}
      : { name: peer.global_name ?? peer.username, peer: userOf(peer.id) }),
    visibility: "secret",
    features: featuresOf({
      held: Object.values(permissions).reduce((sum, it) => sum | it, 0n),
      place: "direct",
      lists,
    }),
  };
};

/** The chats of a server that the core has. */
export const knownChatsIn = async (guild: string, known: Known): Promise<readonly ChatRef[]> => {
  const { places, signal } = known.view;
  const chats = (await known.chats()).filter((chat) => chat.receiver === undefined);
  const unknown = chats.some(
    (chat) => places.known(chat.id) === undefined && channelIn(chat) !== undefined,
  );
  if (unknown) await places.channelsOf(guild, { what, signal }).catch(() => undefined);
  return chats.filter((chat) => {
    const channel = places.known(chat.id);
    const here = channel !== undefined && "guild_id" in channel && channel.guild_id === guild;
    return here || guildIn(chat) === guild;
  });
};

/** The chats of a server as they are now. */
export const describeKnown = async (
  guild: string,
  known: Known,
): Promise<readonly RemoteEvent[]> => {
  const events: RemoteEvent[] = [];
  for (const chat of await knownChatsIn(guild, known))
    events.push(...(await infoEvents(chat, known)));
  return events;
};

/** A channel as it is now, if the core has it, and its threads with it. */
export const chatChanged = async (
  channel: string,
  known: Known,
): Promise<readonly RemoteEvent[]> => {
  const { places } = known.view;
  const events: RemoteEvent[] = [];
  for (const chat of await known.chats()) {
    const place = places.known(chat.id);
    const below = place !== undefined && isThread(place) && place.parent_id === channel;
    if (chat.id === channel || below) events.push(...(await infoEvents(chat, known)));
  }
  return events;
};

const infoEvents = async (chat: ChatRef, { view }: Known): Promise<readonly RemoteEvent[]> => {
  const info = await describe(view, chat, view.signal).catch((error: unknown) => {
    view.log.debug("A changed chat was not described", { chat: chat.id, why: String(error) });
    return undefined;
  });
  return info === undefined ? [] : [{ kind: "chat", chat, info, at: Date.now() }];
};

/** The channels and open threads that the bot sees, most recent first. */
export async function* listChats(
  view: View,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedChat[]> {
  const ask = { what: "The chats were not listed", signal, patient: true };
  for (const { id } of await ownGuilds(view, ask)) {
    const channels = (await view.places.channelsOf(id, ask)).filter(isTextual);
    const ordered = channels.toSorted((a, b) => compareIds(lastOf(b), lastOf(a)));
    const listed: ListedChat[] = [];
    for (const channel of ordered) {
      if (isDirect(channel) || !holds(await view.places.permissions(channel, ask), "View Channels"))
        continue;
      const info = await infoOf(view, channel, signal);
      const last = lastOf(channel);
      listed.push({
        ref: channelRef(channel.id),
        info,
        ...(last === "0" ? {} : { lastAt: timeOf(last) }),
      });
    }
    yield listed;
  }
}

const lastOf = (channel: APIChannel): string =>
  ("last_message_id" in channel ? channel.last_message_id : undefined) ?? "0";

/** Who can see a channel: needs the Server Members Intent. */
export async function* membersOf(
  view: View,
  chat: ChatRef,
  signal: AbortSignal,
): AsyncGenerator<readonly Member[]> {
  const id = channelIn(chat);
  if (id === undefined) return;
  const ask = { what: "The members were not listed", signal };
  if (!view.lists()) throw notAllowed(ask.what);
  const channel = await view.places.channel(id, ask);
  if (isDirect(channel)) {
    yield (channel.recipients ?? []).map((user) => ({ user: userOf(user.id), state: "join" }));
    return;
  }
  const guild = await view.places.guild(channel.guild_id ?? "", ask);
  const ground = { guild, channel: await view.places.counting(channel, ask) };
  for (let after = "0"; ;) {
    const asking = { ...ask, patient: true, query: { limit: 1000, after } };
    const answer = await view.rest.call("GET", `/guilds/${guild.id}/members`, asking);
    const page = membersIn(answer, ask.what);
    const list = page.map(({ user, roles }) => memberAt(ground, { user: user.id, roles }));
    yield list.filter(({ state }) => state === "join");
    const last = page.at(-1)?.user.id;
    if (page.length < 1000 || last === undefined || compareIds(last, after) <= 0) return;
    after = last;
  }
}

const notAllowed = (what: string): BridgeError =>
  new BridgeError(
    "forbidden",
    `${what}: the bot lacks the Server Members Intent – switch it on on the developer page, page Bot, and restart.`,
    { reached: "no", scope: "item" },
  );

export const describeUser = async (
  view: View,
  user: UserId,
  signal: AbortSignal,
): Promise<UserInfo> => {
  const ask = { what: "The person was not looked up", signal };
  if (!isSnowflake(user)) {
    throw new BridgeError("not_found", `${ask.what}: Discord has nobody of that id.`, {
      reached: "no",
      scope: "item",
    });
  }
  return userInfo(userFrom(await view.rest.call("GET", `/users/${user}`, ask), ask.what));
};

const link = /^https:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/\d+\/(\d{1,20})/;

/** `#general`, `Server#general`, an id, a link to a channel, or the name of a person. */
export const resolve = async (
  view: View,
  identifier: string,
  signal: AbortSignal,
): Promise<Resolved | undefined> => {
  const given = identifier.trim();
  const id =
    link.exec(given)?.[1] ??
    /^<[#@]?!?(\d{1,20})>$|^(\d{15,20})$/.exec(given)?.slice(1).find(Boolean);
  if (id !== undefined) return byId(view, id, signal);
  const [found] = await search(view, given, signal, true);
  return found;
};

const byId = async (view: View, id: string, signal: AbortSignal): Promise<Resolved | undefined> => {
  const ask = { what: "Nothing was looked up", signal };
  const channel = await view.places.channel(id, ask).catch(() => undefined);
  if (channel !== undefined && !isDirect(channel)) {
    return { name: `#${channel.name ?? ""}`, chat: channelRef(channel.id) };
  }
  const user = await view.rest
    .call("GET", `/users/${id}`, ask)
    .then((answer) => userFrom(answer, ask.what))
    .catch(() => undefined);
  return user === undefined
    ? undefined
    : { name: userInfo(user).name, user: userOf(user.id), info: userInfo(user) };
};

/** Channels by name in all servers of the bot, and people by the beginning of theirs. */
export const search = async (
  view: View,
  text: string,
  signal: AbortSignal,
  exact = false,
): Promise<readonly Resolved[]> => {
  const ask = { what: "Nothing was looked up", signal };
  const [, server, name = ""] = /^(?:(.+?)\s*(?=#))?#?(.*)$/s.exec(text.trim()) ?? [];
  const wanted = name.trim().toLowerCase();
  if (wanted === "") return [];
  const fits = (given: string): boolean =>
    exact ? given.toLowerCase() === wanted : given.toLowerCase().includes(wanted);
  const found: Resolved[] = [];
  for (const guild of await ownGuilds(view, ask)) {
    if (server !== undefined && guild.name.toLowerCase() !== server.toLowerCase()) continue;
    for (const channel of await view.places.channelsOf(guild.id, ask)) {
      if (isTextual(channel) && fits(channel.name ?? "")) {
        found.push({ name: `#${channel.name} (${guild.name})`, chat: channelRef(channel.id) });
      }
    }
    if (text.trim().includes("#")) continue;
    const query = { query: wanted.slice(0, 100), limit: 10 };
    const people = await view.rest
      .call("GET", `/guilds/${guild.id}/members/search`, { ...ask, query })
      .then((found) => membersIn(found, ask.what))
      .catch(() => []);
    for (const { user } of people) {
      if (fits(user.username) || fits(user.global_name ?? "")) {
        found.push({ name: userInfo(user).name, user: userOf(user.id), info: userInfo(user) });
      }
    }
  }
  return found;
};
