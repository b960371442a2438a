import {
  asBridgeError,
  loginId,
  type Host,
  type Network,
  type NewLogin,
} from "@bridgebox/core/adapter";
import { identify } from "./account.ts";
import { asObject, textIn } from "./api/shapes.ts";
import { signedEvents } from "./api/signed.ts";
import { socketMode } from "./api/socket.ts";
import type { Transport } from "./api/transport.ts";
import { openApi } from "./api/web.ts";
import { askWith, Audience } from "./audience.ts";
import type { SlackAccount, SlackConfig } from "./config.ts";
import { connectLogin } from "./connection.ts";
import { Hub } from "./hub.ts";
import { isLoginOver } from "./errors.ts";
import { userOf } from "./ids.ts";
import { Ranks } from "./ranks.ts";

/** Where it is kept whom the config's bot token belongs to. */
const botKey = "bot";

/** The config's app: its bot, and the one stream by which all logins of the app hear. */
export const openNetwork = async (
  host: Host,
  config: SlackConfig,
): Promise<Network<SlackAccount>> => {
  const ended = new AbortController();
  const signal = AbortSignal.any([host.signal, ended.signal]);
  const hub = hubOf({ ...host, signal }, config);
  const ranks = ranksOfTeams();
  const standing =
    config.bot_token === undefined ? [] : [await botLogin(host, config, config.bot_token)];
  return {
    standing,
    connect: (login, session) => connectLogin({ config, hub, ranks }, login, session),
    close: async () => {
      ended.abort();
      await hub?.closed();
    },
    ...(config.app_token === undefined && config.signing_secret !== undefined && hub
      ? {
          webhooks: {
            events: signedEvents({
              secret: config.signing_secret,
              receive: (it) => hub.receive(it),
            }),
          },
        }
      : {}),
  };
};

/** One for each workspace, which all logins there have in common. */
const ranksOfTeams = (): ((team: string) => Ranks) => {
  const known = new Map<string, Ranks>();
  return (team) => {
    const ranks = known.get(team) ?? new Ranks();
    known.set(team, ranks);
    return ranks;
  };
};

const hubOf = (host: Host, config: SlackConfig): Hub | undefined => {
  if (config.bot_token === undefined) return undefined;
  const { signal, log } = host;
  const { app_token: appToken, api_url: url } = config;
  const source = host.source("events");
  const common = { source, log, signal };
  if (appToken === undefined)
    return new Hub({ ...common, transport: byAddress, audience: new Audience() });
  const audience = new Audience(
    askWith(openApi(url, { credentials: { token: appToken, setting: "app_token" }, signal })),
  );
  return new Hub({
    ...common,
    transport: socketMode({ appToken, url, setting: "app_token" }),
    audience,
  });
};

/** Slack calls us, so there is nothing to hold open: it is heard until the end. */
const byAddress: Transport = async ({ opened, signal }) => {
  await opened();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
};

/**
 * The bot's login. Its name is known from a former start where Slack does not take its token any
 * more, so that it can be shown as broken, and others still work.
 */
const botLogin = async (
  host: Host,
  config: SlackConfig,
  token: string,
): Promise<NewLogin<SlackAccount>> => {
  const api = openApi(config.api_url, {
    credentials: { token, setting: "bot_token" },
    signal: host.signal,
  });
  const what = "The app's bot is not connected";
  const asking = { what, signal: AbortSignal.timeout(15_000) };
  let user: string | undefined;
  let name: string | undefined;
  try {
    const identity = await identify(api, asking);
    ({ user, name } = identity);
    await host.store.set(botKey, { user, name });
  } catch (thrown) {
    const error = asBridgeError(thrown);
    const known = asObject(await host.store.get(botKey));
    user = textIn(known, "user");
    name = textIn(known, "name");
    if (user === undefined && !isLoginOver(error)) throw error;
  }
  return {
    id: loginId("bot"),
    user: userOf(user ?? "B000"),
    name: name ?? "Slack bot",
    account: { kind: "bot", token },
    role: "bot",
  };
};
