import { defineAdapter } from "@bridgebox/core/adapter";
import { account, config } from "./config.ts";
import { code } from "./login.ts";
import { open } from "./network.ts";

/** A network that says everything twice: the smallest adapter that keeps every promise. */
export const example = defineAdapter({
  id: "example",
  name: "Echo",
  url: "https://example.com",
  config,
  account,
  logins: { code },
  ids: "shared",
  open,
});
