import { test } from "node:test";
import { randomKills } from "./kill-at-random.ts";

test("25 kills at random moments, 500 messages each way", { timeout: 240_000 }, (t) =>
  randomKills(t, { kills: 25, eachWay: 500 }),
);
