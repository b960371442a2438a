import type { Host, Network, NewLogin } from "@bridgebox/core/adapter";
import type { TelegramAccount, TelegramConfig } from "./config.ts";
import { connectLogin } from "./connection.ts";
import { loginOf, parseUser } from "./ids.ts";

/** Telegram has nothing that its logins share: each has its own connection. */
export const openNetwork = async (
  _host: Host,
  config: TelegramConfig,
): Promise<Network<TelegramAccount>> => ({
  standing: config.bots.flatMap((token) => standingBot(token) ?? []),
  connect: (login, session) => connectLogin(config, login, session),
  close: async () => undefined,
});

/** A token begins with the bot's own number. */
const standingBot = (token: string): NewLogin<TelegramAccount> | undefined => {
  const [number = ""] = token.split(":");
  const user = parseUser(number);
  if (user === undefined) return undefined;
  return { id: loginOf(number), user, name: `Bot ${number}`, account: { token }, role: "bot" };
};
