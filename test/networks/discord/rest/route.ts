import type { Call } from "../http.ts";
import { refusal } from "../http.ts";
import type { Channel, Guild, Post } from "../model.ts";
import type { Uses } from "../uses.ts";
import type { World } from "../world.ts";

/** What a request is answered from. */
export interface Ground {
  readonly world: World;
  readonly uses: Uses;
  readonly gatewayUrl: () => string;
  /** Privileged intents as flags of the application. */
  readonly applicationFlags: () => number;
  typed(channel: Channel): void;
}

/** Answers with JSON, with nothing (204), or with an `Answer`; throws an `Answer` to refuse. */
export type Handler = (ground: Ground, at: readonly string[], call: Call) => unknown;

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handle: Handler;
}

/** `on("GET", "/channels/:id", …)`; every `:name` is given in order. */
export const on = (method: string, path: string, handle: Handler): Route => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "([^/]+)")}$`),
  handle,
});

export const channelOf = ({ world }: Ground, id: string | undefined): Channel => {
  const channel = world.channels.get(id ?? "");
  if (channel === undefined) throw refusal(404, 10_003, "Unknown Channel");
  world.demand(channel);
  return channel;
};

export const guildOf = ({ world }: Ground, id: string | undefined): Guild => {
  const guild = world.guilds.get(id ?? "");
  if (guild === undefined) throw refusal(404, 10_004, "Unknown Guild");
  if (!guild.members.has(world.bot.id)) throw refusal(403, 50_001, "Missing Access");
  return guild;
};

export const postOf = (
  ground: Ground,
  channel: string | undefined,
  id: string | undefined,
): Post => {
  const where = channelOf(ground, channel);
  const post = ground.world.posts.get(id ?? "");
  if (post?.channel !== where) throw refusal(404, 10_008, "Unknown Message");
  return post;
};
