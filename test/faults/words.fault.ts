import assert from "node:assert/strict";
import { test } from "node:test";
import { withWorld } from "./open-world.ts";

test(
  "the same word said ten times in a row arrives ten times, every way",
  { timeout: 40_000 },
  async () => {
    await withWorld({ networks: ["irc", "telegram"] }, async (world) => {
      for (const side of ["matrix", "irc", "telegram"] as const) {
        for (let time = 0; time < 10; time += 1) await world.say(side, `ping from ${side}`);
      }
      assert.equal(await world.settle(), 0);
      assert.equal(world.report().arrived, 30);
    });
  },
);
