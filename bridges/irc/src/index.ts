import { defineAdapter } from "@bridgebox/core/adapter";
import { check } from "./check.ts";
import { accountSchema, configSchema } from "./config.ts";
import { certificate } from "./login-certificate.ts";
import { nick } from "./login.ts";
import { openNetwork } from "./network.ts";

/** Internet Relay Chat. */
export const irc = defineAdapter({
  id: "irc",
  name: "IRC",
  url: "https://www.rfc-editor.org/rfc/rfc2812",
  config: configSchema,
  account: accountSchema,
  logins: { nick, certificate },
  ids: "none",
  publicSearch: true,
  asides:
    "as a private message to {name}, while you are logged in to your account with the services (/msg {name} and then the code)",
  open: openNetwork,
  check,
});
