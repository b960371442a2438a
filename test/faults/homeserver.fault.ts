import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openWorld } from "./open-world.ts";
import type { World } from "./world.ts";

const sends = /^PUT .*\/send\//;
describe("a homeserver that fails", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["irc", "telegram"], config: { limits: { call: 1 } } });
    await world.say("irc", "first from IRC");
    await world.say("telegram", "first from Telegram");
    await world.say("matrix", "first from Matrix");
    await world.settle();
  });
  after(() => world.close());

  const talk = async (about: string): Promise<void> => {
    for (let number = 1; number <= 5; number += 1) {
      await world.say("irc", `${about}, IRC ${number}`);
      await world.say("telegram", `${about}, Telegram ${number}`);
    }
  };

  test("restarted, it has forgotten its transaction ids", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const lost = homeserver.swallowReply({ match: sends, times: 2 });
    await talk("forgetful");
    await until("replies were lost", () => lost.struck() === 2);
    await homeserver.stop();
    await talk("while away");
    await homeserver.start({ forgetTransactions: true });
    await world.say("matrix", "back again");
    assert.equal(await world.settle(), 0);
  });

  test("it does what it is asked and never answers", { timeout: 30_000 }, async () => {
    const lost = world.stage.homeserver.swallowReply({ match: sends, times: 8 });
    await talk("swallowed");
    assert.equal(await world.settle(), 0);
    assert.equal(lost.struck(), 8);
  });

  test("it asks for patience", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const from = homeserver.requests.length;
    const limit = homeserver.rateLimit({ match: sends, times: 2, retryAfterMs: 400 });
    await talk("limited");
    assert.equal(await world.settle(), 0);
    assert.equal(limit.struck(), 2);
    const limited = homeserver.requests.slice(from).filter(({ status }) => status === 429);
    assert.ok(limited.length <= 2, "it was not asked again before its time");
  });

  for (const status of [500, 502, 503]) {
    test(`it answers ${status}`, { timeout: 30_000 }, async () => {
      const fault = world.stage.homeserver.fail({ match: sends, times: 3, status });
      await talk(`status ${status}`);
      assert.equal(await world.settle(), 0);
      assert.equal(fault.struck(), 3);
    });
  }

  test("a call hangs, is given up, and is done after all", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const fault = homeserver.hang({ match: sends, times: 1 });
    await talk("hanging");
    await until("a call hangs", () => fault.struck() === 1);
    await world.arrived();
    fault.release();
    assert.equal(await world.settle(), 0);
  });

  test("every call hangs, and all are done after all", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const fault = homeserver.hang({ match: sends });
    await talk("all hanging");
    await until("both lanes hang, and hang again", () => fault.struck() >= 4);
    fault.release();
    assert.equal(await world.settle(), 0);
  });

  test(
    "killed while a call hangs that is done after the restart",
    { timeout: 30_000 },
    async () => {
      const { homeserver } = world.stage;
      const fault = homeserver.hang({ match: sends, times: 2 });
      await talk("orphaned");
      await until("both lanes hang", () => fault.struck() === 2);
      await world.stage.box.kill();
      fault.release();
      await world.restart();
      assert.equal(await world.settle(), 0);
    },
  );
});
