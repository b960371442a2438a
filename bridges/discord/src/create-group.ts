import { BridgeError } from "@bridgebox/core/adapter";
import type { ChatInfo, ChatRef, UserId } from "@bridgebox/core/adapter";
import { ChannelType, OverwriteType, PermissionFlagsBits as flags } from "discord.js";
import { channelFrom } from "./api/answers.ts";
import { channelRef, isSnowflake } from "./ids.ts";
import { inviteLink } from "./permissions.ts";
import { ownGuilds } from "./own-guilds.ts";
import type { View } from "./view.ts";

interface Group {
  readonly name?: string;
  readonly members: readonly UserId[];
  readonly kind: ChatInfo["kind"];
}

const what = "No channel was made";
const longestName = 100;

const invalid = (why: string): BridgeError =>
  new BridgeError("invalid", `${what}: ${why}`, { reached: "no", scope: "item" });

/**
 * A text channel in a server of the bot, since no bot can make a group of people (docs.discord.com,
 * "Create Group DM"). A group is a channel that these people see and nobody else, `@everyone` shut out.
 */
export const createGroup = async (
  view: View,
  { name, members, kind }: Group,
  signal: AbortSignal,
): Promise<ChatRef> => {
  const [, server, rest = ""] = /^(?:(.+?)\s*(?=#))?#?([^]*)$/.exec(name?.trim() ?? "") ?? [];
  const title = Array.from(rest.trim()).slice(0, longestName).join("");
  if (title === "")
    throw invalid(
      'Discord lets no bot make a group of people. Say a name, such as "Server#lunch": I make a channel of that name.',
    );
  const guild = await serverNamed(view, server, signal);
  const body = {
    name: title,
    type: ChannelType.GuildText,
    ...(kind === "channel" ? {} : { permission_overwrites: onlyFor(guild, view.self, members) }),
  };
  const call = { what, needs: "Manage Channels", signal, body };
  const answer = await view.rest.call("POST", `/guilds/${guild}/channels`, call);
  const channel = channelFrom(answer, what, "unknown");
  view.places.keep(channel);
  return channelRef(channel.id);
};

/** So many servers are offered in a sentence. */
const mostNamed = 20;

const serverNamed = async (
  view: View,
  name: string | undefined,
  signal: AbortSignal,
): Promise<string> => {
  const all = await ownGuilds(view, { what, signal });
  const wanted = name?.trim().toLowerCase();
  const fits = all.filter((one) => wanted === undefined || one.name.toLowerCase() === wanted);
  const [found, ...more] = fits;
  const shown = all.slice(0, mostNamed).map((one) => `"${one.name}#…"`);
  const names = `${shown.join(", ")}${all.length > mostNamed ? ", …" : ""}`;
  if (all.length === 0)
    throw invalid(`the bot is in no server yet. Invite it with ${inviteLink(view.application())}`);
  if (found === undefined)
    throw invalid(`the bot is in no server of that name. Say one of ${names}.`);
  if (more.length > 0) throw invalid(`say in which server: ${names}.`);
  return found.id;
};

const seeing = Number(flags.ViewChannel);

/** docs.discord.com/developers/topics/permissions: the server's own id is the role of everybody. */
const onlyFor = (guild: string, self: string, members: readonly UserId[]) => [
  { id: guild, type: OverwriteType.Role, allow: 0, deny: seeing },
  ...[self, ...members].filter(isSnowflake).map((id) => ({
    id,
    type: OverwriteType.Member,
    allow: seeing,
    deny: 0,
  })),
];
