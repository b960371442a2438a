import assert from "node:assert/strict";
import { logInToTelegram } from "../journeys/kit.ts";
import { everyCap } from "../networks/irc/index.ts";
import type { Channel as DiscordChannel } from "../networks/discord/index.ts";
import type { Channel as SlackChannel } from "../networks/slack/index.ts";
import type { Account, Channel as Supergroup } from "../networks/telegram/index.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { openWorld } from "./open-world.ts";
import type { WorldOptions } from "./open-world.ts";
import type { NetworkSide, World } from "./world.ts";

/** What people do to a message that is there. */
export const kinds = ["reaction", "return", "edit", "delete", "vote"] as const;
export type Kind = (typeof kinds)[number];

/** What a network has of it. */
export const kindsOf: Readonly<Record<NetworkSide, readonly Kind[]>> = {
  irc: ["reaction", "return", "delete"],
  slack: ["reaction", "return", "edit", "delete"],
  discord: kinds,
  telegram: kinds,
};
export const networks = ["irc", "slack", "discord", "telegram"] as const;

/** A chat for each kind on each network, each bound to a room of its own, so that each is a lane. */
export interface ActWorld {
  readonly world: World;
  readonly stage: Stage;
  /** Of Matrix, with the account `vera` on Telegram. */
  readonly vero: MatrixUser;
  readonly vera: Account;
  /** By name. */
  readonly chats: {
    readonly irc: Map<string, string>;
    readonly slack: Map<string, SlackChannel>;
    readonly discord: Map<string, DiscordChannel>;
    readonly telegram: Map<string, Supergroup>;
  };
  /** By network and name. */
  readonly rooms: Map<string, string>;
}

export const nameOf = (kind: Kind): string => `act${kind}`;
export const roomKey = (network: NetworkSide, kind: Kind): string => `${network}-${nameOf(kind)}`;

const chatIn = (network: NetworkSide, kind: Kind): string =>
  `${network} ${network === "telegram" ? "" : "#"}${nameOf(kind)}`;

const everywhere = networks.flatMap((network) =>
  kindsOf[network].map((kind) => ({ network, kind })),
);

/** `config`: where its store is. */
export const openActWorld = async (config: WorldOptions["config"] = {}): Promise<ActWorld> => {
  const chats: ActWorld["chats"] = {
    irc: new Map(),
    slack: new Map(),
    discord: new Map(),
    telegram: new Map(),
  };
  const rooms = new Map<string, string>();
  let found: { readonly vero: MatrixUser; readonly vera: Account } | undefined;
  const world = await openWorld({
    networks,
    config,
    ircCaps: everyCap,
    more: everywhere.map(({ network, kind }) => ({
      room: `#${roomKey(network, kind)}:sandbox.test`,
      chats: [chatIn(network, kind)],
    })),
    scene: async (early) => {
      const { stage, ana, dan, erin, dora, bot } = early;
      const vera = stage.telegram.addUser({ phone: "15550077", firstName: "Vera" });
      const vero = stage.person("vero");
      found = { vero, vera };
      const guild = stage.discord.addGuild("Acts", [dan]);
      for (const { network, kind } of everywhere) {
        const name = nameOf(kind);
        const alias = roomKey(network, kind);
        const room = await ana.createRoom({ preset: "public_chat", room_alias_name: alias });
        rooms.set(alias, room);
        if (network === "irc") {
          chats.irc.set(name, `#${name}`);
          await early.carl.join(`#${name}`);
        } else if (network === "slack") {
          const members = [erin, stage.slackApp.bot];
          chats.slack.set(name, stage.slack.addChannel(name, members));
        } else if (network === "discord") {
          chats.discord.set(name, stage.discord.addChannel(guild, { name }));
        } else {
          const members = kind === "vote" ? [dora, bot, vera] : [dora, bot];
          const options = { username: name, admins: [bot] };
          chats.telegram.set(name, stage.telegram.addSupergroup(name, members, options));
          if (kind === "vote") await vero.join(room);
        }
      }
    },
  });
  assert(found);
  const { vera, vero } = found;
  const { stage } = world;
  await logInToTelegram(stage, vero, vera);
  await world.ready();
  return { world, stage, vera, vero, chats, rooms };
};
