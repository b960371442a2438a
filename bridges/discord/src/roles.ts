import type { Role } from "@bridgebox/core/adapter";
import { PermissionFlagsBits as flags } from "discord.js";
import { permissionsIn } from "./permissions.ts";
import type { Guild } from "./places.ts";
import type { View } from "./view.ts";

const moderating =
  flags.ManageMessages | flags.KickMembers | flags.BanMembers | flags.ModerateMembers;
const administrating = flags.ManageGuild | flags.ManageChannels;

/** What the roles of a member come to in the core's words. */
export const roleIn = (
  guild: Guild,
  who: { readonly user: string; readonly roles: readonly string[] },
): Role => {
  if (who.user === guild.owner) return "owner";
  const held = permissionsIn({ guild: guild.id, owner: guild.owner, ...who }, guild.roles, []);
  if ((held & flags.Administrator) !== 0n || (held & administrating) !== 0n) return "admin";
  return (held & moderating) === 0n ? "member" : "moderator";
};

export const roleOf = async (
  guild: string,
  who: { readonly user: string; readonly roles: readonly string[] },
  { places, signal }: View,
): Promise<Role> =>
  roleIn(await places.guild(guild, { what: "A role was not looked up", signal }), who);
