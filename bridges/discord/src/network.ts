import type { Host, Network, NewLogin } from "@bridgebox/core/adapter";
import { botIn } from "./config.ts";
import type { DiscordAccount, DiscordConfig } from "./config.ts";
import { connectLogin } from "./connection.ts";
import { loginOf, userOf } from "./ids.ts";

/** Discord has nothing that its bots share: each has its own gateway connection. */
export const openNetwork = async (
  _host: Host,
  config: DiscordConfig,
): Promise<Network<DiscordAccount>> => ({
  standing: config.token === undefined ? [] : standingBot(config.token),
  connect: (login, session) => connectLogin(config, login, session),
  close: async () => undefined,
});

/** The bot of the config speaks for everybody. */
const standingBot = (token: string): readonly NewLogin<DiscordAccount>[] => {
  const id = botIn(token);
  if (id === undefined) return [];
  return [
    { id: loginOf(id), user: userOf(id), name: "Discord bot", account: { token }, role: "relay" },
  ];
};
