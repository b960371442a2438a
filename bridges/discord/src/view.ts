import type { ChatRef, Log, LoginId } from "@bridgebox/core/adapter";
import type { APIMessage } from "discord.js";
import type { Rest } from "./api/rest.ts";
import type { Pictures } from "./config.ts";
import { channelRef, directRef } from "./ids.ts";
import type { Names } from "./parse-inline.ts";
import type { Places } from "./places.ts";

/** What translating needs to know of the bot that sees it. */
export interface View {
  readonly login: LoginId;
  /** The bot's own id. */
  readonly self: string;
  /** The id of its application: older bots have two. */
  application(): string;
  /** It may ask who is in a server. */
  lists(): boolean;
  readonly places: Places;
  readonly rest: Rest;
  /** Where pictures are. */
  readonly pictures: Pictures;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const mostAsked = 5;
const what = "A name was not looked up";

/** The chat that a message is in. */
export const chatOf = (
  {
    channel_id: channel,
    guild_id: guild,
  }: { readonly channel_id: string; readonly guild_id?: string | undefined },
  view: View,
): ChatRef => (guild === undefined ? directRef(channel, view.login) : channelRef(channel));

/** Names of what a text mentions, looked up where the gateway has not told them. */
export const namesFor = async (
  message: Pick<APIMessage, "content" | "mentions" | "mention_everyone">,
  guild: string | undefined,
  view: View,
): Promise<Names> => {
  const { places, signal } = view;
  const users = new Map(
    message.mentions.map((user) => [user.id, user.global_name ?? user.username]),
  );
  const content = message.content ?? "";
  const channels = [
    ...new Set(Array.from(content.matchAll(/<#(\d{1,20})>/g), ([, id]) => id ?? "")),
  ];
  const unknown = channels.filter((id) => places.known(id) === undefined).slice(0, mostAsked);
  for (const id of unknown) await places.channel(id, { what, signal }).catch(() => undefined);
  if (guild !== undefined && content.includes("<@&")) {
    await places.guild(guild, { what, signal }).catch(() => undefined);
  }
  return {
    everyone: message.mention_everyone,
    user: (id) => users.get(id),
    role: (id) => places.knownGuild(guild ?? "")?.roles.get(id)?.name,
    channel: (id) => places.known(id)?.name ?? undefined,
  };
};
