import { adminsOf, permits } from "./config/index.ts";
import type { BoxConfig, NetworkConfig } from "./config/index.ts";
import type { AnyAdapter, EngineParts, Homes, NetworkSettings } from "./engine/index.ts";

/** What holds now: a reload puts another config here. */
export interface Live {
  config: BoxConfig;
}

/** Whose people may speak as themselves. */
export const homesOf = ({ config }: Live): Homes => ({
  ...config.doublePuppet,
  domain: config.homeserver.domain,
});

/** What the engine asks of the box, as the config says it at that moment. */
export const boxSettings = (
  live: Live,
  { doublePuppet }: { readonly doublePuppet: boolean },
): EngineParts["settings"] => {
  const { config } = live;
  return {
    botName: config.appservice.bot.displayname,
    publicAddress: config.appservice.publicAddress,
    get admins() {
      return adminsOf(live.config.permissions);
    },
    get quota() {
      return live.config.limits.queue;
    },
    deadline: {
      homeserver: config.limits.call,
      network: 2 * config.limits.call,
      media: 20 * config.limits.call,
    },
    get loginsMost() {
      return live.config.limits.logins;
    },
    get mediaMost() {
      return live.config.limits.media;
    },
    doublePuppet,
    get people() {
      return live.config.doublePuppet;
    },
    get receipts() {
      return live.config.status.receipts;
    },
    get statusEvents() {
      return live.config.status.events;
    },
    get rosterPace() {
      return live.config.limits.roster;
    },
    get loginNotices() {
      return live.config.status.logins;
    },
    permits: (mxid: string, what: "relay" | "commands" | "user" | "admin") =>
      permits(live.config.permissions, mxid, what),
  };
};

/** The same of one network. */
export const networkSettings = (
  network: NetworkConfig,
  adapters: ReadonlyMap<string, AnyAdapter>,
  live: Live,
): NetworkSettings => {
  const now = (): NetworkConfig =>
    live.config.networks.find(({ id }) => id === network.id) ?? network;
  const adapter = adapters.get(network.type);
  if (!adapter)
    throw new Error(`${network.id} was not opened: no adapter is called ${network.type}.`);
  return {
    id: network.id,
    adapter,
    config: network.config,
    ghostPrefix: network.ghostPrefix,
    aliasPrefix: network.aliasPrefix,
    ghostName: network.ghostName,
    members: network.members,
    memberCap: network.memberCap,
    get relay() {
      return now().relay;
    },
    get relayNote() {
      return now().relayNote;
    },
    sync: network.sync,
    spaces: network.spaces,
    get cleanup() {
      return now().cleanup;
    },
    get maxAge() {
      return now().maxAge;
    },
  };
};
