import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "../adapter/index.ts";
import type { RemoteEvent } from "../adapter/index.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";
const names = Array.from({ length: 1000 }, (_, at) => `n${at}`);
const some = names.slice(0, 100);
const ghost = (name: string): string => `@net_${name}:hs.test`;
const everybody = (list = names): RemoteEvent => ({
  kind: "members",
  chat: lobby,
  at: 1,
  list: list.map((name) => ({ user: userId(name), state: "join" })),
  complete: true,
});

const writes = /^(?:send|redact|setState|join|invite|leave|kick|createRoom)$/;
/** What that call wrote into the room, and as whom. */
const written = ({ homeserver }: Scene): readonly string[] =>
  homeserver.calls.filter(({ op }) => writes.test(op)).map(({ op, as }) => `${op} ${as}`);
const inRoom = ({ homeserver }: Scene): number =>
  [...(homeserver.members.get(room)?.values() ?? [])].filter((it) => it === "join").length - 2;

/** Seconds go by until so many are in the room and nothing is to do any more. */
const whole = async (scene: Scene, count: number): Promise<void> => {
  const left = (): Promise<unknown> => scene.store.read.items.depth();
  for (let tries = 0; tries < 2000; tries += 1) {
    await scene.settle();
    if (inRoom(scene) === count && JSON.stringify(await left()) === "[]") return;
    scene.clock.advance(1000);
  }
  assert.fail(`${inRoom(scene)} came, and there is left ${JSON.stringify(await left())}`);
};

test("a thousand members of whom three speak are three joins", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  await scene.network.accept([everybody()]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.calls, []);
  for (const name of ["n1", "n500", "n1", "n999"])
    await scene.network.accept([saying(name, `I am ${name}`)]);
  await scene.idle();
  const joins = written(scene).filter((one) => one.startsWith("join"));
  assert.deepEqual(
    joins,
    ["n1", "n500", "n999"].map((name) => `join ${ghost(name)}`),
  );
  assert.equal(written(scene).length, joins.length + 4, "and four messages");
});

test("a whole roster comes in at its pace", async (t) => {
  const scene = await openEngine(t, { members: "full", settings: { rosterPace: 20 } });
  await scene.plumb();
  await scene.network.accept([everybody(some)]);
  await until("the first came", () => inRoom(scene) > 0);
  await scene.settle();
  for (let passed = 1; inRoom(scene) < some.length; passed += 1) {
    assert.ok(inRoom(scene) <= 20 * passed, `${inRoom(scene)} within ${passed} s`);
    scene.clock.advance(1000);
    await scene.settle();
  }
  await scene.idle();
});

test("a capped roster comes in up to its cap", async (t) => {
  const scene = await openEngine(t, { members: "capped", networkSettings: { memberCap: 30 } });
  await scene.plumb();
  await scene.network.accept([everybody()]);
  await whole(scene, 30);
  assert.equal(scene.homeserver.count("join"), 30);
});

test("a seat that becomes free in a capped chat is taken by the next, a seat for a seat", async (t) => {
  const scene = await openEngine(t, { members: "capped", networkSettings: { memberCap: 5 } });
  await scene.plumb();
  await scene.network.accept([everybody(some)]);
  await whole(scene, 5);
  const shown = () =>
    new Set(
      [...(scene.homeserver.members.get(room) ?? [])].flatMap(([mxid, state]) => {
        const name = /^@net_(.*):hs.test$/.exec(mxid)?.[1];
        return state === "join" && name !== undefined ? [name] : [];
      }),
    );
  const leave = (...who: readonly string[]): Promise<void> =>
    scene.network.accept([
      {
        kind: "members",
        chat: lobby,
        at: 2,
        list: who.map((name) => ({ user: userId(name), state: "leave" })),
        complete: false,
      },
    ]);
  const first = shown();
  await leave("n0", "n3");
  await whole(scene, 5);
  for (const name of ["n0", "n3"]) assert.ok(!shown().has(name), `${name} went`);
  for (const name of ["n1", "n2", "n4"]) assert.ok(first.has(name) && shown().has(name));
  const joins = scene.homeserver.count("join");
  const away = some.filter((name) => !shown().has(name) && !["n0", "n3"].includes(name));
  await leave(...away.slice(0, 3));
  await scene.idle();
  assert.equal(scene.homeserver.count("join"), joins, "nobody had a seat of those");
  await leave(...away.slice(3));
  await leave("n1");
  await whole(scene, 4);
});

test("messages overtake a roster that waits, also those of its own members", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const hold = Promise.withResolvers<void>();
  scene.homeserver.before = (called) => (called.class === "roster" ? hold.promise : undefined);
  await scene.network.accept([everybody(some)]);
  await until("the roster stands still", () => scene.homeserver.calls.length > 0);
  await scene.network.accept([saying("n0", "first"), saying("n99", "last")]);
  await until("they are heard", () => scene.homeserver.said(room).length === 2);
  assert.deepEqual(scene.homeserver.said(room), ["first", "last"]);
  hold.resolve();
  await whole(scene, some.length);
  const joins = written(scene).filter((one) => one.startsWith("join"));
  assert.equal(new Set(joins).size, joins.length, "nobody came in twice");
});

test("who leaves before their turn is never let in", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  await scene.network.accept([everybody(some)]);
  await until("the first came", () => inRoom(scene) > 0);
  await scene.network.accept([everybody(some.slice(0, 50))]);
  await whole(scene, 50);
  assert.equal(scene.homeserver.count("join"), 50);
  assert.equal(scene.homeserver.count("leave"), 0);
});

test("a roster that was cut off goes on where it stood, and a restart writes nothing", async (t) => {
  const store = await open(await tempDir(t));
  const first = await openEngine(t, { store, members: "full" });
  await first.plumb();
  await first.network.accept([everybody()]);
  await until("the first came", () => inRoom(first) > 0);
  await first.engine.stop();
  assert.ok(inRoom(first) < names.length);
  const { homeserver, network } = first;
  const next = await openEngine(t, { store, homeserver, network, members: "full" });
  await next.network.accept([everybody()]);
  await whole(next, names.length);
  assert.equal(homeserver.count("join"), names.length, "nobody came in twice");
  await next.engine.stop();
  const before = homeserver.calls.length;
  const last = await openEngine(t, { store, homeserver, network, members: "full" });
  await last.network.accept([everybody()]);
  await whole(last, names.length);
  assert.equal(homeserver.calls.length, before);
  await last.engine.stop();
  await store.close();
});
