import type { LoginFlow } from "@bridgebox/core/adapter";
import { userFrom } from "./api/answers.ts";
import { openRest } from "./api/rest.ts";
import { botIn } from "./config.ts";
import type { DiscordAccount, DiscordConfig } from "./config.ts";
import { loginOf, userOf } from "./ids.ts";
import { inviteLink } from "./permissions.ts";
import { demandContent, readApplication } from "./start.ts";

const check = (token: string): string | undefined =>
  botIn(token.trim()) === undefined
    ? "That is not a bot token. Copy it whole, without the word Bot."
    : undefined;

/** A bot of one's own. */
export const bot: LoginFlow<DiscordConfig, DiscordAccount> = {
  label: "Bot token",
  gives:
    "A bot of yours bridges the channels that it sees; you speak as the bot, others by webhook.",
  run: async (ui, { config, signal }) => {
    const { token: given } = await ui.ask(
      [{ key: "token", label: "Token", type: "token", secret: true, check }] as const,
      "Make an application at https://discord.com/developers/applications, switch on the Message Content Intent on its page Bot, and copy the token from there.",
    );
    const token = given.trim();
    const rest = openRest({ api: config.server?.api, token });
    try {
      const ask = { what: "The login did not work", signal };
      const user = userFrom(await rest.call("GET", "/users/@me", ask), ask.what);
      const application = await readApplication(rest, signal);
      demandContent(application);
      ui.show({ wait: `Invite the bot to your server: ${inviteLink(application.id)}` }).close();
      const name = user.global_name ?? user.username;
      return [
        { id: loginOf(user.id), user: userOf(user.id), name, account: { token }, role: "bot" },
      ];
    } finally {
      rest.close();
    }
  },
};
