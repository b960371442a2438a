import { configReference, sampleConfig } from "@bridgebox/core/config";
import type { KnownAdapter } from "@bridgebox/core/config";

import { commandReference } from "./commands.ts";
import { contractReference } from "./contract.ts";
import { errorReference } from "./errors.ts";
import { featureReference } from "./features.ts";
import { metricsReference } from "./metrics.ts";
import { configSchema as discord } from "../../bridges/discord/src/config.ts";
import { configSchema as irc } from "../../bridges/irc/src/config.ts";
import { configSchema as slack } from "../../bridges/slack/src/config.ts";
import { configSchema as telegram } from "../../bridges/telegram/src/config.ts";
import { commands } from "../../core/src/commands/table.ts";

/** In the order of the sample: the first one's section stands free. */
export const adapters: readonly KnownAdapter[] = [
  { id: "irc", name: "IRC", config: irc },
  { id: "slack", name: "Slack", config: slack },
  { id: "telegram", name: "Telegram", config: telegram },
  { id: "discord", name: "Discord", config: discord },
];

const file = (path: string, text: string) => ({
  path: new URL(`../../${path}`, import.meta.url),
  text,
});

/** Files that are made from the sources and committed, so that they can be read without running anything. */
export const files = [
  file("config.sample.yaml", sampleConfig(adapters)),
  file("docs/config.md", configReference(adapters)),
  file("docs/contract.md", contractReference()),
  file("docs/commands.md", commandReference(commands)),
  file("docs/errors.md", errorReference()),
  file("docs/metrics.md", metricsReference()),
  file("docs/features.md", featureReference()),
];
