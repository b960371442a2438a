import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openSpokenWorld } from "./open-world.ts";
import { acceptedFrom } from "./store-look.ts";
import { talk } from "./talk.ts";
import type { World } from "./world.ts";

const lines = 5;
const sends = /^PUT .*\/send\//;
describe("a homeserver that fails", () => {
  let world: World;
  before(async () => {
    world = await openSpokenWorld(1);
  });
  after(() => world.close());

  const others = (about: string): Promise<void> =>
    talk(world, ["irc", "telegram"], { about, count: lines });

  test("restarted, it has forgotten its transaction ids", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const lost = homeserver.swallowReply({ match: sends, times: 2 });
    await others("forgetful");
    await until("replies were lost", () => lost.struck() === 2);
    await homeserver.stop();
    await others("while away");
    await homeserver.start({ forgetTransactions: true });
    await world.say("matrix", "back again");
    assert.equal(await world.settle(), 0);
  });

  test("it does what it is asked and never answers", { timeout: 30_000 }, async () => {
    const lost = world.stage.homeserver.swallowReply({ match: sends, times: 8 });
    await others("swallowed");
    assert.equal(await world.settle(), 0);
    assert.equal(lost.struck(), 8);
  });

  test("it asks for patience", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const from = homeserver.requests.length;
    const limit = homeserver.rateLimit({ match: sends, times: 2, retryAfterMs: 400 });
    await others("limited");
    assert.equal(await world.settle(), 0);
    assert.equal(limit.struck(), 2);
    const limited = homeserver.requests.slice(from).filter(({ status }) => status === 429);
    assert.ok(limited.length <= 2, "it was not asked again before its time");
  });

  for (const status of [500, 502, 503]) {
    test(`it answers ${status}`, { timeout: 30_000 }, async () => {
      const fault = world.stage.homeserver.fail({ match: sends, times: 3, status });
      await others(`status ${status}`);
      assert.equal(await world.settle(), 0);
      assert.equal(fault.struck(), 3);
    });
  }

  test("a call hangs, is given up, and is done after all", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const fault = homeserver.hang({ match: sends, times: 1 });
    await others("hanging");
    await until("a call hangs", () => fault.struck() === 1);
    await world.arrived();
    fault.release();
    assert.equal(await world.settle(), 0);
  });

  test("every call hangs, and all are done after all", { timeout: 30_000 }, async () => {
    const { homeserver } = world.stage;
    const fault = homeserver.hang({ match: sends });
    await others("all hanging");
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
      const networks = ["irc", "telegram"];
      const accepted = () =>
        Promise.all(networks.map((network) => acceptedFrom(world.stage, network)));
      const before = await accepted();
      await others("orphaned");
      await until("both lanes hang", () => fault.struck() === 2);
      await until("all of it is accepted", async () => {
        const now = await accepted();
        return now.every((count, at) => count >= (before[at] ?? 0) + lines);
      });
      await world.stage.box.kill();
      fault.release();
      await world.restart();
      assert.equal(await world.settle(), 0);
    },
  );
});
