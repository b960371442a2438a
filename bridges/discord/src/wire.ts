import { BridgeError } from "@bridgebox/core/adapter";
import { GatewayDispatchEvents as Name } from "discord.js";
import type { GatewayDispatchPayload } from "discord.js";
import { isSnowflake } from "./ids.ts";

/** The fields of what came from outside; none where it is no object. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};

/** An id as Discord makes them. */
export const isId = (value: unknown): value is string =>
  typeof value === "string" && isSnowflake(value);

/** What the pump itself looks at; what is read besides may fail, and is left out then. */
export const makesSense = ({ t, d }: GatewayDispatchPayload): boolean => {
  const { id, channel_id: channel } = fieldsOf(d);
  if (t === Name.MessageCreate) return isId(id) && isId(channel);
  return (t !== Name.GuildCreate && t !== Name.GuildDelete) || isId(id);
};

/** Servers that are announced, by their ids. */
export const serversIn = (ready: unknown): Set<string> => {
  const { guilds } = fieldsOf(ready);
  const ids = (Array.isArray(guilds) ? guilds : []).map((one) => fieldsOf(one)["id"]);
  return new Set(ids.filter(isId));
};

/** An answer that is none of Discord's: what was asked for is not known, or not whether it was done. */
export const unread = (what: string, reached: "no" | "unknown" = "no"): BridgeError => {
  if (reached === "no")
    return new BridgeError(
      "network",
      `${what}: Discord's answer makes no sense, as if something on the way had answered in its place. If trying again does not help, the admin should look at the box's way to Discord.`,
      { reached, scope: "item" },
    );
  return new BridgeError(
    "network",
    `${what}, as far as is known: Discord's answer makes no sense. Look on Discord whether it was done, before you do it again.`,
    { reached, scope: "item" },
  );
};
