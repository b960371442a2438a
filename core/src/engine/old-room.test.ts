import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { firstPart, userId } from "../adapter/index.ts";
import type { Member } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { refusal, ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import { lobby, saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { open as openStore } from "../testing/store-sqlite.ts";
import { until } from "../testing/until.ts";
import { removePortal } from "./remove-portal.ts";
import { queueVacate } from "./vacate.ts";
import { next, old, openUpgrade as open } from "../testing/upgrade-scene.ts";

const member = (name: string): Member => ({ user: userId(name), state: "join" });
const ghostsIn = ({ homeserver }: Scene, room: string): readonly string[] =>
  [...(homeserver.members.get(room) ?? [])]
    .filter(([mxid, state]) => mxid.startsWith("@net_") && state === "join")
    .map(([mxid]) => mxid);
const list = [member("silent"), member("bob")];
const whole = { kind: "members", chat: lobby, at: 1, list, complete: true } as const;

test("the ghosts leave the old room once they are in the new one, at their pace; the bot stays", async (t) => {
  const scene = await open(t, { members: "full", settings: { rosterPace: 1 } });
  const { homeserver, network, clock } = scene;
  await network.accept([whole, saying("bob", "I speak")]);
  const soon = (what: string, met: () => boolean): Promise<unknown> =>
    until(what, () => {
      clock.advance(1000);
      return met();
    });
  await soon("both are in the room", () => ghostsIn(scene, old).length === 2);
  await scene.idle();
  const first = homeserver.calls.length;
  await scene.begin();
  await soon("nobody is left", () => ghostsIn(scene, old).length === 0);
  await scene.idle();
  assert.equal(ghostsIn(scene, next).length, 2);
  assert.equal(homeserver.members.get(old)?.get(homeserver.bot), "join");
  const calls = homeserver.calls
    .slice(first)
    .filter(({ op, as }) => op === "leave" || (op === "join" && as !== homeserver.bot));
  assert.deepEqual(
    calls.map(({ op }) => op),
    ["join", "join", "leave", "leave"],
  );
});

test("whoever could not leave the old room before the box was ended does so later, and a restart is silent", async (t) => {
  const store = await openStore(await tempDir(t));
  t.after(() => store.close());
  const scene = await open(t, { members: "full", store });
  const { homeserver, network } = scene;
  await network.accept([whole]);
  await scene.idle();
  const hold = Promise.withResolvers<void>();
  homeserver.before = ({ op }) => (op === "leave" ? hold.promise : undefined);
  await scene.begin();
  await until("the first is about to leave", () => homeserver.count("leave") > 0);
  const stopping = scene.engine.stop();
  hold.resolve();
  await stopping;
  homeserver.before = () => undefined;
  const again = await openEngine(t, { store, homeserver, network, members: "full" });
  await again.idle();
  assert.deepEqual([ghostsIn(again, old).length, ghostsIn(again, next).length], [0, 2]);
  await again.engine.stop();
  const calls = homeserver.calls.length;
  const last = await openEngine(t, { store, homeserver, network, members: "full" });
  await last.idle();
  assert.equal(homeserver.calls.length, calls);
  await last.engine.stop();
});

/** Bob has said something in a room that was upgraded since. */
const saidBefore = async (t: TestContext) => {
  const scene = await open(t);
  const said = saying("bob", "one");
  await scene.network.accept([said]);
  await scene.idle();
  await scene.upgrade();
  return { scene, said };
};

test("what was said in the old room is still edited and deleted there, and nobody stays for it", async (t) => {
  const { scene, said } = await saidBefore(t);
  const { homeserver, network } = scene;
  assert.deepEqual(ghostsIn(scene, old), []);
  const { id, sender, content, chat } = said;
  const about = { chat, sender, at: 2 } as const;
  const text = fromPlain("two");
  const parts = [{ id: firstPart, kind: "text", text }] as const;
  await network.accept([
    { ...about, kind: "edit", key: "e", version: "2", id, content: { ...content, parts } },
  ]);
  await scene.idle();
  assert.deepEqual(homeserver.said(old), ["one", "* two"]);
  assert.deepEqual(ghostsIn(scene, old), []);
  await network.accept([{ ...about, kind: "delete", key: "d", ids: [id], for: "all" }]);
  await scene.idle();
  assert.equal(homeserver.count("redact"), 1);
  assert.deepEqual(ghostsIn(scene, old), []);
});

test("what was said in an old room where the bot may delete nothing is taken out by whoever said it", async (t) => {
  const { scene, said } = await saidBefore(t);
  const { homeserver, network } = scene;
  homeserver.before = ({ op, as }) => {
    if (op === "redact" && as === homeserver.bot) throw refusal("M_FORBIDDEN");
  };
  const { id, chat } = said;
  await network.accept([{ kind: "delete", key: "d", chat, at: 2, ids: [id], for: "all" }]);
  await scene.idle();
  const taken = homeserver.events.filter(({ type }) => type === "m.room.redaction");
  assert.deepEqual(
    taken.map(({ sender, room_id: room }) => [sender, room]),
    [["@net_bob:hs.test", old]],
  );
  assert.deepEqual(ghostsIn(scene, old), [], "and stays no longer for it");
});

test("whoever comes back into an old room while they are leaving it does not stay in it", async (t) => {
  const { scene, said } = await saidBefore(t);
  const { homeserver, network, store } = scene;
  const { id, sender, content, chat } = said;
  const edit = (version: string) => {
    const parts = [{ id: firstPart, kind: "text", text: fromPlain(version) }] as const;
    const about = { chat, sender, at: 2, id, content: { ...content, parts } } as const;
    return { ...about, kind: "edit", key: `e${version}`, version } as const;
  };
  await network.accept([edit("2")]);
  const hold = Promise.withResolvers<void>();
  homeserver.after = async ({ op }) => {
    if (op === "leave") await hold.promise;
  };
  await network.accept([edit("3")]);
  await until("it is out, and nobody knows", () => homeserver.count("leave") === 2);
  homeserver.after = () => undefined;
  const leaving = homeserver.events.length;
  await scene.push(
    homeserver.event({
      room_id: old,
      type: "m.room.member",
      sender: "@net_bob:hs.test",
      state_key: "@net_bob:hs.test",
      content: { membership: "leave" },
    }),
  );
  await network.accept([edit("4")]);
  await scene.settle();
  hold.resolve();
  await scene.idle();
  assert.ok(homeserver.events.length > leaving);
  assert.deepEqual(homeserver.said(old), ["one", "* 2", "* 3", "* 4"]);
  assert.deepEqual(ghostsIn(scene, old), []);
  assert.deepEqual(await store.read.members.ofRoom(old), [
    { mxid: homeserver.bot, membership: "join" },
  ]);
});

test("where a chat is unbridged right after its room was upgraded, its ghosts leave the old room too", async (t) => {
  const scene = await open(t, { members: "full" });
  const { homeserver, network, engine, store } = scene;
  const { works } = engine;
  await network.accept([whole]);
  await scene.idle();
  const hold = Promise.withResolvers<void>();
  homeserver.before = ({ op, as }) =>
    op === "join" && as !== homeserver.bot ? hold.promise : undefined;
  await scene.begin();
  const isThere = (): Promise<boolean> => scene.room().then((room) => room === next);
  while (!(await isThere())) await scene.settle();
  const portal = await store.read.portals.find(net, lobby);
  assert.ok(portal);
  const lanes = await store.commit(async (tx) => [
    ...(await removePortal(works.box, tx, { portal, tell: () => undefined })),
    ...(await queueVacate(works.box, tx, portal)),
  ]);
  works.portals.forget(portal);
  for (const lane of lanes) works.box.wake(lane);
  hold.resolve();
  await scene.idle();
  assert.deepEqual(ghostsIn(scene, old), []);
});

test("one ghost whom the homeserver does not let out keeps no other in the room, and that has an outcome", async (t) => {
  const scene = await open(t, { members: "full" });
  const { homeserver, network, news } = scene;
  await network.accept([whole]);
  await scene.idle();
  let refused = 0;
  homeserver.before = ({ op, as }) => {
    if (op !== "leave") return;
    if (as.includes("bob")) throw refusal("M_UNKNOWN", 400);
    refused += 1;
    if (refused === 1) throw refusal("M_UNKNOWN", 500);
  };
  await scene.begin();
  await until("the other one is tried again", () => {
    scene.clock.advance(1000);
    return refused === 2;
  });
  await scene.idle();
  assert.deepEqual(ghostsIn(scene, old), ["@net_bob:hs.test"]);
  const ends = news.flatMap((one) => (one.what === "outcome" ? [one.outcome] : []));
  const end = ends.find(({ state, direction }) => state === "failed" && direction === "in");
  assert.equal(end?.code, "invalid");
  assert.match(end.sentence ?? "", /^1 of those who were to leave !lobby:hs.test stay in it/);
});

test("ghosts that stayed in a room upgraded by an older version are found once, and nobody else is", async (t) => {
  const store = await openStore(await tempDir(t));
  t.after(() => store.close());
  const homeserver = new ScriptedHomeserver();
  const bob = "@net_bob:hs.test";
  const talk = "!talk:hs.test";
  homeserver.state.set(`${old} m.room.tombstone `, { replacement_room: next });
  await store.commit(async (tx) => {
    await tx.ghosts.put({
      network: net,
      user: userId("bob"),
      mxid: bob,
      name: "bob",
      info: {},
      registered: true,
      shownName: "bob",
    });
    const portal = await tx.portals.ensure(net, lobby, "plumbed");
    await tx.portals.update(portal.id, { room: next });
    for (const room of [old, next, talk]) await tx.members.set(room, bob, "join");
  });
  for (const room of [old, next, talk]) homeserver.makeRoom(room, [bob, homeserver.bot]);
  const parts = { store, homeserver, network: new ScriptedNetwork() };
  const scene = await openEngine(t, parts);
  while ((await store.read.keys.get("behind", "looked")) === undefined) await scene.settle();
  await scene.idle();
  assert.deepEqual(
    [old, next, talk].map((room) => ghostsIn(scene, room).length),
    [0, 1, 1],
  );
  await scene.engine.stop();
  const calls = homeserver.calls.length;
  const again = await openEngine(t, { ...parts, network: new ScriptedNetwork() });
  await again.idle();
  assert.equal(homeserver.calls.length, calls);
});
