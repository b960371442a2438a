import { defineAdapter } from "@bridgebox/core/adapter";
import { check } from "./check.ts";
import { accountSchema, configSchema, type SlackAccount, type SlackConfig } from "./config.ts";
import { logins } from "./login.ts";
import { openNetwork } from "./network.ts";

/** Slack, by an app of the workspace: Socket Mode or signed events, a bot and people's own accounts. */
export const slack = defineAdapter<SlackConfig, SlackAccount>({
  id: "slack",
  name: "Slack",
  url: "https://slack.com",
  config: configSchema,
  account: accountSchema,
  logins,
  ids: "shared",
  asides: "to the app {name} in a direct message",
  open: openNetwork,
  check,
});
