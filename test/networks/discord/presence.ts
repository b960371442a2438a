import type { User, Wire } from "./model.ts";
import { intents } from "./world.ts";
import type { World } from "./world.ts";

/** Somebody comes, goes, or says something of themselves: told once for each of their servers, but not in an outage there. */
export const showPresence = (
  world: World,
  user: User,
  status: "online" | "idle" | "dnd" | "offline",
  activities: readonly Wire[] = [],
): void => {
  const now = { user: { id: user.id }, status, activities, client_status: {} };
  if (status === "offline") world.presences.delete(user.id);
  else world.presences.set(user.id, now);
  for (const { id, members, out } of world.guilds.values())
    if (members.has(user.id) && !out)
      world.tellGuild(intents.presences, "PRESENCE_UPDATE", { ...now, guild_id: id });
};
