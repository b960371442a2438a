import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "../adapter/index.ts";
import type { Member, RemoteEvent } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";
const ghost = (name: string): string => `@net_${name}:hs.test`;
const member = (user: string, state: Member["state"], role?: Member["role"]): Member => ({
  user: userId(user),
  state,
  ...(role === undefined ? {} : { role }),
});
const members = (list: readonly Member[], complete = false): RemoteEvent => ({
  kind: "members",
  chat: lobby,
  at: 1,
  list,
  complete,
});

test("who is in the chat is in the room, with their power, and whoever vanished is not", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const levels = { room, type: "m.room.power_levels", key: "" };
  await scene.homeserver.setState(levels, { users: {} }, { class: "live" });
  await scene.network.accept([members([member("a", "join", "moderator"), member("b", "join")])]);
  await scene.idle();
  const joined = scene.homeserver.members.get(room);
  assert.equal(joined?.get(ghost("a")), "join");
  const power = await scene.homeserver.getState(levels, { class: "live" });
  assert.deepEqual(power, { users: { [ghost("a")]: 50 } });
  await scene.network.accept([members([member("b", "join")], true)]);
  await scene.idle();
  assert.equal(joined?.get(ghost("a")), "leave");
  const writes = scene.homeserver.calls.length;
  await scene.network.accept([members([member("b", "join")], true)]);
  await scene.idle();
  assert.equal(scene.homeserver.calls.length, writes, "the same roster again is nothing");
});

test("levels that an old room has as texts are still there when somebody gets one", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const levels = { room, type: "m.room.power_levels", key: "" };
  const users = { "@bot:hs.test": "100", "@boss:hs.test": 100, "@mod:hs.test": " 50 " };
  await scene.homeserver.setState(levels, { users }, { class: "live" });
  await scene.network.accept([members([member("a", "join", "moderator")])]);
  await scene.idle();
  const power = await scene.homeserver.getState(levels, { class: "live" });
  const now = { "@bot:hs.test": 100, "@boss:hs.test": 100, "@mod:hs.test": 50 };
  assert.deepEqual(power, { users: { ...now, [ghost("a")]: 50 } });
});

test("of whoever came and went nothing is kept once it is shown", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const portal = await scene.store.read.portals.find(net, lobby);
  assert.ok(portal);
  const left = async () => [
    ...(await scene.store.read.roster.of(portal.id)).map(({ user, state }) => `${user} ${state}`),
    ...(await scene.store.read.members.ofRoom(room)).map(({ mxid }) => mxid),
  ];
  const before = await left();
  for (const state of ["join", "leave"] as const)
    await scene.network.accept([members([member("a", state), member("b", state)])]);
  await scene.echo();
  await scene.network.accept([members([member("c", "leave")])]);
  await scene.echo();
  assert.deepEqual(await left(), before);
});

test("what somebody said who has left since is still taken out of the room", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const said = saying("a", "spam");
  await scene.network.accept([said]);
  await scene.idle();
  await scene.network.accept([members([member("a", "ban")])]);
  await scene.idle();
  const { id, chat } = said;
  await scene.network.accept([{ kind: "delete", key: "d", chat, at: 2, ids: [id], for: "all" }]);
  await scene.idle();
  const taken = scene.homeserver.events.filter(({ type }) => type === "m.room.redaction");
  assert.deepEqual(
    taken.map(({ sender }) => sender),
    [scene.homeserver.bot],
  );
  assert.deepEqual(scene.homeserver.said(room), ["spam"], "and nothing is said of it");
});

test("one who is banned from the room keeps nobody else out", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  scene.homeserver.members.get(room)?.set(ghost("a"), "ban");
  await scene.network.accept([members([member("a", "join"), member("b", "join")])]);
  await scene.idle();
  assert.equal(scene.homeserver.members.get(room)?.get(ghost("b")), "join");
});

test("somebody who leaves while they are being let in does not stay", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const hold = Promise.withResolvers<void>();
  scene.homeserver.before = ({ op }) => (op === "join" ? hold.promise : undefined);
  await scene.network.accept([members([member("a", "join")])]);
  await until("they are being let in", () => scene.homeserver.count("join") === 1);
  await scene.network.accept([members([member("a", "leave")])]);
  hold.resolve();
  await scene.idle();
  assert.equal(scene.homeserver.members.get(room)?.get(ghost("a")), "leave");
});

test("a role is set after all where the homeserver failed when it was to be set", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  const levels = { room, type: "m.room.power_levels", key: "" };
  await scene.homeserver.setState(levels, { users: {} }, { class: "live" });
  let failures = 1;
  scene.homeserver.before = ({ op }) => {
    if (op === "setState" && failures-- > 0) throw refusal("HTTP", 502);
  };
  await scene.network.accept([members([member("a", "join", "admin")])]);
  await until("it failed", () => failures <= 0);
  await scene.settle();
  scene.clock.advance(61_000);
  await scene.idle();
  const power = await scene.homeserver.getState(levels, { class: "live" });
  assert.deepEqual(power, { users: { [ghost("a")]: 75 } });
});

test("levels that the homeserver never takes keep nobody out", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  const { id } = await scene.plumb();
  const levels = { room, type: "m.room.power_levels", key: "" };
  await scene.homeserver.setState(levels, { users: {} }, { class: "live" });
  scene.homeserver.before = ({ op }) => {
    if (op === "setState") throw refusal("M_TOO_LARGE", 413);
  };
  await scene.network.accept([members([member("a", "join", "voice")])]);
  await scene.idle();
  assert.equal(scene.homeserver.members.get(room)?.get(ghost("a")), "join");
  assert.deepEqual(await scene.store.read.roster.dirty(id, 1), [], "nobody waits behind it");
});

test("who was put out before the box was killed is not put out again", async (t) => {
  let struck = 1;
  const scene = await openEngine(t, {
    members: "full",
    failpoint: (name) =>
      name === "leave.after-call" && struck-- > 0
        ? Promise.reject(new Error("killed"))
        : Promise.resolve(),
  });
  await scene.plumb();
  await scene.network.accept([members([member("a", "join"), member("b", "join")])]);
  await scene.idle();
  const { homeserver, clock } = scene;
  await scene.network.accept([members([{ ...member("a", "leave"), by: userId("b") }])]);
  await until("it was struck", () => struck <= 0);
  await scene.settle();
  clock.advance(61_000);
  await scene.idle();
  assert.deepEqual([homeserver.count("kick"), homeserver.count("leave")], [1, 0]);
  assert.equal(homeserver.members.get(room)?.get(ghost("a")), "leave");
});

test("a new name is a new ghost: one leaves, the other comes", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  await scene.network.accept([members([member("old", "join")]), saying("old", "hi")]);
  await scene.idle();
  await scene.network.accept([
    { kind: "userRenamed", from: userId("old"), to: userId("new"), at: 2 },
  ]);
  await scene.idle();
  const joined = scene.homeserver.members.get(room);
  assert.equal(joined?.get(ghost("old")), "leave");
  assert.equal(joined?.get(ghost("new")), "join");
});

test("one member for whom the homeserver has no answer holds up no other", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  await scene.plumb();
  let refused = 0;
  scene.homeserver.before = ({ op, as }) => {
    if (op !== "join" || as !== ghost("a")) return;
    refused += 1;
    if (refused < 3) throw refusal("M_UNKNOWN", 500);
  };
  await scene.network.accept([members([member("a", "join"), member("b", "join")])]);
  const shown = (name: string) => scene.homeserver.members.get(room)?.get(ghost(name));
  await until("the other is there", () => shown("b") === "join");
  assert.equal(shown("a"), undefined);
  await until("the first one too, in the end", () => {
    scene.clock.advance(5000);
    return shown("a") === "join";
  });
  await scene.idle();
});
