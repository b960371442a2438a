import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "./check.ts";
import { openFixture } from "./testing/world.ts";

const patience = (): AbortSignal => AbortSignal.timeout(15_000);

test("a bot is looked at and logged out again; a wrong one is told without its token", async () => {
  const fixture = await openFixture();
  try {
    const bots = [fixture.bot.token ?? "", "99:hunter2hunter2"];
    const [server, right, wrong] = await check({ ...fixture.config, bots }, patience());
    assert.equal(server?.state, "ok", server?.says);
    assert.equal(right?.state, "ok", right?.says);
    assert.match(right?.says ?? "", /bridge\d+bot/);
    assert.equal(wrong?.what, "bot 99");
    assert.equal(wrong?.state, "failed");
    assert.match(wrong?.fix ?? "", /@BotFather/);
    assert.doesNotMatch(JSON.stringify(wrong), /hunter2/);
  } finally {
    await fixture.close();
  }
});

test("no server is one finding", async () => {
  const fixture = await openFixture();
  const { config } = fixture;
  await fixture.close();
  const all = await check({ ...config, bots: ["99:x"] }, patience());
  assert.deepEqual(
    all.map(({ state }) => state),
    ["failed"],
  );
  assert.match(all[0]?.fix ?? "", /my\.telegram\.org/);
});
