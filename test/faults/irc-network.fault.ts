import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openSpokenWorld } from "./open-world.ts";
import { elsewhere, talk } from "./talk.ts";
import { excuseUnheard } from "./unheard.ts";
import type { World } from "./world.ts";

describe("IRC fails", () => {
  let world: World;
  before(async () => {
    world = await openSpokenWorld(2);
  });
  after(() => world.close());

  const others = (about: string, count?: number): Promise<void> =>
    talk(world, ["matrix", "telegram"], { about, ...(count !== undefined && { count }) });

  test("the server goes away and comes back", { timeout: 30_000 }, async () => {
    const doubts = world.doubts().length;
    await world.stage.irc.stop();
    await world.noticed();
    await others("server away");
    await elsewhere(world, "irc", "server away");
    await world.stage.irc.start();
    await world.carlEnters();
    await world.ircIsBack();
    assert.equal((await world.settle()) - doubts, 0);
  });

  test("connections drop while messages flow both ways", { timeout: 30_000 }, async () => {
    const before = world.doubts().length;
    for (let turn = 1; turn <= 3; turn += 1) {
      await world.inPlace();
      const talking = others(`dropped ${turn}`);
      for (let line = 1; line <= 5; line += 1) await world.say("irc", `dropped ${turn}.${line}`);
      world.stage.irc.dropConnections("bridgebox");
      await talking;
      await world.ircIsBack();
    }
    await world.calm();
    await excuseUnheard(world);
    const doubts = (await world.settle()) - before;
    assert.ok(doubts <= 3, `${doubts} in doubt after 3 cuts`);
  });

  test(
    "lines arrive and the connection is cut before any answer",
    { timeout: 30_000 },
    async () => {
      const before = world.doubts().length;
      const cut = world.stage.irc.until(() => !world.inChannel());
      world.stage.irc.swallow(1);
      await others("swallowed", 3);
      await cut;
      await world.ircIsBack();
      assert.equal((await world.settle()) - before, 1, "one was in flight, and is told");
    },
  );

  test("it hangs: Telegram and Matrix have everything meanwhile", { timeout: 30_000 }, async () => {
    world.stage.irc.hang(true);
    await others("hanging");
    await elsewhere(world, "irc", "hanging");
    assert.ok(
      world.report().missing.some(({ to }) => to === "irc"),
      "IRC still hangs",
    );
    world.stage.irc.hang(false);
    const before = world.doubts().length;
    const doubts = (await world.settle()) - before;
    assert.ok(doubts <= 1, `${doubts} in doubt`);
  });

  test(
    "it limits our rate: nothing is lost, Telegram does not wait",
    { timeout: 30_000 },
    async () => {
      const before = world.doubts().length;
      world.stage.irc.limit({ lines: 4, perMs: 1000, onExcess: "kill" });
      const thrownOut = world.stage.irc.until(() => !world.inChannel());
      await others("limited", 4);
      await thrownOut;
      await elsewhere(world, "irc", "limited");
      world.stage.irc.limit(undefined);
      await world.ircIsBack();
      const doubts = (await world.settle()) - before;
      assert.ok(doubts <= 1, `${doubts} in doubt`);
    },
  );
});
