import assert from "node:assert/strict";
import { test } from "node:test";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { open as openStore } from "../testing/store-sqlite.ts";

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

test("what grew too old while the box was off is not delivered late", async (t) => {
  const store = await openStore(await tempDir(t));
  t.after(() => store.close());
  const first = await openEngine(t, { store });
  const portal = await first.plumb();
  first.engine.works.box.networks.get(net)?.gate.close({ until: undefined, why: "it is away." });
  const said = await first.anaSays("hello");
  await first.settle();
  await first.engine.stop();
  const clock = new ManualClock();
  clock.advance(25 * 3_600_000);
  const second = await openEngine(t, { store, clock });
  await second.idle();
  assert.deepEqual([first.network.sent, second.network.sent], [[], []]);
  assert.equal(await second.outcome(said.event_id, portal.id), "failed");
});
