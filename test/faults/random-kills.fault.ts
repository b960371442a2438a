import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { randomFrom, seedOf } from "./seed.ts";
import { excuseUnheard } from "./unheard.ts";
import { withWorld } from "./open-world.ts";
import type { World } from "./world.ts";

const kills = 25;
const eachWay = 500;

test("25 kills at random moments, 500 messages each way", { timeout: 240_000 }, async (t) => {
  const seed = seedOf(process.env);
  t.diagnostic(`seed ${seed}: FAULT_SEED=${seed} plays it again`);
  const random = randomFrom(seed);
  await withWorld({ networks: ["irc", "telegram"] }, async (world) => {
    for (let kill = 0; kill < kills; kill += 1) {
      const speaking = speak(world, kill);
      await delay(random() * 90);
      await world.stage.box.kill();
      await speaking;
      await world.start();
      if (random() < 0.8) await world.inPlace();
    }
    await world.ready();
    await world.ircIsBack();
    await world.calm();
    const unheard = excuseUnheard(world);
    const doubts = await world.settle(20_000);
    assert.ok(doubts <= kills, `${doubts} in doubt after ${kills} kills`);
    t.diagnostic(`${unheard} lines said while the box was not on IRC, ${doubts} in doubt`);
  });
});

/** One kill's share of the talk, all ways at once. */
const speak = async (world: World, turn: number): Promise<void> => {
  const share = eachWay / kills;
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
