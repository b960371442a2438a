import assert from "node:assert/strict";
import { test } from "node:test";
import { openEngine } from "../testing/engine-fixture.ts";
import { saying } from "../testing/scripted-network.ts";

test("a message goes each way once, and ends delivered", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const event = await scene.anaSays("hello");
  const remote = saying("bob", "hi");
  await scene.network.accept([remote, remote]);
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  assert.deepEqual(scene.homeserver.said("!lobby:hs.test"), ["hello", "hi"]);
  assert.equal(await scene.outcome(event.event_id, portal.id), "delivered");
  assert.equal(await scene.outcome(remote.key, portal.id), "delivered");
  const doers = scene.news.flatMap((one) =>
    one.what === "outcome" ? [`${one.outcome.direction} ${one.by}`] : [],
  );
  assert.deepEqual(new Set(doers), new Set(["out @ana:hs.test", "in bob"]));
});
