import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId } from "../adapter/index.ts";
import { ana } from "../testing/engine-fixture.ts";
import {
  atFirst,
  bob,
  bobIsThere,
  eve,
  is,
  openRoleScene,
  type,
  withUser,
} from "../testing/role-scene.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { object } from "./to-network/content.ts";

test("somebody of the chat is given a role by whoever is logged in there, and is told again as nothing", async (t) => {
  const story = await openRoleScene(t);
  await bobIsThere(story);
  await story.told([is("anna", "moderator")]);
  await story.sets(ana, withUser(bob, 50));
  assert.deepEqual(story.done, [{ user: "bob", state: "join", role: "moderator" }]);
  const writes = story.homeserver.count("setState");
  await story.told([is("bob", "moderator")], "net:relay");
  assert.equal(story.homeserver.count("setState"), writes);
  assert.equal(story.of(bob), 50);
});

test("somebody of whom only their words are known is given a role, or keeps their level", async (t) => {
  let refuses: string | undefined;
  const story = await openRoleScene(t, { refuses: () => refuses });
  await story.network.accept([saying("bob", "hello")]);
  await story.told([is("anna", "moderator")]);
  await story.sets(ana, withUser(bob, 50));
  assert.deepEqual(story.done, [{ user: "bob", state: "join", role: "moderator" }]);
  await story.network.accept([saying("carl", "hello")]);
  await story.idle();
  refuses = "You are no operator.";
  const carl = "@net_carl:hs.test";
  await story.sets(ana, withUser(carl, 50));
  assert.equal(story.of(carl), undefined);
});

test("a person who is logged in is given a role, exactly its level, and loses it again", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("eve", "member")], "net:eve");
  await story.told([is("anna", "admin")]);
  await story.sets(ana, withUser(eve, 60));
  assert.deepEqual(story.done, [{ user: "eve", state: "join", role: "moderator" }]);
  assert.equal(story.of(eve), 50);
  await story.sets(ana, withUser(eve, 0));
  assert.deepEqual(story.done.slice(1), [{ user: "eve", state: "join", role: "member" }]);
  assert.equal(story.of(eve), undefined);
  await story.told([is("eve", "member")], "net:eve");
  assert.equal(story.done.length, 2);
});

test("a level of a role that cannot be given there is said to be none, and is as it was", async (t) => {
  const story = await openRoleScene(t, { gives: ["admin", "member"] });
  await bobIsThere(story);
  await story.told([is("anna", "owner")]);
  await story.sets(ana, withUser(bob, 50));
  assert.deepEqual(story.done, []);
  assert.equal(story.of(bob), undefined);
  assert.match(story.says().at(-1) ?? "", /no role .* has that level.*admin \(75\), member \(0\)/);
  await story.sets(ana, withUser(bob, 80));
  assert.deepEqual(story.done, [{ user: "bob", state: "join", role: "admin" }]);
  await story.sets(ana, withUser(bob, 95));
  assert.equal(story.of(bob), 75, "nobody is made an owner");
});

test("only what changed is asked for, also where the homeserver does not tell what was before", async (t) => {
  const story = await openRoleScene(t, { gives: ["admin", "moderator", "member"] });
  await bobIsThere(story);
  await story.told([is("carl", "owner")], "net:relay");
  await story.network.accept([saying("carl", "hello")]);
  await story.told([is("anna", "owner")]);
  assert.equal(story.of("@net_carl:hs.test"), 95);
  for (const [untold, level, role] of [
    [true, 75, "admin"],
    [false, 50, "moderator"],
  ] as const) {
    await story.sets(ana, withUser(bob, level), untold);
    assert.deepEqual(story.done.splice(0), [{ user: "bob", state: "join", role }]);
  }
  assert.deepEqual(
    story.says().filter((line) => /change of power/.test(line)),
    [],
  );
});

test("what is set under a key of its own is not the room's levels, name or topic", async (t) => {
  const story = await openRoleScene(t);
  await bobIsThere(story);
  await story.told([is("anna", "moderator")]);
  const { room: room_id } = story;
  const content = withUser(bob, 50)(story.levels());
  for (const one of [
    { type, content },
    { type: "m.room.name", content: { name: "Ana's" } },
  ])
    await story.push(story.homeserver.event({ ...one, room_id, state_key: "x", sender: ana }));
  await story.idle();
  assert.deepEqual([story.done, story.says()], [[], ["hello"]]);
});

test("what the network refuses is said, and the level is as it was", async (t) => {
  const story = await openRoleScene(t, { refuses: () => "You are no operator." });
  await bobIsThere(story);
  await story.told([is("eve", "member")], "net:eve");
  await story.told([is("anna", "moderator")]);
  await story.sets(ana, withUser(eve, 50));
  assert.equal(story.of(eve), undefined);
  await story.sets(ana, withUser(bob, 50));
  assert.equal(story.of(bob), undefined);
  assert.equal(story.of(ana), 50);
  const refused = story.says().filter((line) => /change of power.*You are no operator/.test(line));
  assert.equal(refused.length, 2);
});

test("nobody rises by a role above what it is worth: all else is put back, and said", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "moderator")]);
  const before = story.levels();
  const friend = "@friend:far.example";
  await story.sets(ana, withUser(friend, 50));
  assert.deepEqual(story.levels(), before);
  assert.match(
    story.says().at(-1) ?? "",
    /only who has an account .*@friend:far\.example has none/,
  );
  await story.sets(ana, (levels) => ({ ...levels, users_default: 50, kick: 0 }));
  assert.deepEqual(story.levels(), before);
  assert.match(story.says().at(-1) ?? "", /by a role you can change the roles of others only/);
  assert.deepEqual(story.done, []);
});

test("it is put back at once, also while the network is away", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "moderator")]);
  const before = story.levels();
  const live = story.engine.works.box.networks.get(story.network.id);
  live?.gate.close({ why: "away", until: undefined });
  story.homeserver.setters.clear();
  const content = { ...before, users_default: 50 };
  const place = `${story.room} ${type} `;
  story.homeserver.state.set(place, content);
  story.homeserver.setters.set(place, ana);
  const { room: room_id } = story;
  await story.push(story.homeserver.event({ room_id, type, state_key: "", sender: ana, content }));
  await story.settle();
  assert.deepEqual(story.levels(), before);
});

test("who rose while a change of levels waited has the level once that is through", async (t) => {
  const story = await openRoleScene(t);
  const boss = "@boss:hs.test";
  const place = `${story.room} ${type} `;
  story.homeserver.state.set(place, withUser(boss, 100)(atFirst));
  await story.told([is("eve", "voice")], "net:eve");
  const live = story.engine.works.box.networks.get(story.network.id);
  live?.gate.close({ why: "away", until: undefined });
  const before = story.levels();
  const content = { ...before, kick: 75 };
  story.homeserver.state.set(place, content);
  story.homeserver.setters.set(place, boss);
  const set = { room_id: story.room, type, state_key: "", sender: boss, content };
  await story.push({ ...story.homeserver.event(set), unsigned: { prev_content: before } });
  await story.settle();
  const list = [is("eve", "moderator")];
  await story.network.accept([{ kind: "members", chat: lobby, at: 4, list, complete: false }], {
    seenBy: [loginId("net:eve")],
  });
  await story.settle();
  live?.gate.open();
  await story.idle();
  assert.equal(story.of(eve), 50);
  assert.equal(story.levels()["kick"], 75);
});

test("whoever has as much as the bot may change all of it, and it is kept from then on", async (t) => {
  const story = await openRoleScene(t);
  const boss = "@boss:hs.test";
  story.homeserver.state.set(`${story.room} ${type} `, withUser(boss, 100)(atFirst));
  await story.told([is("anna", "moderator")]);
  const friend = "@friend:far.example";
  await story.sets(boss, (levels) => ({ ...withUser(friend, 40)(levels), kick: 75 }));
  assert.equal(story.of(friend), 40);
  await story.sets(ana, (levels) => ({ ...withUser(friend, 30)(levels), kick: 0 }));
  assert.equal(story.of(friend), 40);
  assert.equal(story.levels()["kick"], 75);
});

test("so may whoever was given as much just before", async (t) => {
  const story = await openRoleScene(t);
  const boss = "@boss:hs.test";
  const place = `${story.room} ${type} `;
  story.homeserver.state.set(place, withUser(boss, 100)(atFirst));
  await story.told([is("anna", "moderator")]);
  const next = "@next:hs.test";
  story.homeserver.state.set(place, withUser(next, 100)(story.levels()));
  await story.sets(next, (levels) => ({ ...levels, kick: 75 }));
  assert.equal(story.of(next), 100);
  assert.equal(story.levels()["kick"], 75);
  assert.deepEqual(story.says(), []);
});

test("the same where the homeserver does not say who set them", async (t) => {
  const story = await openRoleScene(t);
  const boss = "@boss:hs.test";
  const place = `${story.room} ${type} `;
  story.homeserver.state.set(place, withUser(boss, 100)(atFirst));
  await story.told([is("anna", "moderator")]);
  t.mock.method(story.homeserver.setters, "get", () => "");
  await story.sets(boss, (levels) => ({ ...levels, kick: 75 }));
  assert.equal(story.levels()["kick"], 75);
  await story.sets(ana, (levels) => ({ ...levels, kick: 0 }));
  assert.equal(story.levels()["kick"], 75);
});

test("where the network gives no roles that is said, and the level is as the network says", async (t) => {
  const story = await openRoleScene(t, { gives: [] });
  await bobIsThere(story);
  const boss = "@boss:hs.test";
  story.homeserver.state.set(`${story.room} ${type} `, withUser(boss, 100)(atFirst));
  await story.told([is("anna", "admin")]);
  assert.equal(story.of(ana), 75);
  assert.equal(object(story.levels()["events"])?.[type], 100, "it would serve nobody");
  await story.sets(boss, withUser(bob, 50));
  assert.equal(story.of(bob), undefined);
  assert.match(story.says().at(-1) ?? "", /nobody's role can be changed there from here/);
});
