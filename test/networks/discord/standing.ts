import type { Guild, Role, User } from "./model.ts";
import { intents } from "./world.ts";
import type { World } from "./world.ts";

/** A role of a server is changed. */
export const changeRole = (world: World, guild: Guild, role: Role, change: Partial<Role>): void => {
  Object.assign(role, change);
  world.tellGuild(intents.guilds, "GUILD_ROLE_UPDATE", { guild_id: guild.id, role });
};

/** It is deleted: nobody has it any more, which is told of nobody. */
export const deleteRole = (world: World, guild: Guild, role: Role): void => {
  guild.wire.roles = guild.wire.roles.filter(({ id }) => id !== role.id);
  for (const member of guild.members.values())
    member.roles = member.roles.filter((id) => id !== role.id);
  world.tellGuild(intents.guilds, "GUILD_ROLE_DELETE", { guild_id: guild.id, role_id: role.id });
};

/** A server goes over to another owner. */
export const giveServer = (world: World, guild: Guild, owner: User): void => {
  guild.wire.owner_id = owner.id;
  world.tellGuild(intents.guilds, "GUILD_UPDATE", guild.wire);
};
