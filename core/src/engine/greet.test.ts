import assert from "node:assert/strict";
import { test } from "node:test";
import { ana } from "../testing/engine-fixture.ts";
import { openTalk } from "../testing/talk-scene.ts";
import type { TalkScene } from "../testing/talk-scene.ts";

const room = "!new:hs.test";

const invite = async ({ homeserver, push, idle }: TalkScene, isDirect = true): Promise<void> => {
  homeserver.makeRoom(room, [ana]);
  const content = { membership: "invite", is_direct: isDirect };
  const member = { type: "m.room.member", state_key: homeserver.bot, sender: ana, content };
  await push(homeserver.event({ room_id: room, ...member }));
  await idle();
};

test("who asks the bot into a room of the two is told what can be said there", async (t) => {
  const scene = await openTalk(t);
  await invite(scene);
  const [said, ...more] = scene.homeserver.said(room);
  assert.match(said ?? "", /^Hello! I bridge .*: .+\.\n {2}login net – .*\n {2}join net <chat> – /);
  assert.deepEqual(more, []);
});

test("who may not log in is not told how to", async (t) => {
  const scene = await openTalk(t, { settings: { permits: (_who, what) => what === "commands" } });
  await invite(scene);
  assert.match(scene.homeserver.said(room)[0] ?? "", /^Hello! .* "help" lists/);
});

test("who begins in an encrypted room is told, and asked into one that is not, once", async (t) => {
  const scene = await openTalk(t);
  const { homeserver } = scene;
  const algorithm = { algorithm: "m.megolm.v1.aes-sha2" };
  homeserver.state.set(`${room} m.room.encryption `, algorithm);
  await invite(scene);
  assert.match(homeserver.said(room)[0] ?? "", /cannot read encrypted .* without encryption/);
  const [made, ...more] = homeserver.calls.filter(({ op }) => op === "createRoom");
  assert.deepEqual(made?.what["invite"], [ana]);
  assert.deepEqual(more, []);
  assert.equal(homeserver.count("invite"), 0);
  const clear = await scene.store.read.keys.get("talk", ana);
  assert.ok(typeof clear === "string" && clear !== room);
  assert.match(homeserver.said(clear)[0] ?? "", /^Hello! /);
});

test("a room for others is entered without a word", async (t) => {
  const scene = await openTalk(t);
  await invite(scene, false);
  assert.equal(scene.homeserver.members.get(room)?.get(scene.homeserver.bot), "join");
  assert.deepEqual(scene.homeserver.said(room), []);
});

test("the room in which somebody talks to the bot is not bridged", async (t) => {
  const scene = await openTalk(t);
  await invite(scene);
  scene.homeserver.state.set(`${room} m.room.power_levels `, { users: { [ana]: 100 } });
  assert.match(await scene.ask("bridge net lobby", { room }), /^This room was not bridged: /);
  assert.match(await scene.ask("id", { room }), /is not bridged/);
});
