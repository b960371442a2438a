import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPart } from "../adapter/index.ts";
import type { Content } from "../adapter/index.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { lobby, saying, scriptedInfo } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";

const room = "!lobby:hs.test";
const text: Content["parts"] = [
  { id: firstPart, kind: "text", text: [{ t: "para", of: [{ t: "text", text: "hush" }] }] },
];

const hush = (scene: Scene, seconds: number) =>
  saying("bob", "", {
    at: scene.clock.now(),
    content: { parts: text, expires: { mode: "timer", seconds, from: "sent" } },
  });

const redacted = ({ homeserver }: Scene): number =>
  homeserver.events.filter(({ redacts }) => redacts !== undefined).length;

/** Everything that waits for its time waits; the rest is done. */
const calm = async (scene: Scene): Promise<void> => {
  for (let times = 0; times < 20; times += 1) await scene.settle();
};

test("a message that does not stay is taken out when its time is over, also after a restart", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const first = await openEngine(t, { store });
  await first.plumb();
  await first.network.accept([hush(first, 60)]);
  await calm(first);
  assert.deepEqual(first.homeserver.said(room), ["hush"]);
  const [said] = first.homeserver.events;
  assert.deepEqual(said?.content["com.beeper.disappearing_timer"], {
    type: "after_send",
    timer: 60_000,
  });
  assert.equal(redacted(first), 0);
  const { homeserver } = first;
  await first.engine.stop();
  const second = await openEngine(t, { store, homeserver });
  await calm(second);
  assert.equal(redacted(second), 0, "its time is not over");
  second.clock.advance(61_000);
  await calm(second);
  assert.equal(redacted(second), 1);
  await second.idle();
});

test("what is said on Matrix in a chat that keeps nothing does not stay either", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const expires = { mode: "timer", seconds: 60, from: "sent" } as const;
  await scene.network.accept([
    { kind: "chat", chat: lobby, at: 1, info: { ...scriptedInfo, expires } },
  ]);
  await calm(scene);
  const mine = await scene.anaSays("soon gone");
  await calm(scene);
  scene.clock.advance(Date.now() - scene.clock.now() + 61_000);
  await calm(scene);
  const gone = scene.homeserver.events.filter(({ redacts }) => redacts === mine.event_id);
  assert.equal(gone.length, 1);
});

test("what may be looked at once is a sentence here, and its file is not fetched", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const media = { locator: { secret: 1 }, name: "photo.jpg" };
  const parts: Content["parts"] = [{ id: firstPart, kind: "media", as: "image", media }];
  for (const expires of [
    { mode: "view-once", from: "read" },
    { mode: "timer", seconds: 10, from: "read" },
  ] as const)
    await scene.network.accept([
      saying("bob", "", { content: { parts, expires: { ...expires } } }),
    ]);
  await calm(scene);
  assert.deepEqual(scene.homeserver.said(room), [
    "A picture that can be looked at once only. It is not kept here: open it on the network.",
    "A picture that is gone 10 s after it was opened. It is not kept here: open it on the network.",
  ]);
  assert.equal(scene.homeserver.count("media"), 0);
});

test("messages whose time is not over do not hold up the next ones", async (t) => {
  const scene = await openEngine(t, { settings: { quota: 3 } });
  await scene.plumb();
  for (let times = 0; times < 5; times += 1) {
    await scene.network.accept([hush(scene, 3_000_000)]);
    await calm(scene);
  }
  assert.equal(scene.homeserver.said(room).length, 5);
});
