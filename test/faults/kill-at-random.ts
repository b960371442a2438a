import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../sandbox/client.ts";
import { randomFrom, seedOf } from "./seed.ts";
import { excuseUnheard } from "./unheard.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { withWorld } from "./open-world.ts";
import type { NetworkSide, Side, World } from "./world.ts";

export interface Kills {
  readonly kills: number;
  /** Messages. */
  readonly eachWay: number;
  /** With IRC, which the last look at the gaps needs. */
  readonly networks: readonly ["irc", ...NetworkSide[]];
}

/**
 * Kills the box again and again while everybody talks: from no side to any other is a line lost, doubled or out of
 * order, and only what went to IRC may be in doubt.
 */
export const randomKills = async (
  t: TestContext,
  { kills, eachWay, networks }: Kills,
  store: StorePlace = inItsFolder,
): Promise<void> => {
  const seed = seedOf(process.env);
  t.diagnostic(`seed ${seed}: FAULT_SEED=${seed} plays it again`);
  const random = randomFrom(seed);
  await withWorld({ networks, config: await store() }, async (world) => {
    for (let kill = 0; kill < kills; kill += 1) {
      const speaking = speak(world, kill, eachWay / kills);
      await delay(random() * 90);
      await world.stage.box.kill();
      await speaking;
      await world.start();
      if (random() < 0.8) await world.inPlace();
    }
    await world.inPlace();
    await drained(world);
    await world.ircIsBack();
    await world.calm();
    const unheard = await excuseUnheard(world);
    const doubts = await world.settle(20_000);
    assert.ok(doubts <= kills, `${doubts} in doubt after ${kills} kills`);
    t.diagnostic(`${unheard} lines said while the box was not on IRC, ${doubts} in doubt`);
  });
};

/**
 * Resolves once nothing waits: however slow the machine is, as long as it becomes less. What comes in becomes an
 * event, and an event a row for each network: they count as much before as after.
 */
const drained = async (world: World, before = Infinity): Promise<void> => {
  const rows = world.networks.length;
  const { left } = await until(`less than ${before} waits`, async () => {
    const { queues } = await world.status();
    const waiting = rows * world.stage.homeserver.outbox().waiting;
    const now = queues.reduce(
      (sum, { count, direction }) => sum + count * (direction === "in" ? rows + 1 : 1),
      waiting,
    );
    return now < before && { left: now };
  });
  if (left > 0) await drained(world, left);
};

/** One kill's share of the talk, all ways at once. */
const speak = async (world: World, turn: number, share: number): Promise<void> => {
  const speakAs = async (side: Side, count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) await world.say(side, `${side} ${turn}.${at}`);
  };
  const { networks } = world;
  await Promise.all([
    speakAs("matrix", share),
    ...networks.map((network) => speakAs(network, share / networks.length)),
  ]);
};
