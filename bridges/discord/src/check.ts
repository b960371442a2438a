import { asBridgeError } from "@bridgebox/core/adapter";
import type { Finding } from "@bridgebox/core/adapter";
import { openRest } from "./api/rest.ts";
import type { DiscordConfig } from "./config.ts";
import { botPage, generalPage, readApplication } from "./start.ts";
import type { Application } from "./start.ts";

const what = "bot token";

/** Asks Discord what the bot's application was allowed. The gateway is left alone: logins there are counted. */
export const check = async (
  config: DiscordConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const { token } = config;
  if (token === undefined)
    return [{ what, state: "skipped", says: "There is none: bots are logged in by chat." }];
  const rest = openRest({ api: config.server?.api, token });
  try {
    const application = await readApplication(rest, signal);
    return [
      { what, state: "ok", says: "Discord knows it." },
      contentIntent(application),
      membersIntent(application, config.member_list),
      ...presenceIntent(application, config.presence),
      ...commandsOf(application),
    ];
  } catch (thrown) {
    const error = asBridgeError(thrown);
    const fix =
      error.code === "auth"
        ? "Make a new token at https://discord.com/developers/applications, page Bot, and put it into token."
        : "Look whether this machine reaches Discord, and run this again.";
    return [{ what, state: "failed", says: error.message, fix }];
  } finally {
    rest.close();
  }
};

const contentIntent = ({ id, content }: Application): Finding =>
  content
    ? { what: "message content", state: "ok", says: "The bot may read what others write." }
    : {
        what: "message content",
        state: "failed",
        says: "The bot lacks the Message Content Intent, so it reads nothing.",
        fix: `Switch it on at ${botPage(id)}.`,
      };

/** Said only where it is wrong: most applications have no such address. */
const commandsOf = ({ id, elsewhere }: Application): readonly Finding[] =>
  elsewhere
    ? [
        {
          what: "commands",
          state: "warning",
          says: "Nobody can use /link: Discord tells uses of the bot's commands to an Interactions Endpoint URL.",
          fix: `Take that address away at ${generalPage(id)}, or have people send their code in a direct message.`,
        },
      ]
    : [];

const membersIntent = ({ id, members }: Application, wanted: boolean): Finding => {
  const about = "members";
  if (!wanted)
    return { what: about, state: "skipped", says: "member_list is false: nobody is listed." };
  if (members) return { what: about, state: "ok", says: "The bot may ask who is in a server." };
  return {
    what: about,
    state: "warning",
    says: "The bot lacks the Server Members Intent, so nobody is listed.",
    fix: `Switch it on at ${botPage(id)}, or set member_list to false.`,
  };
};

/** Said only where it is wanted. */
const presenceIntent = ({ id, presences }: Application, wanted: boolean): readonly Finding[] => {
  const about = "presence";
  if (!wanted) return [];
  if (presences) return [{ what: about, state: "ok", says: "The bot is told who is there." }];
  return [
    {
      what: about,
      state: "warning",
      says: "The bot lacks the Presence Intent, so nobody is shown as there or away.",
      fix: `Switch it on at ${botPage(id)}, or set presence to false.`,
    },
  ];
};
