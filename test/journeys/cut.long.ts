import assert from "node:assert/strict";
import { call, listOf, until } from "../sandbox/client.ts";
import { boxBot } from "../stage/lobby.ts";
import { statePlace } from "../stage/state-place.ts";
import type { StatePlace } from "../stage/state-place.ts";
import type { Stage } from "../stage/stage.ts";
import { changeConfig, everyLoginConnected, story, talkTo } from "./kit.ts";

/** How its names are written, and how often a healthy connection of each is proven, in milliseconds. */
const networks = {
  irc: { name: "IRC", heartbeat: 5000 },
  slack: { name: "Slack", heartbeat: 6000 },
  discord: { name: "Discord", heartbeat: 4000 },
  telegram: { name: "Telegram", heartbeat: 5000 },
} as const;

type Network = keyof typeof networks;

const all = Object.keys(networks) as readonly Network[];

/** What all places say of a network's login that is away, or connected. */
const away = ["TRANSIENT_DISCONNECT", "reconnecting", "1"] as const;
const well = ["CONNECTED", "connected", "0"] as const;

/** After it is known, everybody has to know within this time, in milliseconds. */
const soon = 5000;
/** So many looks at all places a machine may be late: what it takes for itself is not the box's. */
const looks = 20;

const options = {
  slack: true,
  discord: true,
  telegram: true,
  ircConfig: { ping_seconds: 5 },
  telegramConfig: { ping_seconds: 5 },
} as const;

interface Watched {
  /** Resolves with the time at which posted state, status API and metric all say so of that network. */
  readonly agree: (network: Network, wanted: readonly string[]) => Promise<number>;
  /** How late this machine may be, in milliseconds: little where it is quick, more where it is busy. */
  readonly slack: number;
  /** The time at which the homeserver had the bot's line. */
  readonly told: (fits: RegExp) => Promise<number>;
}

const open = async (stage: Stage, place: StatePlace): Promise<Watched> => {
  boxBot(stage.telegram);
  changeConfig(stage, (config) => ({ ...config, status: { endpoint: place.url } }));
  stage.discord.gateway.heartbeat = networks.discord.heartbeat;
  await stage.box.start();
  await everyLoginConnected(stage, all.length);
  const admin = stage.person("admin");
  const talk = await talkTo(stage, admin);
  const at = { url: stage.boxUrl, token: stage.statusToken };
  const says = async (network: Network): Promise<readonly unknown[]> => {
    const { body } = await call(at, "GET", "/_bridgebox/v1/status");
    const own = listOf(body, "networks").find((one) => one["id"] === network) ?? {};
    const [login] = listOf(own, "logins");
    const metrics = await (await fetch(`${stage.boxUrl}/metrics`)).text();
    const line = `bridge_login_state\\{network="${network}",state="reconnecting"\\} (\\d+)`;
    const count = new RegExp(line).exec(metrics)?.[1] ?? "0";
    return [place.of(String(login?.["login"])), login?.["state"], count];
  };
  const before = Date.now();
  await Promise.all(all.map(says));
  return {
    slack: looks * (Date.now() - before),
    agree: async (network, wanted) => {
      let last: readonly unknown[] = [];
      const wait = until("all say so", async () => {
        last = await says(network);
        return last.join() === wanted.join();
      });
      await wait.catch(() =>
        assert.fail(`${network} is ${last.join()}, and should be ${wanted.join()}`),
      );
      return Date.now();
    },
    told: async (fits) => {
      await talk.heard(fits);
      const line = admin.seen.find(({ content }) => fits.test(String(content["body"])));
      return line?.origin_server_ts ?? Number.NaN;
    },
  };
};

const isAway = (network: Network): RegExp =>
  new RegExp(`on ${networks[network].name} is not connected\\.`);
const isBack = (network: Network): RegExp =>
  new RegExp(`\u2713 .* on ${networks[network].name} is connected again`);

/** All four at once, and each place says the same, in time. */
const alike = async (
  { agree, told, slack }: Watched,
  bound: (network: Network) => number,
  cut: () => unknown,
): Promise<void> => {
  const within = (network: Network): number => bound(network) + slack;
  const since = Date.now();
  await cut();
  await Promise.all(
    all.map(async (network) => {
      const known = await agree(network, away);
      assert.ok(known - since <= within(network), `${network}: ${known - since} ms`);
    }),
  );
  for (const network of all) {
    const ms = (await told(isAway(network))) - since;
    assert.ok(ms <= within(network), `${network} was told of after ${ms} ms`);
  }
};

/** The same when they are back, counted from when the first of the places knew. */
const backAlike = async ({ agree, told, slack }: Watched, mend: () => unknown): Promise<void> => {
  await mend();
  const known = new Map<Network, number>();
  await Promise.all(all.map(async (network) => known.set(network, await agree(network, well))));
  for (const network of all) {
    const ms = (await told(isBack(network))) - (known.get(network) ?? Number.NaN);
    assert.ok(ms <= soon + slack, `${network} was told of after ${ms} ms`);
  }
};

const watched = async (stage: Stage, tell: (watch: Watched) => Promise<void>): Promise<void> => {
  const place = await statePlace();
  try {
    await tell(await open(stage, place));
  } finally {
    place.close();
  }
};

story(
  "closed connections of every network are told alike by the bot, the posted state, the status API and the metrics",
  options,
  (stage) =>
    watched(stage, async (watch) => {
      const { irc, slack, discord, telegram } = stage;
      const servers = [irc, slack, discord, telegram];
      await alike(
        watch,
        () => soon,
        () => Promise.all(servers.map((server) => server.stop())),
      );
      await backAlike(watch, () => Promise.all(servers.map((server) => server.start())));
    }),
);

story(
  "servers that answer no more are found out within a heartbeat and a half, and told alike everywhere",
  options,
  (stage) =>
    watched(stage, async (watch) => {
      const freeze = (on: boolean): void => {
        stage.irc.hang(on);
        stage.slack.freeze(on);
        stage.discord.freezer.freeze(on);
        stage.telegram.freeze(on);
      };
      const within = (network: Network): number => 1.5 * networks[network].heartbeat + soon;
      await alike(watch, within, () => freeze(true));
      await backAlike(watch, () => freeze(false));
    }),
);
