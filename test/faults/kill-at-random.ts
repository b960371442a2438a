import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { randomFrom, seedOf } from "./seed.ts";
import { excuseUnheard } from "./unheard.ts";
import { withWorld } from "./open-world.ts";
import type { WorldOptions } from "./open-world.ts";
import type { World } from "./world.ts";

export interface Kills {
  readonly kills: number;
  /** Messages. */
  readonly eachWay: number;
  readonly config?: WorldOptions["config"];
}

/** Kills the box again and again while everybody talks: nothing is lost, and nothing comes twice. */
export const randomKills = async (
  t: TestContext,
  { kills, eachWay, config }: Kills,
): Promise<void> => {
  const seed = seedOf(process.env);
  t.diagnostic(`seed ${seed}: FAULT_SEED=${seed} plays it again`);
  const random = randomFrom(seed);
  const options: WorldOptions = { networks: ["irc", "telegram"], ...(config && { config }) };
  await withWorld(options, async (world) => {
    for (let kill = 0; kill < kills; kill += 1) {
      const speaking = speak(world, kill, eachWay / kills);
      await delay(random() * 90);
      await world.stage.box.kill();
      await speaking;
      await world.start();
      if (random() < 0.8) await world.inPlace();
    }
    await world.inPlace();
    await world.calm(40_000);
    await world.ircIsBack();
    await world.calm();
    const unheard = excuseUnheard(world);
    const doubts = await world.settle(20_000);
    assert.ok(doubts <= kills, `${doubts} in doubt after ${kills} kills`);
    t.diagnostic(`${unheard} lines said while the box was not on IRC, ${doubts} in doubt`);
  });
};

/** One kill's share of the talk, all ways at once. */
const speak = async (world: World, turn: number, share: number): Promise<void> => {
  const sides = [
    ["matrix", share],
    ["irc", share / 2],
    ["telegram", share / 2],
  ] as const;
  await Promise.all(
    sides.map(async ([side, count]) => {
      for (let at = 0; at < count; at += 1) await world.say(side, `${side} ${turn}.${at}`);
    }),
  );
};
