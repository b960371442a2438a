import { defineAdapter } from "@bridgebox/core/adapter";
import { check } from "./check.ts";
import { accountSchema, configSchema } from "./config.ts";
import type { DiscordAccount, DiscordConfig } from "./config.ts";
import { bot } from "./login.ts";
import { openNetwork } from "./network.ts";

/** Discord, by its API for bots. */
export const discord = defineAdapter<DiscordConfig, DiscordAccount>({
  id: "discord",
  name: "Discord",
  url: "https://discord.com",
  config: configSchema,
  account: accountSchema,
  logins: { bot },
  ids: "shared",
  asides:
    "by the command /link there, or in a direct message to the bot that is in your server ({name})",
  open: openNetwork,
  check,
});
