import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId, userId } from "../adapter/index.ts";
import type { ChatInfo, Json } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import { ana, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { logIn } from "../testing/log-in.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { usersOf } from "./levels.ts";
import { object } from "./to-network/content.ts";
import { roomFeatures } from "./room-features.ts";

const key = "dev.bridgebox/net/lobby";
const place = "!lobby:hs.test com.beeper.room_features " + key;

const changed = async (scene: Scene, info: Partial<ChatInfo>, at: number): Promise<void> => {
  await scene.network.accept([{ kind: "chat", chat: lobby, at, info }]);
  await scene.idle();
};

test("what can be done in a chat is told in its room, told anew when it changes, and only then", async (t) => {
  const scene = await openEngine(t);
  const { homeserver } = scene;
  await scene.plumb();
  const features = { ...scriptedInfo.features, version: "2", can: ["react"] as const };
  await changed(scene, { features }, 1);
  assert.equal(homeserver.state.get(place)?.["edit"], 0);
  assert.equal(homeserver.state.get(place)?.["reaction"], 1);
  const before = homeserver.calls.length;
  await changed(scene, { features }, 2);
  assert.equal(homeserver.calls.length, before);
  const more = { ...features, version: "3", can: ["react", "edit"] as const, editFor: 90_000 };
  await changed(scene, { features: more }, 3);
  assert.equal(homeserver.state.get(place)?.["edit"], 2);
  assert.equal(homeserver.state.get(place)?.["edit_max_age"], 90);
});

test("a room that is made says what can be done in it, and whose it is", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.engine.works.portals.ensure(scene.network.id, lobby, "remote");
  await scene.engine.works.rooms.ensure(portal.id);
  const made = scene.homeserver.calls.find(({ op }) => op === "createRoom")?.what["initial_state"];
  const states = made as readonly { type: string; state_key: string; content: JsonObject }[];
  const of = (type: string) => states.find((one) => one.type === type);
  assert.equal(of("com.beeper.room_features")?.state_key, key);
  assert.equal(of("com.beeper.room_features")?.content["max_text_length"], 1000);
  const { bot } = scene.homeserver;
  const { creator, network } = of("m.bridge")?.content ?? {};
  assert.deepEqual([creator, network], [bot, { id: "net", displayname: "Scripted" }]);
});

test("a chat that hides from now on is taken out of the directory before its room is shut, and that once", async (t) => {
  const scene = await openEngine(t);
  const { homeserver } = scene;
  const portal = await scene.engine.works.portals.ensure(scene.network.id, lobby, "remote");
  const room = await scene.engine.works.rooms.ensure(portal.id);
  await changed(scene, { visibility: "public" }, 1);
  const doors = () =>
    homeserver.calls.flatMap(({ op, what }) => {
      if (op === "unlist") return [op];
      return op === "setState" && what["type"] === "m.room.join_rules" ? [what["content"]] : [];
    });
  homeserver.calls.length = 0;
  homeserver.state.set(`${room} m.room.join_rules `, { join_rule: "public" });
  homeserver.before = ({ op }) => {
    if (op === "unlist") throw refusal("M_FORBIDDEN");
  };
  for (const at of [2, 3]) await changed(scene, { visibility: "secret" }, at);
  assert.deepEqual(doors(), ["unlist", { join_rule: "invite" }]);
  await changed(scene, { visibility: "public" }, 4);
  assert.deepEqual(doors().slice(2), [{ join_rule: "public" }]);
});

test("a chat that hides has its room shut whatever else of it the homeserver does not take", async (t) => {
  const scene = await openEngine(t);
  const { homeserver } = scene;
  const portal = await scene.engine.works.portals.ensure(scene.network.id, lobby, "remote");
  const room = await scene.engine.works.rooms.ensure(portal.id);
  const door = `${room} m.room.join_rules `;
  homeserver.state.set(door, { join_rule: "public" });
  homeserver.before = ({ op, what }) => {
    if (op === "unlist") throw refusal("M_UNRECOGNIZED", 404);
    if (op === "setState" && what["type"] === "m.room.topic") throw refusal("M_TOO_LARGE", 413);
  };
  await changed(scene, { visibility: "secret", topic: "far too long" }, 1);
  assert.deepEqual(homeserver.state.get(door), { join_rule: "invite" });
});

test("a room from before rooms said so says it after the next start, and once", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const first = await openEngine(t, { store });
  const { homeserver } = first;
  const { works } = first.engine;
  const portal = await works.portals.ensure(first.network.id, lobby, "remote");
  const room = await works.rooms.ensure(portal.id);
  await first.idle();
  await first.engine.stop();
  await store.commit((tx) => tx.keys.forgetScope("described"));
  const counts: [calls: number, writes: number][] = [];
  for (let times = 0; times < 2; times += 1) {
    const told = `${room} com.beeper.room_features ${key}`;
    if (times === 0) homeserver.state.delete(told);
    const before = homeserver.calls.length;
    const again = await openEngine(t, { store, homeserver });
    await again.idle();
    assert.equal(homeserver.state.get(told)?.["max_text_length"], 1000);
    await again.engine.stop();
    const done = homeserver.calls.slice(before);
    counts.push([done.length, done.filter(({ op }) => op === "setState").length]);
  }
  const [once, then] = counts;
  assert.ok(once && once[1] > 0);
  assert.deepEqual(then, [0, 0]);
});

test("levels, limits and kinds of files", () => {
  const features = {
    ...scriptedInfo.features,
    text: { max: 2000, unit: "utf16", lines: "many", marks: ["bold", "list"] },
    can: ["edit", "remove", "react", "typing", "setInfo", "setMember"],
    parts: ["media", "poll"],
    media: { image: { max: 9_000, caption: 100 }, file: { max: 50, caption: 0 } },
    reactions: { perUser: 3, custom: false, allowed: ["👍"] },
    deleteFor: 60_000,
  } as const;
  const of = { mediaMost: 8_000, isPublic: false };
  const portal = { network: new ScriptedNetwork().id, chat: { id: chatId("lobby") } };
  const { content } = roomFeatures(portal, features, of);
  const { file, formatting, ...rest } = content as { readonly [key: string]: Json } & {
    readonly file: { readonly [kind: string]: JsonObject };
    readonly formatting: JsonObject;
  };
  assert.deepEqual(file["m.image"], {
    mime_types: { "*/*": 2 },
    max_size: 8_000,
    caption: 2,
    max_caption_length: 100,
  });
  assert.deepEqual(file["m.sticker"], { mime_types: { "*/*": 1 }, max_size: 50, caption: 1 });
  assert.deepEqual(
    ["bold", "ordered_list", "table"].map((name) => formatting[name]),
    [2, 2, 1],
  );
  assert.equal(rest["poll"], 2);
  assert.equal(rest["location_message"], 1);
  assert.equal(rest["delete_max_age"], 60);
  assert.deepEqual(rest["allowed_reactions"], ["👍"]);
  assert.deepEqual(rest["member_actions"], { kick: 2, ban: 1 });
  const ofPower = (content: JsonObject) =>
    object(object(content["state"])?.["m.room.power_levels"]);
  assert.deepEqual(ofPower(rest), { level: -2 });
  const giving = { ...features, roles: ["moderator", "member"] } as const;
  assert.deepEqual(ofPower(roomFeatures(portal, giving, of).content), { level: 1 });
  const none = roomFeatures(portal, { ...features, parts: [] }, of).content;
  assert.deepEqual((none["file"] as { readonly [kind: string]: JsonObject })["m.image"], {
    mime_types: { "*/*": -2 },
  });
});

const able = { ...scriptedInfo.features, can: ["setInfo", "setMember"] as const };

const ownRoom = async (scene: Scene): Promise<string> => {
  const { works } = scene.engine;
  const portal = await works.portals.ensure(scene.network.id, lobby, "remote");
  const room = await works.rooms.ensure(portal.id);
  await changed(scene, { features: able }, 1);
  return room;
};

const state = (
  scene: Scene,
  room_id: string,
  type: string,
  content: JsonObject,
  {
    key = "",
    sender = ana,
    unsigned = {},
  }: { key?: string; sender?: string; unsigned?: JsonObject } = {},
) =>
  scene.push(scene.homeserver.event({ room_id, type, state_key: key, sender, content, unsigned }));

test("a new name, topic and picture of the room become the chat's, once", async (t) => {
  const scene = await openEngine(t);
  const done: Json[] = [];
  scene.network.more = {
    setInfo: (_chat, change) => {
      done.push(JSON.parse(JSON.stringify(change)) as Json);
      return Promise.resolve();
    },
  };
  await scene.engine.supervisor.disconnect(loginId("net:relay"));
  const live = scene.engine.works.box.networks.get(scene.network.id);
  const row = await scene.store.read.logins.get(loginId("net:relay"));
  assert.ok(live && row);
  await scene.engine.supervisor.add(live, row);
  const room = await ownRoom(scene);
  await state(scene, room, "m.room.name", { name: "The lounge" });
  await state(scene, room, "m.room.topic", { topic: "Be nice" });
  await state(scene, room, "m.room.avatar", { url: "mxc://hs.test/picture" });
  await scene.idle();
  await state(scene, room, "m.room.name", { name: "The lounge" });
  await scene.idle();
  assert.deepEqual(done, [
    { name: "The lounge" },
    { topic: "Be nice" },
    { avatar: { locator: { mxc: "mxc://hs.test/picture" }, name: "avatar" } },
  ]);
});

/** A room of the box, in which Anna has power and her own login; what her login changes there is noted. */
const openMembers = async (t: TestContext) => {
  const scene = await openEngine(t);
  const done: Json[] = [];
  let why: string | undefined;
  scene.network.more = {
    setMember: (_chat, change) => {
      done.push(JSON.parse(JSON.stringify(change)) as Json);
      const no = { reached: "no", scope: "item" } as const;
      return why === undefined
        ? Promise.resolve()
        : Promise.reject(new BridgeError("forbidden", why, no));
    },
  };
  await logIn(scene, "anna");
  const room = await ownRoom(scene);
  const refuse = (sentence: string): void => void (why = sentence);
  return { ...scene, done, room, refuse };
};

test("whoever is removed or banned in the room is in the chat too, and so is whose ban is lifted", async (t) => {
  const scene = await openMembers(t);
  const { done, room } = scene;
  await scene.network.accept([saying("bob", "hello")]);
  await scene.idle();
  const bob = "@net_bob:hs.test";
  const banned = { membership: "ban", reason: "spam" };
  scene.homeserver.members.get(room)?.set(bob, "ban");
  await state(scene, room, "m.room.member", banned, { key: bob, sender: "@eve:hs.test" });
  await scene.idle();
  assert.deepEqual(done, [], "not by the relay's power");
  assert.equal(scene.homeserver.members.get(room)?.get(bob), "join", "they are there as before");
  for (let times = 0; times < 2; times += 1) {
    await state(scene, room, "m.room.member", banned, { key: bob });
    await scene.idle();
  }
  assert.deepEqual(done, [{ user: userId("bob"), state: "ban", reason: "spam" }]);
  await state(scene, room, "m.room.member", { membership: "leave" }, { key: bob });
  await scene.idle();
  assert.deepEqual(done.slice(1), [{ user: userId("bob"), state: "leave", lifted: true }]);
});

test("somebody who was never seen is banned there too", async (t) => {
  const scene = await openMembers(t);
  const ban = (key: string) =>
    state(scene, scene.room, "m.room.member", { membership: "ban" }, { key });
  for (const key of ["@net_eve:hs.test", "@net_=zz:hs.test", "@other:hs.test"]) await ban(key);
  await scene.idle();
  assert.deepEqual(scene.done, [{ user: userId("eve"), state: "ban" }]);
});

test("whose ban was not one there comes back into the room when it is lifted here", async (t) => {
  const scene = await openMembers(t);
  const { homeserver, network, done, room } = scene;
  const joins = [{ user: userId("bob"), state: "join" as const }];
  await network.accept([
    { kind: "members", chat: lobby, at: 3, list: joins, complete: false },
    saying("bob", "hello"),
  ]);
  await scene.idle();
  const bob = "@net_bob:hs.test";
  scene.refuse("You are no operator.");
  homeserver.members.get(room)?.set(bob, "ban");
  await state(scene, room, "m.room.member", { membership: "ban" }, { key: bob });
  await scene.idle();
  homeserver.members.get(room)?.set(bob, "leave");
  const unsigned = { prev_content: { membership: "ban" } };
  const lifted = { membership: "leave" };
  await state(scene, room, "m.room.member", lifted, { key: bob, unsigned });
  await scene.idle();
  assert.equal(done.length, 1, "there was no ban to lift there");
  assert.equal(homeserver.members.get(room)?.get(bob), "join");
});

test("whoever is invited into the room is invited into the chat by the inviter, or not here either", async (t) => {
  const scene = await openMembers(t);
  const { homeserver, network, done, room } = scene;
  await scene.engine.works.ghosts.ensure(network.id, userId("bob"));
  await scene.engine.works.ghosts.ensure(network.id, userId("cy"));
  const [bob, cy] = ["@net_bob:hs.test", "@net_cy:hs.test"];
  const invite = async (key: string, sender = ana): Promise<void> => {
    homeserver.members.get(room)?.set(key, "invite");
    await state(scene, room, "m.room.member", { membership: "invite" }, { key, sender });
    await scene.idle();
  };
  const here = (who: string) => homeserver.members.get(room)?.get(who);
  const told = () =>
    homeserver.events
      .map(({ content }) => JSON.stringify(content["body"] ?? ""))
      .filter((it) => /invit/.test(it));
  await invite(bob, "@eve:hs.test");
  assert.deepEqual(done, [], "not by the relay's power");
  assert.equal(here(bob), "leave");
  assert.match(told()[0] ?? "", /invitation did not reach net: only who is logged in there/);
  await invite(bob);
  assert.deepEqual(done, [{ user: userId("bob"), state: "invite" }]);
  assert.equal(here(bob), "invite", "they come when they come there");
  const joins = [{ user: userId("bob"), state: "join" as const }];
  await network.accept([{ kind: "members", chat: lobby, at: 3, list: joins, complete: false }]);
  await scene.idle();
  assert.equal(here(bob), "join");
  scene.refuse("You are no operator.");
  await invite(cy);
  assert.equal(here(cy), "leave");
  assert.equal(told().length, 2);
  assert.match(told()[1] ?? "", /You are no operator/);
});

test("whose level crosses the mark of a role has it in the chat, once, or has the old level again", async (t) => {
  const scene = await openMembers(t);
  const { homeserver, network, done, room } = scene;
  const roles = ["moderator", "voice", "member"] as const;
  await changed(scene, { features: { ...able, version: "9", roles } }, 2);
  const list = [{ user: userId("bob"), state: "join" as const }];
  await network.accept([
    { kind: "members", chat: lobby, at: 3, list, complete: false },
    saying("bob", "hello"),
  ]);
  await scene.idle();
  const bob = "@net_bob:hs.test";
  const place = `${room} m.room.power_levels `;
  const level = async (value: number, sender = ana): Promise<void> => {
    const content = { users: { [ana]: 100, [bob]: value } };
    homeserver.state.set(place, content);
    await state(scene, room, "m.room.power_levels", content, { sender });
    await scene.echo();
  };
  const shown = () => usersOf(homeserver.state.get(place)?.["users"])[bob];
  await level(60, "@eve:hs.test");
  assert.deepEqual(done, [], "not by the relay's power");
  assert.equal(shown(), undefined);
  await level(60);
  assert.deepEqual(done, [{ user: userId("bob"), state: "join", role: "moderator" }]);
  const writes = homeserver.count("setState");
  const echo = [{ user: userId("bob"), state: "join", role: "moderator" }] as const;
  await network.accept([{ kind: "members", chat: lobby, at: 4, list: echo, complete: false }]);
  await scene.idle();
  await level(55);
  assert.equal(homeserver.count("setState"), writes, "its echo is nothing");
  assert.equal(done.length, 1);
  scene.refuse("You are no operator.");
  await level(0);
  assert.equal(done.length, 2);
  assert.equal(shown(), 50, "as the network says");
});
