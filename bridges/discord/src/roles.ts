import type { ChatRef, Member, RemoteEvent, Role } from "@bridgebox/core/adapter";
import { PermissionFlagsBits as flags } from "discord.js";
import type { APIChannel, APIOverwrite, APIRole } from "discord.js";
import { userOf } from "./ids.ts";
import { holds, permissionsIn } from "./permissions.ts";
import { overwritesOf } from "./places.ts";
import type { Guild } from "./places.ts";

const moderating =
  flags.ManageMessages | flags.KickMembers | flags.BanMembers | flags.ModerateMembers;
const administrating = flags.ManageGuild | flags.ManageChannels;

/** Permissions by which somebody is something in a chat. */
const counting = moderating | administrating | flags.Administrator | flags.ViewChannel;

/** Somebody of a server, with their roles in it. */
export interface Who {
  readonly user: string;
  readonly roles: readonly string[];
}

/** What says who is what in a chat: its server, and the channel whose permissions count there, if it is one. */
export interface Ground {
  readonly guild: Guild;
  readonly channel: APIChannel | undefined;
}

/** What somebody of the server is in the chat, in the core's words; whoever does not see it is not in it. */
export const memberAt = ({ guild, channel }: Ground, who: Who): Member => {
  const user = userOf(who.user);
  const standing = { guild: guild.id, owner: guild.owner, ...who };
  const held = permissionsIn(standing, guild.roles, channel ? overwritesOf(channel) : []);
  if (channel !== undefined && !holds(held, "View Channels")) return { user, state: "leave" };
  return { user, state: "join", role: who.user === guild.owner ? "owner" : roleWith(held) };
};

const roleWith = (held: bigint): Role => {
  if ((held & (flags.Administrator | administrating)) !== 0n) return "admin";
  return (held & moderating) === 0n ? "member" : "moderator";
};

/** Those that allow or deny something else that counts, one of which is new or gone. */
export const changedOverwrites = (
  before: readonly APIOverwrite[],
  after: readonly APIOverwrite[],
): readonly string[] => {
  const bits = (all: readonly APIOverwrite[], id: string): string => {
    const { allow, deny } = all.find((one) => one.id === id) ?? { allow: 0, deny: 0 };
    return `${BigInt(allow) & counting} ${BigInt(deny) & counting}`;
  };
  const ids = new Set([...before, ...after].map(({ id }) => id));
  return [...ids].filter((id) => bits(before, id) !== bits(after, id));
};

/** Roles of a server that may do something else that counts, or are gone; nobody has a new one. */
export const changedRoles = (before: Guild, after: Guild): readonly string[] => {
  const bits = (roles: ReadonlyMap<string, APIRole>, id: string): bigint =>
    BigInt(roles.get(id)?.permissions ?? 0) & counting;
  return [...before.roles.keys()].filter((id) => bits(before.roles, id) !== bits(after.roles, id));
};

/** So many people are told of at once. */
const perEvent = 1000;

/** Who is what in a chat, of these. */
export const telling = (
  chat: ChatRef,
  list: readonly Member[],
  at: number,
): readonly RemoteEvent[] => {
  const events: RemoteEvent[] = [];
  for (let from = 0; from < list.length; from += perEvent) {
    const some = list.slice(from, from + perEvent);
    events.push({ kind: "members", chat, at, list: some, complete: false });
  }
  return events;
};
