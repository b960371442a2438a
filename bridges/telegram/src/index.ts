import "./api/fast-numbers.ts";
import { defineAdapter } from "@bridgebox/core/adapter";
import { check } from "./check.ts";
import {
  accountSchema,
  configSchema,
  type TelegramAccount,
  type TelegramConfig,
} from "./config.ts";
import { logins } from "./login.ts";
import { openNetwork } from "./network.ts";

/** Telegram, by MTProto: people's own accounts and bots. */
export const telegram = defineAdapter<TelegramConfig, TelegramAccount>({
  id: "telegram",
  name: "Telegram",
  url: "https://telegram.org",
  config: configSchema,
  account: accountSchema,
  logins,
  ids: "shared",
  asides: "to the bot that is in your group ({name}) in a private chat",
  open: openNetwork,
  check,
});
