import type { Finding } from "@bridgebox/core/adapter";
import { targetFor } from "./api/dial.ts";
import { Api } from "./api/tl.ts";
import { dialerOf, logInBot } from "./authorise.ts";
import type { TelegramConfig } from "./config.ts";
import { toBridgeError } from "./errors.ts";

/** Connects as an app, and as each bot for a moment, with a session of its own that is logged out again. */
export const check = async (
  config: TelegramConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const server = await reach(config, signal);
  if (server.state !== "ok") return [server];
  const bots: Finding[] = [];
  for (const token of config.bots) bots.push(await botOf(config, token, signal));
  return [server, ...bots];
};

const reach = async (config: TelegramConfig, signal: AbortSignal): Promise<Finding> => {
  const what = "server";
  try {
    const wire = await dialerOf(config).open(targetFor(undefined, config.server), signal);
    await wire.close();
    return { what, state: "ok", says: "Telegram takes the app's connection." };
  } catch (thrown) {
    return {
      what,
      state: "failed",
      says: toBridgeError(thrown, "Telegram was not reached").message,
      fix: "Look whether this machine reaches Telegram, and check api_id at https://my.telegram.org.",
    };
  }
};

const botOf = async (
  config: TelegramConfig,
  token: string,
  signal: AbortSignal,
): Promise<Finding> => {
  const what = `bot ${token.split(":")[0] ?? ""}`;
  try {
    const { wire, user } = await logInBot(config, { token }, signal);
    try {
      await wire.invoke(new Api.auth.LogOut(), signal);
    } finally {
      await wire.close();
    }
    const name = user instanceof Api.User ? (user.username ?? user.firstName) : undefined;
    return { what, state: "ok", says: `Its token is ${name ?? "a bot"}'s.` };
  } catch (thrown) {
    const error = toBridgeError(thrown, "The bot was not logged in");
    return {
      what,
      state: "failed",
      says: error.message,
      fix:
        error.scope === "network"
          ? "Copy api_id and api_hash again from https://my.telegram.org."
          : "Copy the bot's token again from @BotFather into bots, or take it out.",
    };
  }
};
