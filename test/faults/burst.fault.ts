import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { withWorld } from "./open-world.ts";
import { channel } from "./world.ts";
import { excuseUnheard } from "./unheard.ts";

const lines = 300;

test("killed in the middle of 300 lines from IRC", { timeout: 60_000 }, async (t) => {
  await withWorld({ networks: ["irc"] }, async (world) => {
    const { irc, homeserver, box } = world.stage;
    const half = homeserver.until(({ content }) => content["body"] === "line 100", 20_000);
    for (let number = 0; number < lines / 2; number += 1) {
      world.ledger.said("irc", `irc ${number}`, `line ${number}`);
      world.said.irc.push(`line ${number}`);
      world.carl.say(channel, `line ${number}`);
    }
    await half;
    await box.kill();
    for (let number = lines / 2; number < lines; number += 1)
      await world.say("irc", `line ${number}`);
    const killed = Date.now();
    await world.start();
    await irc.until(() => world.inChannel(), 20_000);
    const back = Date.now() - killed;
    t.diagnostic(`back in the channel after ${back} ms`);
    await world.ircIsBack();
    await world.calm();
    const unheard = await excuseUnheard(world);
    assert.ok(unheard >= lines / 2, "nobody was there for the second half");
    assert.ok(unheard < lines - 100, "what was shown before the kill was heard");
    await world.settle();
  });
});

test("killed in the middle of 300 lines from Matrix", { timeout: 60_000 }, async () => {
  await withWorld({ networks: ["irc", "telegram"] }, async (world) => {
    for (let number = 0; number < lines; number += 1) {
      if (number === lines / 2) {
        await until("some have arrived", () => world.report().arrived > 0);
        await world.stage.box.kill();
        await world.start();
      }
      await world.say("matrix", `line ${number}`);
    }
    const doubts = await world.settle(40_000);
    assert.ok(doubts <= 1, `${doubts} in doubt after one kill`);
  });
});
