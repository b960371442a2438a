import { test } from "node:test";
import assert from "node:assert/strict";
import { openStage } from "../stage/stage.ts";

test("a channel joined by its alias carries text both ways", { timeout: 30_000 }, async () => {
  const stage = await openStage({});
  try {
    const carl = await stage.irc.user("carl");
    await carl.join("#lobby");
    await stage.box.start();
    await stage.irc.until((irc) => irc.lookup("bridgebox") !== undefined, 20_000);
    const ana = stage.person("ana");
    const room = await ana.join(`#irc_#lobby:${stage.domain}`);
    carl.say("#lobby", "hello from IRC");
    const shown = await ana.untilText(room, "hello from IRC");
    assert.equal(shown.sender, `@irc_carl:${stage.domain}`);
    await ana.send(room, "hello from Matrix");
    await carl.until((line) => line.params.at(-1)?.includes("hello from Matrix") ?? false);
  } finally {
    await stage.close();
  }
});
