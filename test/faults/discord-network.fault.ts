import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "./open-world.ts";
import { elsewhere, talk } from "./talk.ts";
import type { World } from "./world.ts";

const send = /^POST \/webhooks/;

describe("Discord fails", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["irc", "discord"], config: { limits: { call: 2 } } });
    await talk(world, ["irc", "discord", "matrix"], { about: "first", count: 1 });
    await world.settle();
  });
  after(() => world.close());

  const others = (about: string): Promise<void> => talk(world, ["matrix", "irc"], { about });
  const dan = (about: string): Promise<void> => talk(world, ["discord"], { about });
  const discordWaits = (): boolean => world.report().missing.some(({ to }) => to === "discord");

  test("it goes away and comes back", { timeout: 30_000 }, async () => {
    const { discord } = world.stage;
    await discord.stop();
    await others("away");
    await dan("away");
    await elsewhere(world, "discord", "away");
    assert.ok(discordWaits());
    await discord.start();
    assert.equal(await world.settle(), 0);
  });

  test("its gateway ends while messages flow both ways", { timeout: 30_000 }, async () => {
    for (let turn = 1; turn <= 3; turn += 1) {
      const talking = Promise.all([others(`dropped ${turn}`), dan(`dropped ${turn}`)]);
      world.stage.discord.gateway.drop();
      await talking;
    }
    assert.equal(await world.settle(), 0);
  });

  test("it forgets the session", { timeout: 30_000 }, async () => {
    world.stage.discord.gateway.forget();
    world.stage.discord.gateway.drop();
    await dan("forgotten");
    await others("forgotten");
    assert.equal(await world.settle(), 0);
  });

  test("it takes messages and loses the answers", { timeout: 30_000 }, async () => {
    world.stage.discord.swallow(send, 3);
    await others("unanswered");
    assert.equal(await world.settle(), 0);
  });

  for (const scope of ["user", "shared", "global"] as const) {
    test(`it asks for patience (${scope}): others do not wait`, { timeout: 30_000 }, async () => {
      world.stage.discord.limit(send, 1, scope);
      await others(`limit ${scope}`);
      await elsewhere(world, "discord", `limit ${scope}`);
      assert.equal(await world.settle(), 0);
    });
  }

  test("it hangs: IRC and Matrix have everything meanwhile", { timeout: 30_000 }, async () => {
    const release = world.stage.discord.hang(send, 1);
    await others("hanging");
    await elsewhere(world, "discord", "hanging");
    assert.ok(discordWaits());
    release();
    assert.equal(await world.settle(), 0);
  });

  test("it has faults of its own", { timeout: 30_000 }, async () => {
    world.stage.discord.refuse(send, 502, { message: "bad gateway" }, 3);
    await others("faulty");
    assert.equal(await world.settle(), 0);
  });

  test("somebody deletes the webhook", { timeout: 30_000 }, async () => {
    const { discord } = world.stage;
    for (const webhook of discord.webhooks(world.discordChannel)) discord.deleteWebhook(webhook);
    await others("without webhook");
    assert.equal(await world.settle(), 0);
  });
});
