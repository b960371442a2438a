import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId, userId } from "../adapter/index.ts";
import type { Member, RemoteEvent } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { logIn } from "../testing/log-in.ts";
import { is, openRoleScene } from "../testing/role-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { open as openStore } from "../testing/store-sqlite.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";
const cleo = "@cleo:hs.test";
const next = { id: chatId("next") };
const moves: RemoteEvent = {
  kind: "chat",
  chat: next,
  at: 5,
  info: scriptedInfo,
  renamedFrom: lobby,
};
const told = (list: readonly Member[], chat = lobby): RemoteEvent => ({
  kind: "members",
  chat,
  at: 2,
  list,
  complete: false,
});
const left = (user: string): Member => ({ user: userId(user), state: "leave" });
const ghost = (name: string): string => `@net_${name}:hs.test`;
const shown = ({ homeserver }: Scene, name: string): string | undefined =>
  homeserver.members.get(room)?.get(ghost(name));

test("who is in a chat is known to be so when it goes on as another, and nothing of the old one stays", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  const old = await scene.plumb();
  await scene.network.accept([told([is("a", "moderator"), is("b", "member")])]);
  await scene.idle();
  const joins = scene.homeserver.count("join");
  await scene.network.accept([moves]);
  await scene.idle();
  const { read } = scene.store;
  const portal = await read.portals.find(net, next);
  assert.ok(portal);
  assert.deepEqual(await read.roster.of(portal.id), [
    { ...is("a", "moderator"), dirty: false },
    { ...is("b", "member"), dirty: false },
  ]);
  assert.deepEqual(await read.roster.of(old.id), []);
  assert.equal(scene.homeserver.count("join"), joins, "they are in the room already");
  await scene.network.accept([told([left("a")], next)]);
  await scene.idle();
  assert.equal(shown(scene, "a"), "leave");
});

test("what the chat that goes on has told already of who is in it is newer", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const { read } = scene.store;
  const portal = await scene.engine.works.portals.ensure(net, next, "remote");
  await scene.network.accept([told([is("a", "owner")], next)]);
  await scene.network.accept([told([is("a", "member"), is("b", "voice")])]);
  await scene.idle();
  await scene.network.accept([moves]);
  await scene.idle();
  assert.deepEqual(await read.roster.of(portal.id), [
    { ...is("a", "owner"), dirty: false },
    { ...is("b", "voice"), dirty: false },
  ]);
  assert.equal(shown(scene, "a"), "join");
});

test("who was still to come into the old room, or to go, does so in the one in which the chat goes on", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  await scene.network.accept([told([is("a", "member")])]);
  await scene.idle();
  await scene.network.accept([told([left("a"), is("b", "member")]), moves]);
  await scene.idle();
  assert.deepEqual([shown(scene, "a"), shown(scene, "b")], ["leave", "join"]);
});

test("a chat that goes on is listed, because nobody told who came while it moved", async (t) => {
  const network = new ScriptedNetwork();
  network.more = {
    members: async function* ({ id }) {
      yield id === next.id ? [is("b", "member"), is("c", "member")] : [is("b", "member")];
    },
  };
  const scene = await openEngine(t, { network, members: "full" });
  const old = await scene.plumb();
  await network.accept([told([is("a", "member"), is("b", "member")])]);
  await scene.idle();
  await network.accept([moves]);
  await scene.idle();
  assert.deepEqual(
    ["a", "b", "c"].map((name) => shown(scene, name)),
    ["leave", "join", "join"],
  );
  assert.equal(await scene.store.read.keys.get("members", String(old.id)), undefined);
});

test("where the chat that goes on has a room of its own, the old one says so, and its people go there", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const scene = await openEngine(t, { members: "full", network });
  const { id } = await scene.plumb();
  await logIn(scene, "cleo", { owner: cleo });
  await scene.store.commit((tx) => tx.portals.addLogin(id, loginId("net:cleo"), 1));
  const { homeserver, engine, store } = scene;
  const other = homeserver.makeRoom("!next:hs.test", [ana, homeserver.bot]);
  const portal = await engine.works.portals.ensure(net, next, "plumbed");
  await store.commit((tx) =>
    engine.works.portals.update(tx, portal, { room: other, info: scriptedInfo }),
  );
  engine.works.portals.forget({ ...portal, room: other });
  const by = { seenBy: [loginId("net:cleo")] };
  await scene.network.accept([told([is("a", "member")])], by);
  await scene.idle();
  await scene.network.accept([saying("b", "the last word"), moves], by);
  await scene.idle();
  const [said, notice = ""] = homeserver.said(room);
  assert.equal(said, "the last word");
  assert.match(
    notice,
    /^The chat of this room on .+ goes on in .+ It is not bridged to this room any more\.$/,
  );
  assert.equal(homeserver.said(room).length, 2);
  const line = homeserver.events.find(({ content }) => content["body"] === notice);
  assert.match(JSON.stringify(line?.content["formatted_body"]), /matrix\.to\/#\/!next%3Ahs\.test/);
  assert.equal(homeserver.members.get(other)?.get(cleo), "invite");
  assert.deepEqual([shown(scene, "a"), shown(scene, "b")], ["leave", "leave"]);
  assert.equal(homeserver.members.get(other)?.get(ghost("a")), "join");
  assert.equal(homeserver.members.get(room)?.get(homeserver.bot), "join");
});

test("one who cannot be asked into that room keeps nobody from reading where the chat goes on", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const scene = await openEngine(t, { network });
  const { id } = await scene.plumb();
  await logIn(scene, "cleo", { owner: cleo });
  const { homeserver, engine, store } = scene;
  const other = homeserver.makeRoom("!next:hs.test", [ana, homeserver.bot]);
  const portal = await engine.works.portals.ensure(net, next, "remote");
  await store.commit(async (tx) => {
    await tx.portals.addLogin(id, loginId("net:cleo"), 1);
    await engine.works.portals.update(tx, portal, { room: other, info: scriptedInfo });
  });
  engine.works.portals.forget({ ...portal, room: other });
  homeserver.before = ({ op }) => {
    if (op === "invite") throw refusal("M_UNKNOWN", 400);
  };
  await network.accept([moves], { seenBy: [loginId("net:cleo")] });
  await scene.idle();
  assert.match(homeserver.said(room).join(), /^The chat of this room .+ goes on in/);
});

test("where people keep that room closed, nobody is let into it because the chat goes on there", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const permits = (_: string, what: string): boolean => what !== "admin";
  const scene = await openEngine(t, { network, settings: { permits } });
  const { id } = await scene.plumb();
  await logIn(scene, "cleo", { owner: cleo });
  const { homeserver, engine, store } = scene;
  const other = homeserver.makeRoom("!next:hs.test", [ana, homeserver.bot]);
  const portal = await engine.works.portals.ensure(net, next, "plumbed");
  await store.commit(async (tx) => {
    await tx.portals.addLogin(id, loginId("net:cleo"), 1);
    await engine.works.portals.update(tx, portal, { room: other, info: scriptedInfo });
  });
  engine.works.portals.forget({ ...portal, room: other });
  await network.accept([moves], { seenBy: [loginId("net:cleo")] });
  await scene.idle();
  assert.match(homeserver.said(room).join(), /goes on in/);
  assert.equal(homeserver.members.get(other)?.get(cleo), undefined);
});

for (const [before, level] of [
  [undefined, 95],
  ["moderator", 50],
  ["member", undefined],
] as const)
  test(`a role goes along with a chat that goes on, where it is ${before ?? "not known"} there`, async (t) => {
    const story = await openRoleScene(t);
    const { network, store, engine } = story;
    const by = { seenBy: [loginId("net:anna")] };
    const old = await engine.works.portals.find(net, lobby);
    assert.ok(old);
    await network.accept([told([is("anna", "owner")])], by);
    await engine.works.portals.ensure(net, next, "remote");
    if (before) await network.accept([told([is("anna", before)], next)], by);
    await network.accept([moves], by);
    await story.idle();
    assert.equal(story.of(ana), level);
    assert.equal(await store.read.keys.get("role:net:anna", String(old.id)), undefined);
  });

/** More than come along in one commit, of whom nobody has to be shown. */
const crowd = Array.from({ length: 450 }, (_none, index) => is(`u${1000 + index}`, "member"));

test("a crowd comes along step by step; who leaves meanwhile is not brought back", async (t) => {
  const reached = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  let steps = 0;
  const scene = await openEngine(t, {
    failpoint: async (name) => {
      if (name !== "members.moved") return;
      steps += 1;
      reached.resolve();
      await hold.promise;
    },
  });
  const old = await scene.plumb();
  const { read } = scene.store;
  await scene.network.accept([told(crowd)]);
  await scene.network.accept([moves]);
  await reached.promise;
  const portal = await read.portals.find(net, next);
  assert.ok(portal);
  assert.equal((await read.roster.of(portal.id)).length, 400);
  assert.equal((await read.roster.of(old.id)).length, 50);
  await scene.network.accept([told([left("u1449"), is("u1448", "owner")], next)]);
  hold.resolve();
  await scene.idle();
  const rows = await read.roster.of(portal.id);
  assert.equal(rows.length, 449);
  assert.deepEqual(rows.at(-1), { ...is("u1448", "owner"), dirty: false });
  assert.deepEqual(await read.roster.of(old.id), []);
  assert.equal(await read.keys.get("moving", String(portal.id)), undefined);
  assert.equal(steps, 2);
});

test("a crowd that a box which was ended had not taken along whole comes along at the next start", async (t) => {
  const store = await openStore(await tempDir(t));
  t.after(() => store.close());
  const reached = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  const scene = await openEngine(t, {
    store,
    failpoint: async (name) => {
      if (name !== "members.moved") return;
      reached.resolve();
      await hold.promise;
      throw new Error("killed");
    },
  });
  await scene.plumb();
  await scene.network.accept([told(crowd)]);
  await scene.network.accept([moves]);
  await reached.promise;
  const stopping = scene.engine.stop();
  await until("it is stopping", () => scene.engine.works.box.signal.aborted);
  hold.resolve();
  await stopping;
  const again = await openEngine(t, { store, homeserver: scene.homeserver });
  await again.idle();
  const portal = await store.read.portals.find(net, next);
  assert.ok(portal);
  assert.equal((await store.read.roster.of(portal.id)).length, crowd.length);
});
