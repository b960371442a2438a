import { test } from "node:test";
import { randomKills } from "./kill-at-random.ts";

/** Fewer in `npm test`, which has five minutes for everything. All four networks on PostgreSQL. */
const [kills, eachWay] = process.env["FAULTS"] === "bounded" ? [6, 120] : [25, 500];

test(`${kills} kills at random moments, ${eachWay} messages each way`, { timeout: 240_000 }, (t) =>
  randomKills(t, { kills, eachWay, networks: ["irc", "telegram"] }),
);
