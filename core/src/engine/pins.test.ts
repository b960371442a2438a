import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageId, RemoteEvent } from "../adapter/index.ts";
import { ana, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { lobby, saying, ScriptedNetwork } from "../testing/scripted-network.ts";

const room = "!lobby:hs.test";

const said = async (scene: Scene, text: string) => {
  const message = saying("bob", text);
  await scene.network.accept([message]);
  await scene.idle();
  return { id: message.id, event: scene.homeserver.events.at(-1)?.event_id ?? "" };
};

const pins = (ids: readonly MessageId[], complete = false, on = true): RemoteEvent => ({
  kind: "pins",
  chat: lobby,
  at: 1,
  set: ids.map((id) => ({ id, on })),
  complete,
});

const inRoom = (scene: Scene): unknown =>
  scene.homeserver.state.get(`${room} m.room.pinned_events `)?.["pinned"];

const anaPins = async (
  scene: Scene,
  pinned: readonly string[],
  at: string = room,
): Promise<string> => {
  const content = { pinned: [...pinned] };
  scene.homeserver.state.set(`${at} m.room.pinned_events `, content);
  const type = "m.room.pinned_events";
  const { event_id: id, ...rest } = scene.homeserver.event({
    room_id: at,
    type,
    sender: ana,
    state_key: "",
    content,
  });
  await scene.push({ event_id: id, ...rest });
  await scene.idle();
  return id;
};

test("what is pinned there is pinned here, beside what people pinned, and let go of", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const [one, two] = [await said(scene, "one"), await said(scene, "two")];
  scene.homeserver.state.set(`${room} m.room.pinned_events `, { pinned: ["$own"] });
  await scene.network.accept([pins([one.id])]);
  await scene.network.accept([pins([one.id])]);
  await scene.idle();
  assert.deepEqual(inRoom(scene), ["$own", one.event]);
  await scene.network.accept([pins([two.id], true)]);
  await scene.idle();
  assert.deepEqual(inRoom(scene), ["$own", two.event]);
  await scene.network.accept([pins([two.id], false, false)]);
  await scene.idle();
  assert.deepEqual(inRoom(scene), ["$own"]);
});

test("what ana pins is pinned there, once, and its echo changes nothing", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const [one, two] = [await said(scene, "one"), await said(scene, "two")];
  const event = await anaPins(scene, ["$unknown", one.event]);
  assert.deepEqual(scene.network.did, [["pin", { id: one.id, on: true }]]);
  assert.equal(await scene.outcome(event, portal.id), "delivered");
  await scene.network.accept([pins([one.id], true)]);
  await scene.idle();
  assert.deepEqual(inRoom(scene), ["$unknown", one.event]);
  await anaPins(scene, [two.event]);
  assert.deepEqual(scene.network.did.slice(1), [
    ["pin", { id: one.id, on: false }],
    ["pin", { id: two.id, on: true }],
  ]);
  await anaPins(scene, [two.event, "$unknown"]);
  assert.equal(scene.network.did.length, 3);
});

test("a pin in the room in which a chat goes on takes off none that the old room showed", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  const one = await said(scene, "one");
  await scene.network.accept([pins([one.id])]);
  await scene.idle();
  const next = scene.homeserver.makeRoom("!next:hs.test", [ana, scene.homeserver.bot]);
  await scene.store.commit((tx) => scene.engine.works.portals.update(tx, portal, { room: next }));
  await scene.network.accept([saying("bob", "two")]);
  await scene.idle();
  await anaPins(scene, [scene.homeserver.events.at(-1)?.event_id ?? ""], next);
  const done = scene.network.did.map(([, what]) => JSON.stringify(what));
  assert.equal(done.length, 1, done.join());
  assert.match(done[0] ?? "", /"on":true/);
});

test("a network without pins is quiet about them", async (t) => {
  const network = new ScriptedNetwork();
  network.without = ["pin"];
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const one = await said(scene, "one");
  const event = await anaPins(scene, [one.event]);
  assert.equal(await scene.outcome(event, portal.id), "not_bridged");
  assert.deepEqual(scene.homeserver.said(room), ["one"]);
});
