import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openSpokenWorld } from "./open-world.ts";
import { elsewhere, talk } from "./talk.ts";
import type { World } from "./world.ts";

const send = "chat.postMessage";

describe("Slack fails", () => {
  let world: World;
  before(async () => {
    world = await openSpokenWorld(2, ["irc", "slack"]);
  });
  after(() => world.close());

  const others = (about: string): Promise<void> => talk(world, ["matrix", "irc"], { about });
  const erin = (about: string): Promise<void> => talk(world, ["slack"], { about });
  const slackWaits = (): boolean => world.report().missing.some(({ to }) => to === "slack");

  test("it goes away and comes back", { timeout: 30_000 }, async () => {
    const { slack } = world.stage;
    await slack.stop();
    await others("away");
    await erin("away");
    await elsewhere(world, "slack", "away");
    assert.ok(slackWaits());
    await slack.start();
    assert.equal(await world.settle(), 0);
  });

  test("connections drop while messages flow both ways", { timeout: 30_000 }, async () => {
    for (let turn = 1; turn <= 3; turn += 1) {
      const talking = Promise.all([others(`dropped ${turn}`), erin(`dropped ${turn}`)]);
      world.stage.slack.dropConnections();
      await talking;
    }
    assert.equal(await world.settle(), 0);
  });

  test("it renews its socket while messages flow both ways", { timeout: 30_000 }, async () => {
    const talking = Promise.all([others("renewed"), erin("renewed")]);
    world.stage.slack.feed.recycle();
    await talking;
    assert.equal(await world.settle(), 0);
  });

  test("it takes messages and loses the answers", { timeout: 30_000 }, async () => {
    world.stage.slack.swallowReply(send, 1);
    await others("unanswered");
    assert.equal(await world.settle(), 0);
  });

  test("it asks for patience: IRC and Matrix do not wait", { timeout: 30_000 }, async () => {
    world.stage.slack.limit(send, 1, 1);
    await others("flood");
    await elsewhere(world, "slack", "flood");
    assert.equal(await world.settle(), 0);
  });

  test("it hangs: IRC and Matrix have everything meanwhile", { timeout: 30_000 }, async () => {
    const release = world.stage.slack.hang(send, 1);
    await others("hanging");
    await elsewhere(world, "slack", "hanging");
    assert.ok(slackWaits());
    release();
    assert.equal(await world.settle(), 0);
  });

  test("it hangs for longer than a call may take", { timeout: 30_000 }, async () => {
    const looked = (): number =>
      world.stage.slack.calls.filter(({ method }) => method === "conversations.history").length;
    const before = looked();
    const release = world.stage.slack.hang(send, 1);
    await others("long");
    await until("the box looks for it", () => looked() > before || !slackWaits(), 15_000);
    release();
    assert.equal(await world.settle(), 0);
  });

  test("it fails inside", { timeout: 30_000 }, async () => {
    world.stage.slack.fail(send, "internal_error", { times: 2 });
    await others("failing");
    world.stage.slack.fail(send, "internal_error", { times: 2, status: 502 });
    await others("failing more");
    assert.equal(await world.settle(), 0);
  });
});
