import type { ChatRef, RemoteEvent } from "@bridgebox/core/adapter";
import { GatewayDispatchEvents as Name } from "discord.js";
import type { GatewayDispatchPayload, GatewayMessageCreateDispatchData } from "discord.js";
import { chatChanged, describeKnown, knownChatsIn } from "./directory.ts";
import { messageOf, userOf } from "./ids.ts";
import {
  asideEvent,
  editEvent,
  isOwnWebhook,
  isSaid,
  messageEvent,
  pollState,
  userEvent,
} from "./message.ts";
import type { Found } from "./message.ts";
import { warnOfMissing } from "./missing.ts";
import { isThread } from "./places.ts";
import type { Profiles } from "./profiles.ts";
import { reactionOf } from "./reaction.ts";
import type { Standings } from "./standings.ts";
import { readPins, readReactions } from "./states.ts";
import { noticeEvents } from "./system.ts";
import { chatOf } from "./view.ts";
import type { Uses } from "./uses.ts";
import type { View } from "./view.ts";
import { fieldsOf, isId } from "./wire.ts";
import type { Votes } from "./votes.ts";

/** Discord shows typing for ten seconds (docs.discord.com/developers/resources/channel#trigger-typing-indicator). */
const typingFor = 10_000;

/** What the gateway's frames are turned into events with. */
export interface Reader {
  readonly view: View;
  readonly votes: Votes;
  readonly uses: Uses;
  readonly standings: Standings;
  /** The chats that the core has of this bot. */
  chats(): Promise<readonly ChatRef[]>;
  /** The profile of somebody who has just been seen; nothing where it is known already. */
  readonly profile: Profiles;
}

/** One frame as events; nothing for what nobody needs. */
export const eventsOf = async (
  frame: GatewayDispatchPayload,
  reader: Reader,
): Promise<readonly RemoteEvent[]> => {
  const { view } = reader;
  switch (frame.t) {
    case Name.MessageCreate: {
      const { guild_id: guild, ...message } = frame.d;
      const found = { message, guild, chat: chatOf(frame.d, view) };
      const aside = asideEvent(found, view);
      return [
        ...(await createEvents(found, reader)),
        ...(aside === undefined ? [] : [aside]),
        ...(await standingEvents(frame.d, reader)),
      ];
    }
    case Name.MessageUpdate: {
      const { guild_id: guild, ...message } = frame.d;
      return updateEvents({ message, guild, chat: chatOf(frame.d, view) }, reader);
    }
    case Name.MessageDelete: {
      const { id } = frame.d;
      const base = { chat: chatOf(frame.d, view), at: Date.now(), for: "all" } as const;
      return [{ ...base, kind: "delete", key: `d:${id}`, ids: [messageOf(id)] }];
    }
    case Name.MessageDeleteBulk: {
      const { ids } = frame.d;
      const base = { chat: chatOf(frame.d, view), at: Date.now(), for: "all" } as const;
      const key = `d:${ids[0]}:${ids.length}`;
      return [{ ...base, kind: "delete", key, ids: ids.map(messageOf) }];
    }
    case Name.MessageReactionAdd:
    case Name.MessageReactionRemove:
    case Name.MessageReactionRemoveAll:
    case Name.MessageReactionRemoveEmoji:
      return reactionEvents(frame, view);
    case Name.MessagePollVoteAdd:
    case Name.MessagePollVoteRemove:
      return reader.votes.change(frame.d, frame.t === Name.MessagePollVoteAdd, view);
    case Name.TypingStart: {
      const { user_id: id } = frame.d;
      if (id === view.self) return [];
      const base = { chat: chatOf(frame.d, view), at: Date.now(), user: userOf(id) };
      return [{ ...base, kind: "typing", what: "text", ttl: typingFor }];
    }
    case Name.ChannelPinsUpdate:
      return readPins(frame.d.channel_id, chatOf(frame.d, view), view);
    case Name.InteractionCreate: {
      const aside = await reader.uses.aside(frame.d);
      return aside === undefined ? [] : [aside];
    }
    default:
      return placeEvents(frame, reader);
  }
};

/** What its author is there; webhooks are nobody. */
const standingEvents = async (
  message: GatewayMessageCreateDispatchData,
  { view, standings }: Reader,
): Promise<readonly RemoteEvent[]> => {
  const { guild_id: guild, author, webhook_id: webhook } = message;
  const { roles } = fieldsOf(message.member);
  if (guild === undefined || webhook !== undefined || !Array.isArray(roles)) return [];
  if (author.id === view.self) return [];
  const spoke = standings.spoke(guild, chatOf(message, view), {
    user: author.id,
    roles: roles.filter(isId),
  });
  // No message waits for it: it is told with the next one.
  return spoke.catch((error: unknown) => {
    if (view.signal.aborted) throw error;
    view.log.debug("What somebody who spoke is there was not looked up", { why: String(error) });
    return [];
  });
};

/** What a new message says, and who its author is. */
export const createEvents = async (
  found: Found,
  reader: Reader,
): Promise<readonly RemoteEvent[]> => {
  const { view } = reader;
  const { message } = found;
  if (isOwnWebhook(message, view)) return [];
  if (!isSaid(message)) return noticeEvents(found);
  const guest = message.webhook_id === undefined ? undefined : "guest";
  const author = reader.profile(message.author, guest);
  const mentioned = message.mentions.flatMap((user) => reader.profile(user));
  return [...author, ...mentioned, await messageEvent(found, view)];
};

const updateEvents = async (found: Found, reader: Reader): Promise<readonly RemoteEvent[]> => {
  const { view } = reader;
  const poll = pollState(found);
  if (poll !== undefined) return [poll];
  if (isOwnWebhook(found.message, view) || found.message.author.id === view.self) return [];
  const edit = await editEvent(found, view);
  return edit === undefined ? [] : [edit];
};

type ReactionFrame = Extract<
  GatewayDispatchPayload,
  {
    t:
      | Name.MessageReactionAdd
      | Name.MessageReactionRemove
      | Name.MessageReactionRemoveAll
      | Name.MessageReactionRemoveEmoji;
  }
>;

const reactionEvents = async (
  frame: ReactionFrame,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  const chat = chatOf(frame.d, view);
  const id = messageOf(frame.d.message_id);
  const base = { kind: "reactions", chat, id, at: Date.now() } as const;
  if (frame.t === Name.MessageReactionRemoveAll) return [{ ...base, set: [], complete: "all" }];
  if (frame.t === Name.MessageReactionRemoveEmoji) return readReactions(frame.d, chat, view);
  const { user_id: user, emoji } = frame.d;
  if (user === view.self) return [];
  const on = frame.t === Name.MessageReactionAdd;
  return [{ ...base, set: [reactionOf(user, emoji, on)], complete: "delta" }];
};

const placeEvents = async (
  frame: GatewayDispatchPayload,
  reader: Reader,
): Promise<readonly RemoteEvent[]> => {
  const { view } = reader;
  const { places } = view;
  switch (frame.t) {
    case Name.GuildCreate:
      places.keepGuild(frame.d);
      await warnOfMissing(frame.d.id, view);
      return describeKnown(frame.d.id, reader);
    case Name.GuildUpdate:
      return [
        ...(await reader.standings.serverChanged(
          frame.d.id,
          () => places.renameGuild(frame.d),
          reader,
        )),
        ...(await describeKnown(frame.d.id, reader)),
      ];
    case Name.GuildDelete: {
      if (frame.d.unavailable === true) return [];
      const chats = await knownChatsIn(frame.d.id, reader);
      places.forgetGuild(frame.d.id);
      return chats.map((chat) => ({
        kind: "gone",
        chat,
        why: "kicked",
        login: view.login,
        at: Date.now(),
      }));
    }
    case Name.ChannelCreate:
    case Name.ThreadCreate:
      places.keep(frame.d);
      return [];
    case Name.ChannelUpdate:
    case Name.ThreadUpdate:
      return [
        ...(await reader.standings.channelChanged(frame.d, reader)),
        ...(await chatChanged(frame.d.id, reader)),
      ];
    case Name.ChannelDelete:
    case Name.ThreadDelete: {
      const known = places.known(frame.d.id);
      places.forget(frame.d.id);
      const thread = known !== undefined && isThread(known);
      const chat = chatOf({ channel_id: frame.d.id, guild_id: frame.d.guild_id ?? "" }, view);
      const reason = thread ? "The thread was deleted." : "The channel was deleted.";
      return [{ kind: "gone", chat, why: "deleted", at: Date.now(), reason }];
    }
    case Name.GuildRoleCreate:
    case Name.GuildRoleUpdate:
    case Name.GuildRoleDelete:
      return roleEvents(frame, reader);
    case Name.GuildMemberAdd:
    case Name.GuildMemberUpdate:
    case Name.GuildMemberRemove:
    case Name.GuildBanAdd:
      return memberEvents(frame, reader);
    case Name.UserUpdate:
      return [userEvent(frame.d)];
    default:
      return [];
  }
};

const roleEvents = async (
  {
    t,
    d,
  }: Extract<
    GatewayDispatchPayload,
    { t: Name.GuildRoleCreate | Name.GuildRoleUpdate | Name.GuildRoleDelete }
  >,
  reader: Reader,
): Promise<readonly RemoteEvent[]> => {
  const { places } = reader.view;
  const { guild_id: guild } = d;
  const change = (): void => {
    if (t === Name.GuildRoleDelete) places.forgetRole(guild, d.role_id);
    else places.keepRole(guild, d.role);
  };
  const changes = await reader.standings.serverChanged(guild, change, reader);
  return [...changes, ...(await describeKnown(guild, reader))];
};

type MemberFrame = Extract<
  GatewayDispatchPayload,
  {
    t: Name.GuildMemberAdd | Name.GuildMemberUpdate | Name.GuildMemberRemove | Name.GuildBanAdd;
  }
>;

const memberEvents = async (
  frame: MemberFrame,
  reader: Reader,
): Promise<readonly RemoteEvent[]> => {
  const { view } = reader;
  const { guild_id: guild, user } = frame.d;
  if (frame.t === Name.GuildMemberUpdate && user.id === view.self) {
    view.places.keepOwn(guild, user, frame.d.roles);
    return describeKnown(guild, reader);
  }
  // Who comes is seen when they speak; a server may have a million members.
  if (frame.t === Name.GuildMemberAdd) return reader.profile(user);
  if (frame.t === Name.GuildMemberUpdate) {
    const who = { user: user.id, roles: frame.d.roles };
    return [...reader.profile(user), ...(await reader.standings.memberChanged(guild, who, reader))];
  }
  const chats = await knownChatsIn(guild, reader);
  const at = Date.now();
  const state = frame.t === Name.GuildBanAdd ? ("ban" as const) : ("leave" as const);
  const list = [{ user: userOf(user.id), state }];
  return chats.map((chat) => ({ kind: "members", chat, at, list, complete: false }));
};
