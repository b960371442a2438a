import assert from "node:assert/strict";
import { test } from "node:test";
import { net, openEngine } from "../testing/engine-fixture.ts";

test("a gate that opens while it is written down that it was shut lets its message pass at once", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const gate = scene.engine.works.box.networks.get(net)?.gate;
  assert.ok(gate);
  gate.close({ until: undefined, why: "nobody is there." });
  const commit = scene.store.commit.bind(scene.store);
  t.mock.method(scene.store, "commit", async (...work: Parameters<typeof commit>) => {
    const done = await commit(...work);
    const { event_id = "" } = scene.homeserver.events.at(-1) ?? {};
    const outcome = await scene.store.read.outcomes.get(event_id, portal.id);
    if (outcome?.state === "retrying") gate.open();
    return done;
  });
  const said = await scene.anaSays("hello");
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  assert.equal(await scene.outcome(said.event_id, portal.id), "delivered");
});
