import assert from "node:assert/strict";
import { test } from "node:test";
import { openEngine } from "../testing/engine-fixture.ts";
import { saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";

test("a stop lets what is under way end, begins nothing more, and the next start does the rest", async (t) => {
  const dir = await tempDir(t);
  const store = await open(dir);
  const network = new ScriptedNetwork();
  const scene = await openEngine(t, { network, store });
  const portal = await scene.plumb();
  const hold = Promise.withResolvers<void>();
  network.send = async () => {
    await hold.promise;
    return network.done();
  };
  scene.homeserver.before = ({ op }) => (op === "send" ? hold.promise : undefined);
  const first = await scene.anaSays("one");
  const second = await scene.anaSays("two");
  await network.accept([saying("bob", "three"), saying("bob", "four")]);
  await until("both ways are busy", () => network.sent[0] && scene.homeserver.count("send") === 1);
  const stopped = scene.engine.stop();
  hold.resolve();
  await stopped;
  assert.equal(network.sent.length, 1);
  assert.equal(await scene.outcome(first.event_id, portal.id), "delivered");
  assert.equal(await scene.outcome(second.event_id, portal.id), undefined);
  const { homeserver } = scene;
  network.more = { find: () => Promise.reject(new Error("nothing was in doubt")) };
  const next = await openEngine(t, { network, store, homeserver });
  await next.idle();
  assert.equal(network.sent.length, 2);
  assert.deepEqual(homeserver.said(room), ["one", "two", "three", "four"]);
  await next.engine.stop();
  await store.close();
});

test("what does not end in time is cut off, and looked for at the next start", async (t) => {
  const dir = await tempDir(t);
  const store = await open(dir);
  const network = new ScriptedNetwork();
  const scene = await openEngine(t, { network, store });
  const portal = await scene.plumb();
  network.send = () => new Promise(() => undefined);
  const event = await scene.anaSays("one");
  await until("it is sent", () => network.sent[0]);
  await scene.engine.stop();
  network.more = { find: () => Promise.resolve({ state: "sent", sent: network.done().sent }) };
  const next = await openEngine(t, { network, store, homeserver: scene.homeserver });
  await next.idle();
  assert.equal(network.sent.length, 1);
  assert.equal(await next.outcome(event.event_id, portal.id), "delivered");
  await next.engine.stop();
  await store.close();
});

test("what is taken while the box stops is sent at the next start, and nobody is told of a doubt", async (t) => {
  const dir = await tempDir(t);
  const store = await open(dir);
  const network = new ScriptedNetwork();
  const scene = await openEngine(t, { network, store });
  const portal = await scene.plumb();
  await scene.anaSays("before");
  await scene.idle();
  const stopped = scene.engine.stop();
  const late = await scene.anaSays("late");
  await stopped;
  network.more = { find: () => Promise.reject(new Error("nothing was in doubt")) };
  const next = await openEngine(t, { network, store, homeserver: scene.homeserver });
  await next.idle();
  assert.equal(await next.outcome(late.event_id, portal.id), "delivered");
  assert.equal(network.sent.length, 2);
  await next.engine.stop();
  await store.close();
});
