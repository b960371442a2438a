import { asBridgeError, type Finding } from "@bridgebox/core/adapter";
import { identify, missingScopes } from "./account.ts";
import { openApi } from "./api/web.ts";
import type { SlackConfig } from "./config.ts";

/** Asks whose the tokens are. No socket is opened: Slack would give it events that are the box's. */
export const check = async (
  config: SlackConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> => [
  ...(await botToken(config, signal)),
  ...(await hearing(config, signal)),
];

const botToken = async (config: SlackConfig, signal: AbortSignal): Promise<readonly Finding[]> => {
  const what = "bot token";
  const { bot_token: token, api_url: url } = config;
  if (token === undefined)
    return [{ what, state: "skipped", says: "There is none: people log in by themselves." }];
  try {
    const api = openApi(url, { credentials: { token, setting: "bot_token" }, signal });
    const identity = await identify(api, { what: "The bot token was not taken", signal });
    const missing = missingScopes(identity, "bot");
    return [
      { what, state: "ok", says: `It is ${identity.name}'s in ${identity.teamName}.` },
      ...(missing.length > 0 ? [lacking(missing)] : []),
    ];
  } catch (thrown) {
    return [
      failure(
        what,
        thrown,
        "Copy bot_token again from OAuth & Permissions at api.slack.com/apps, and install the app in the workspace.",
      ),
    ];
  }
};

/** A token is only blamed where Slack was there to refuse it. */
const failure = (what: string, thrown: unknown, fix: string): Finding => {
  const { code, message } = asBridgeError(thrown);
  const isAway = code === "network" || code === "timeout";
  const look = "Look whether this machine reaches Slack, and run this again.";
  return { what, state: "failed", says: message, fix: isAway ? look : fix };
};

const lacking = (missing: readonly string[]): Finding => ({
  what: "scopes",
  state: "warning",
  says: `The app lacks ${missing.join(", ")}.`,
  fix: "Add them at api.slack.com/apps and install the app again.",
});

const hearing = async (config: SlackConfig, signal: AbortSignal): Promise<readonly Finding[]> => {
  const what = "app token";
  const { app_token: token, signing_secret: secret, api_url: url } = config;
  if (token === undefined)
    return secret === undefined
      ? []
      : [{ what, state: "skipped", says: "Events come by HTTP, to the public address." }];
  try {
    const api = openApi(url, { credentials: { token, setting: "app_token" }, signal });
    await api.call("apps.connections.open", {}, { what: "Socket Mode was not allowed", signal });
    return [{ what, state: "ok", says: "It allows Socket Mode." }];
  } catch (thrown) {
    return [
      failure(
        what,
        thrown,
        "Switch Socket Mode on at api.slack.com/apps, and copy an app-level token with connections:write into app_token.",
      ),
    ];
  }
};
