import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { is, openRoleScene } from "../testing/role-scene.ts";
import { peopleIn } from "./account-roles.ts";
import { bindRoom, openByAlias } from "./bind.ts";

test("a chat that moved away can be bridged to a room again", async (t) => {
  const network = new ScriptedNetwork();
  network.more = { resolve: (name) => Promise.resolve({ name, chat: { id: chatId(name) } }) };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  await network.accept([
    { kind: "chat", chat: { id: chatId("next") }, at: 1, info: scriptedInfo, renamedFrom: lobby },
  ]);
  const live = scene.engine.works.box.networks.get(net);
  assert.ok(live);
  const room = scene.homeserver.makeRoom("!other:hs.test", [ana, scene.homeserver.bot]);
  const { signal } = new AbortController();
  await bindRoom(scene.engine.works, live, { room, name: "lobby", signal });
  await network.accept([saying("bob", "here again")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["here again"]);
  assert.deepEqual(scene.homeserver.said("!lobby:hs.test"), []);
});

test("a chat that begins anew does so without those who were in the one that moved away", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "owner")]);
  await story.network.accept([
    { kind: "chat", chat: { id: chatId("next") }, at: 4, info: scriptedInfo, renamedFrom: lobby },
  ]);
  await story.idle();
  const { works } = story.engine;
  const live = works.box.networks.get(net);
  assert.ok(live);
  const signal = AbortSignal.timeout(5000);
  await openByAlias(works, live, { name: "lobby", signal });
  await story.idle();
  const portal = await works.portals.find(net, lobby);
  assert.ok(portal);
  assert.deepEqual([...(await peopleIn(story.store.read, portal)).keys()], []);
  assert.equal(story.of(ana), 95, "she is what she was where it went on");
});

test("a chat that moves back is without those who left it meanwhile", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "owner")]);
  const next = { id: chatId("next") };
  const moves = { kind: "chat", info: scriptedInfo, at: 5 } as const;
  for (const event of [
    { ...moves, chat: next, renamedFrom: lobby },
    { kind: "gone", why: "left", chat: next, login: loginId("net:anna"), at: 5 },
    { ...moves, chat: lobby, renamedFrom: next },
  ] as const) {
    await story.network.accept([event]);
    await story.idle();
  }
  const portal = await story.store.read.portals.find(net, lobby);
  assert.equal(portal?.room, story.room);
  assert.ok(portal);
  assert.deepEqual([...(await peopleIn(story.store.read, portal)).keys()], []);
  assert.equal(story.of(ana), undefined);
});
