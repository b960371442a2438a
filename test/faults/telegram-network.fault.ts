import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openSpokenWorld } from "./open-world.ts";
import { elsewhere, talk } from "./talk.ts";
import type { World } from "./world.ts";

const send = "messages.SendMessage";

describe("Telegram fails", () => {
  let world: World;
  before(async () => {
    world = await openSpokenWorld(2);
  });
  after(() => world.close());

  const others = (about: string): Promise<void> => talk(world, ["matrix", "irc"], { about });
  const dora = (about: string): Promise<void> => talk(world, ["telegram"], { about });
  const telegramWaits = (): boolean => world.report().missing.some(({ to }) => to === "telegram");

  test("it goes away and comes back", { timeout: 30_000 }, async () => {
    const { telegram } = world.stage;
    await telegram.stop();
    await others("away");
    await dora("away");
    await elsewhere(world, "telegram", "away");
    assert.ok(telegramWaits());
    await telegram.start();
    assert.equal(await world.settle(), 0);
  });

  test("connections drop while messages flow both ways", { timeout: 30_000 }, async () => {
    for (let turn = 1; turn <= 3; turn += 1) {
      const talking = Promise.all([others(`dropped ${turn}`), dora(`dropped ${turn}`)]);
      world.stage.telegram.dropConnections();
      await talking;
    }
    assert.equal(await world.settle(), 0);
  });

  test("it takes messages and loses the answers", { timeout: 30_000 }, async () => {
    world.stage.telegram.swallowReply(send, 3);
    await others("unanswered");
    assert.equal(await world.settle(), 0);
  });

  test("pushes are lost", { timeout: 30_000 }, async () => {
    world.stage.telegram.pushGap(world.bot, 2);
    await dora("unpushed");
    assert.equal(await world.settle(), 0);
  });

  test("it asks for patience: IRC and Matrix do not wait", { timeout: 30_000 }, async () => {
    world.stage.telegram.floodWait(send, 1, 1);
    await others("flood");
    await elsewhere(world, "telegram", "flood");
    assert.equal(await world.settle(), 0);
  });

  test("it hangs: IRC and Matrix have everything meanwhile", { timeout: 30_000 }, async () => {
    const release = world.stage.telegram.hang(send, 1);
    await others("hanging");
    await elsewhere(world, "telegram", "hanging");
    assert.ok(telegramWaits());
    release();
    assert.equal(await world.settle(), 0);
  });

  test("it hangs for longer than a call may take", { timeout: 30_000 }, async () => {
    const release = world.stage.telegram.hang(send, 1);
    await others("long");
    await until(
      "the box gave the call up",
      () =>
        world.stage.telegram.calls.some(({ name }) => name.includes("GetHistory")) ||
        !telegramWaits(),
      15_000,
    );
    release();
    assert.equal(await world.settle(), 0);
  });

  test("it fails inside", { timeout: 30_000 }, async () => {
    world.stage.telegram.fail(send, { code: 500, message: "RPC_CALL_FAIL" }, 2);
    await others("failing");
    assert.equal(await world.settle(), 0);
  });
});
