import { BridgeError } from "@bridgebox/core/adapter";
import { ApplicationFlags, GatewayIntentBits as Intent } from "discord.js";
import type { Rest } from "./api/rest.ts";
import { fieldsOf, isId } from "./wire.ts";

/** What the bot's application was allowed. */
export interface Application {
  readonly id: string;
  readonly content: boolean;
  readonly members: boolean;
  readonly presences: boolean;
  /** Uses of its commands are told to an address on the web, and not by the gateway. */
  readonly elsewhere: boolean;
}

const what = "The bot of Discord was not started";

const has = (flags: number, ...any: readonly number[]): boolean =>
  any.some((it) => (flags & it) !== 0);

export const readApplication = async (rest: Rest, signal: AbortSignal): Promise<Application> => {
  const answer = await rest.call("GET", "/applications/@me", { what, signal });
  const { id, flags: told, interactions_endpoint_url: endpoint } = fieldsOf(answer);
  if (!isId(id)) throw notDiscord();
  const flags = typeof told === "number" ? told : 0;
  return {
    id,
    content: has(
      flags,
      ApplicationFlags.GatewayMessageContent,
      ApplicationFlags.GatewayMessageContentLimited,
    ),
    members: has(
      flags,
      ApplicationFlags.GatewayGuildMembers,
      ApplicationFlags.GatewayGuildMembersLimited,
    ),
    presences: has(
      flags,
      ApplicationFlags.GatewayPresence,
      ApplicationFlags.GatewayPresenceLimited,
    ),
    elsewhere: typeof endpoint === "string" && endpoint !== "",
  };
};

/** A page of some network on the way says nothing about the bot. */
const notDiscord = (): BridgeError =>
  new BridgeError(
    "network",
    `${what}: what answered was not Discord, but maybe something on the way to it. It is tried again.`,
    { reached: "no", scope: "login" },
  );

/** Where an admin switches the intents of a bot. */
export const botPage = (application: string): string =>
  `https://discord.com/developers/applications/${application}/bot`;

/** Where an admin sees what the application is, and where uses of its commands are told to. */
export const generalPage = (application: string): string =>
  `https://discord.com/developers/applications/${application}/information`;

/** Without the words of others there is nothing to bridge. */
export const demandContent = ({ id, content }: Application): void => {
  if (content) return;
  throw new BridgeError(
    "forbidden",
    `${what}: it lacks the Message Content Intent – switch it on at ${botPage(id)} and restart.`,
    { reached: "no", scope: "login" },
  );
};

/** What the gateway is asked to tell. */
export const intentsFor = (wanted: {
  readonly members: boolean;
  readonly presences: boolean;
}): number =>
  Intent.Guilds |
  Intent.GuildModeration |
  Intent.GuildMessages |
  Intent.GuildMessageReactions |
  Intent.GuildMessageTyping |
  Intent.GuildMessagePolls |
  Intent.DirectMessages |
  Intent.DirectMessageReactions |
  Intent.DirectMessageTyping |
  Intent.DirectMessagePolls |
  Intent.MessageContent |
  (wanted.members ? Intent.GuildMembers : 0) |
  (wanted.presences ? Intent.GuildPresences : 0);
