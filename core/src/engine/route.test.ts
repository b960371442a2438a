import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { chatId } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import { keyField } from "../matrix/types.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { saying, scriptedInfo } from "../testing/scripted-network.ts";

const room = "!lobby:hs.test";

/** Two chats of one network in the same room. */
const openTwo = async (t: TestContext): Promise<Scene> => {
  const scene = await openEngine(t);
  await scene.plumb();
  const second = await scene.engine.works.portals.ensure(net, { id: chatId("b") }, "plumbed");
  await scene.store.commit((tx) =>
    scene.engine.works.portals.update(tx, second, { room, info: scriptedInfo }),
  );
  scene.engine.works.portals.forget({ ...second, room });
  return scene;
};

test("one event goes to every portal of its room, once each, however often it is pushed", async (t) => {
  const scene = await openTwo(t);
  const event = await scene.anaSays("hello");
  await scene.push(event);
  await scene.idle();
  assert.deepEqual(scene.network.sent.map(({ order }) => order.chat.id).toSorted(), ["b", "lobby"]);
});

test("what a ghost says goes to the other chat of its room and not back to its own", async (t) => {
  const scene = await openTwo(t);
  await scene.network.accept([saying("bob", "hi")]);
  await scene.idle();
  const [shown] = scene.homeserver.events.filter((event) => event.content[keyField] !== undefined);
  assert.ok(shown);
  await scene.push(shown);
  await scene.idle();
  assert.deepEqual(
    scene.network.sent.map(({ order }) => order.chat.id),
    ["b"],
  );
});

const ignored: readonly (readonly [string, string, JsonObject, string?])[] = [
  ["a state event", "m.room.message", { body: "x", msgtype: "m.text" }, ""],
  ["a type that nobody bridges", "org.example.thing", {}],
  ["a redaction of nothing", "m.room.redaction", {}],
  ["a redaction of what nobody knows", "m.room.redaction", { redacts: "$nobody" }],
  ["a membership without one", "m.room.member", {}, ana],
];

for (const [what, type, content, state_key] of ignored)
  test(`${what} is nobody's work`, async (t) => {
    const scene = await openEngine(t);
    await scene.plumb();
    const key = state_key === undefined ? {} : { state_key };
    await scene.push(scene.homeserver.event({ room_id: room, type, sender: ana, content, ...key }));
    await scene.idle();
    assert.equal(scene.network.sent.length, 0);
  });

test("a message without text is said to be not bridged, and one that is encrypted too", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  for (const [type, content] of [
    ["m.room.message", {}],
    ["m.room.message", { msgtype: 7, body: ["x"] }],
    ["m.room.encrypted", { ciphertext: "…" }],
  ] as const) {
    const event = scene.homeserver.event({ room_id: room, type, sender: ana, content });
    await scene.push(event);
    await scene.idle();
    assert.equal(await scene.outcome(event.event_id, portal.id), "not_bridged");
  }
  assert.equal(scene.network.sent.length, 0);
});

test("whoever may not use the relay is told, and nothing is sent", async (t) => {
  const scene = await openEngine(t, { settings: { permits: (_, what) => what !== "relay" } });
  const portal = await scene.plumb();
  const event = await scene.anaSays("let me in");
  await scene.idle();
  assert.equal(scene.network.sent.length, 0);
  assert.equal(await scene.outcome(event.event_id, portal.id), "not_bridged");
  assert.match(scene.homeserver.said(room).at(-1) ?? "", /no relay you may use/);
});

test("a message that waited too long fails, and says so", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  scene.network.session().state("reconnecting");
  const event = await scene.anaSays("too late");
  await scene.settle();
  scene.clock.advance(24 * 3_600_000 + 1);
  await scene.idle();
  assert.equal(await scene.outcome(event.event_id, portal.id), "failed");
  assert.match(scene.homeserver.said(room).at(-1) ?? "", /waited 24 h/);
  assert.equal(scene.network.sent.length, 0);
});

test("the same word said ten times arrives ten times", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  for (let times = 0; times < 10; times += 1) await scene.anaSays("ping");
  await scene.network.accept(Array.from({ length: 10 }, () => saying("bob", "pong")));
  await scene.idle();
  assert.equal(scene.network.sent.length, 10);
  assert.equal(scene.homeserver.said(room).filter((text) => text === "pong").length, 10);
});
