import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { channel } from "../faults/world.ts";
import { marker, onIrc, onTelegram } from "./talk.ts";

describe("what comes back", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["irc", "telegram"] });
  });
  after(() => world.close());

  const count = (said: readonly string[], text: string): number =>
    said.filter((line) => line.endsWith(text)).length;
  const everywhere = (text: string): readonly number[] => [
    count(onIrc(world), text),
    count(onTelegram(world), text),
    count(world.ana.texts(world.room), text),
  ];

  test("each message is once on every side", { timeout: 20_000 }, async () => {
    await marker(world, "from Matrix");
    const carl = await world.stage.irc.user("cara");
    await carl.join(channel);
    carl.say(channel, "from IRC");
    await world.ana.untilText(world.room, "from IRC");
    await marker(world, "after that");
    assert.deepEqual(everywhere("from Matrix"), [1, 1, 1]);
    assert.deepEqual(everywhere("from IRC"), [0, 1, 1]);
  });

  test("another bridge's bot in the channel makes no loop", { timeout: 20_000 }, async () => {
    const bot = await world.stage.irc.user("otherbot");
    await bot.join(channel);
    await marker(world, "carried twice");
    const [line = ""] = onIrc(world).filter((text) => text.endsWith("carried twice"));
    bot.say(channel, line);
    bot.say(channel, "the bot itself speaks");
    await world.ana.untilText(world.room, "the bot itself speaks");
    await marker(world, "after the bot");
    assert.deepEqual(everywhere("carried twice"), [1, 1, 1]);
    assert.deepEqual(everywhere("the bot itself speaks"), [0, 1, 1]);
  });

  test("another bridge's ghost in the room makes no loop", { timeout: 20_000 }, async () => {
    const ghost = world.stage.person("_other_bridgebox");
    await ghost.join(world.room);
    await ghost.setDisplayname("bridgebox (IRC)");
    await marker(world, "seen by both");
    const [line = ""] = onIrc(world).filter((text) => text.endsWith("seen by both"));
    await ghost.send(world.room, line);
    await ghost.send(world.room, `<bridgebox> ${line}`);
    await marker(world, "after the ghost");
    assert.equal(count(onIrc(world), "seen by both"), 1);
  });
});
