import { openStage } from "../stage/stage.ts";
import type { StageOptions } from "../stage/stage.ts";
import { World } from "./world.ts";
import type { NetworkSide } from "./world.ts";

/** What a world is made of, besides what a stage is. */
export interface WorldOptions extends Omit<StageOptions, "rooms" | NetworkSide> {
  readonly networks: readonly NetworkSide[];
  /** Rooms that the config binds beside the lobby. */
  readonly more?: NonNullable<StageOptions["rooms"]>;
  /** What happens before the box starts for the first time. */
  readonly scene?: (world: World) => Promise<void>;
}

/** How the config names each network's lobby. */
const chats: Readonly<Record<NetworkSide, string>> = {
  irc: "irc #lobby",
  slack: "slack #lobby",
  telegram: "telegram thelobby",
  discord: "discord #lobby",
};

/** A world with the box running and everything bound. */
export const openWorld = async (options: WorldOptions): Promise<World> => {
  const { networks, scene, more = [], ...rest } = options;
  const stage = await openStage({
    ...rest,
    irc: networks.includes("irc"),
    slack: networks.includes("slack"),
    telegram: networks.includes("telegram"),
    discord: networks.includes("discord"),
    ircConfig: { reconnect: { min_seconds: 1, max_seconds: 1 }, ...options.ircConfig },
    rooms: [
      {
        room: "#lobby:sandbox.test",
        chats: networks.map((network) => chats[network]),
      },
      ...more,
    ],
  });
  const world = new World(stage, networks);
  try {
    await world.furnish();
    await scene?.(world);
    await world.start();
    await world.ready();
    return world;
  } catch (error) {
    process.stderr.write(stage.box.log);
    await world.close();
    throw error;
  }
};

/** A world in which everybody has spoken and was heard; a call may take that many seconds. */
export const openSpokenWorld = async (
  call: number,
  networks: readonly NetworkSide[] = ["irc", "telegram"],
): Promise<World> => {
  const world = await openWorld({ networks, config: { limits: { call } } });
  for (const network of networks) await world.say(network, `first from ${network}`);
  await world.say("matrix", "first from Matrix");
  await world.settle();
  return world;
};

/** Runs a story in a world of its own, and ends that world however the story ends. */
export const withWorld = async (
  options: WorldOptions,
  story: (world: World) => Promise<void>,
): Promise<void> => {
  const world = await openWorld(options);
  try {
    await story(world);
  } finally {
    await world.close();
  }
};
