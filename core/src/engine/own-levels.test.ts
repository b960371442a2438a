import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId, userId } from "../adapter/index.ts";
import { ana } from "../testing/engine-fixture.ts";
import { atFirst, eve, is, openRoleScene, roles, type, withUser } from "../testing/role-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, scriptedInfo } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { bindRoom } from "./bind.ts";
import { usersOf } from "./levels.ts";
import { logOut } from "./log-out.ts";
import { removePortal } from "./remove-portal.ts";
import { isForRole } from "./room-levels.ts";
import { syncPortal } from "./sync-portal.ts";
import { commitTelling } from "./telling.ts";
import { object } from "./to-network/content.ts";

/** What a moderator could set, where the homeserver says nothing of it. */
const closed = {
  "m.room.join_rules": 100,
  "m.room.guest_access": 100,
  "m.room.history_visibility": 100,
  "m.room.server_acl": 100,
  "m.room.tombstone": 100,
};
const loginOfAnna = loginId("net:anna");

test("whoever is logged in has the level of their own role, and who may give roles can", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "voice")]);
  assert.equal(story.of(ana), 5);
  assert.equal(object(story.levels()["events"])?.[type], 100, "nobody there gives roles");
  await story.told([is("anna", "moderator")]);
  assert.equal(story.of(ana), 50);
  const { events, ...rest } = story.levels();
  assert.deepEqual(events, {
    ...object(atFirst["events"]),
    [type]: 50,
    ...closed,
  });
  assert.deepEqual(rest["users"], { "@bot:hs.test": 100, [ana]: 50 });
  const writes = story.homeserver.count("setState");
  await story.told([is("anna", "moderator")]);
  assert.equal(story.homeserver.count("setState"), writes, "the same again is nothing");
  await story.told([is("anna", "muted")]);
  assert.equal(story.of(ana), undefined, "nobody is silenced here");
  await story.told([is("anna", "admin")]);
  await story.told([{ user: userId("anna"), state: "leave" }]);
  assert.equal(story.of(ana), undefined, "who left has none");
});

test("only what an account sees of itself counts, and the lower of two roles", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "owner")], "net:relay");
  await story.told([is("anna", "owner")], "net:eve");
  assert.equal(story.of(ana), undefined);
  await story.told([is("anna", "voice"), is("anna", "owner")]);
  assert.equal(story.of(ana), 5);
});

test("a level that was given by hand stays, and whoever has as much as the bot keeps it", async (t) => {
  const story = await openRoleScene(t);
  story.homeserver.state.set(`${story.room} ${type} `, {
    ...atFirst,
    users: { "@bot:hs.test": 100, [ana]: 100, [eve]: 40 },
  });
  await story.told([is("anna", "moderator")]);
  await story.told([is("anna", "member")]);
  assert.deepEqual(story.levels()["users"], { "@bot:hs.test": 100, [ana]: 100, [eve]: 40 });
});

test("a level is known to be that of a role for as long as somebody has it", async (t) => {
  const story = await openRoleScene(t);
  const { homeserver, room, store } = story;
  const known: boolean[] = [];
  homeserver.before = async ({ op }) => {
    if (op !== "setState") return;
    known.push(await isForRole(store.read, room, { person: ana, level: 50 }));
  };
  await story.told([is("anna", "moderator")]);
  await story.told([is("anna", "voice")]);
  assert.deepEqual(known, [true, true]);
});

test("what the homeserver does not take is nobody's level for a role", async (t) => {
  const story = await openRoleScene(t);
  const { homeserver, room, store } = story;
  homeserver.state.set(`${room} ${type} `, withUser(ana, 40)(story.levels()));
  homeserver.before = ({ op }) => {
    if (op === "setState") throw refusal("M_FORBIDDEN");
  };
  await story.told([is("anna", "moderator")]);
  assert.equal(await isForRole(store.read, room, { person: ana, level: 50 }), false);
  homeserver.before = () => undefined;
  await story.told([is("anna", "member")]);
  assert.equal(story.of(ana), 40, "given by hand");
});

test("a sync gives the level that somebody took away by hand", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "moderator")]);
  const { [ana]: _gone, ...users } = usersOf(story.levels()["users"]);
  story.homeserver.state.set(`${story.room} ${type} `, { ...story.levels(), users });
  const { works } = story.engine;
  const [portal] = await works.portals.ofRoom(story.room);
  assert.ok(portal);
  await syncPortal(works, portal, AbortSignal.timeout(5000));
  await story.idle();
  assert.equal(story.of(ana), 50);
});

test("a room that tells no levels is left alone", async (t) => {
  const story = await openRoleScene(t);
  const before = story.homeserver.count("setState");
  story.homeserver.state.delete(`${story.room} ${type} `);
  await story.told([is("anna", "moderator")]);
  assert.equal(story.homeserver.count("setState"), before);
});

test("nobody opens, moves or governs the room by a role, also where none can be given", async (t) => {
  const story = await openRoleScene(t, { gives: [] });
  const { [type]: _unsaid, ...events } = usersOf(atFirst["events"]);
  story.homeserver.state.set(`${story.room} ${type} `, { ...atFirst, events });
  await story.told([is("anna", "moderator")]);
  assert.deepEqual(story.levels()["events"], { ...events, ...closed, [type]: 100 });
  const writes = story.homeserver.count("setState");
  await story.told([is("anna", "voice")]);
  await story.told([is("anna", "moderator")]);
  assert.equal(story.homeserver.count("setState"), writes + 2, "her level alone");
});

test("a creator of the room has no level", async (t) => {
  const story = await openRoleScene(t);
  const content = { room_version: "12", additional_creators: [ana] };
  story.homeserver.creations.set(story.room, { sender: "@bot:hs.test", content });
  await story.told([is("anna", "moderator")]);
  assert.equal(story.of(ana), undefined);
});

test("whoever may give roles can as soon as the chat says that there are some", async (t) => {
  const story = await openRoleScene(t, { gives: [] });
  await story.told([is("anna", "admin")]);
  const need = () => object(story.levels()["events"])?.[type];
  assert.equal(need(), 100);
  const features = { ...scriptedInfo.features, version: "10", roles };
  await story.network.accept([{ kind: "chat", chat: lobby, at: 9, info: { features } }]);
  await story.idle();
  assert.equal(need(), 50);
});

test("in a room of two chats nobody has a level by their role in one, nor what they set by it", async (t) => {
  const story = await openRoleScene(t);
  await story.told([is("anna", "moderator")]);
  const before = story.levels();
  const place = `${story.room} ${type} `;
  const raised = { ...withUser("@friend:far.example", 50)(before), users_default: 50 };
  story.homeserver.state.set(place, raised);
  story.homeserver.setters.set(place, ana);
  const { works } = story.engine;
  const live = works.box.networks.get(story.network.id);
  assert.ok(live);
  const signal = AbortSignal.timeout(5000);
  const portal = await bindRoom(works, live, { room: story.room, name: "other", signal });
  await story.idle();
  assert.deepEqual(story.levels(), { ...before, users: { "@bot:hs.test": 100 } });
  const announce = await commitTelling(works.box, (tx, tell) =>
    removePortal(works.box, tx, { portal, tell }),
  );
  works.portals.forget(portal);
  announce();
  await story.idle();
  assert.deepEqual(story.levels(), before, "as soon as it is the room of one again");
});

for (const version of ["11", "12"])
  test(`what somebody sets by a role in the room in which one goes on is put back, version ${version}`, async (t) => {
    const story = await openRoleScene(t);
    const { homeserver, room: old } = story;
    const boss = "@boss:hs.test";
    homeserver.state.set(`${old} ${type} `, withUser(boss, 100)(atFirst));
    await story.told([is("anna", "moderator")]);
    const next = homeserver.makeRoom("!next:hs.test", [boss, ana, homeserver.bot]);
    const content = { room_version: version, predecessor: { room_id: old } };
    homeserver.creations.set(next, { sender: boss, content });
    const tombstone = { body: "on we go", replacement_room: next };
    homeserver.state.set(`${old} m.room.tombstone `, tombstone);
    const users = { ...usersOf(story.levels()["users"]) };
    if (version === "12") delete users[boss];
    const raised = {
      ...withUser("@friend:far.example", 50)({ ...story.levels(), users }),
      kick: 0,
    };
    homeserver.state.set(`${next} ${type} `, raised);
    homeserver.setters.set(`${next} ${type} `, ana);
    const event = { room_id: old, type: "m.room.tombstone", state_key: "", sender: boss };
    await story.push(homeserver.event({ ...event, content: tombstone }));
    await story.idle();
    const levels = homeserver.state.get(`${next} ${type} `);
    assert.deepEqual(levels, { ...raised, users, kick: 50 });
  });

test("of the roles in a chat nothing is kept once its portal ends", async (t) => {
  const story = await openRoleScene(t);
  const { homeserver, store } = story;
  const { works } = story.engine;
  await story.told([is("anna", "voice")]);
  const [portal] = await works.portals.ofRoom(story.room);
  assert.ok(portal);
  const asked = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  homeserver.before = async ({ op }) => {
    if (op !== "setState") return;
    asked.resolve();
    await hold.promise;
  };
  const telling = story.told([is("anna", "moderator")]);
  await asked.promise;
  await store.commit((tx) =>
    removePortal(works.box, tx, { portal, tell: () => undefined, isEmptied: true }),
  );
  works.portals.forget(portal);
  hold.resolve();
  await telling;
  assert.equal(await store.read.keys.get("levels", String(portal.id)), undefined);
  assert.equal(await store.read.keys.get(`role:${loginOfAnna}`, String(portal.id)), undefined);
});

test("a restart with nothing changed writes nothing, and a log-out takes the level", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const first = await openRoleScene(t, { store });
  await first.told([is("anna", "moderator"), is("eve", "member")]);
  const { homeserver } = first;
  await first.engine.stop();
  const before = homeserver.calls.length;
  const again = await openRoleScene(t, { store, homeserver });
  await again.told([is("anna", "moderator"), is("eve", "member")]);
  assert.deepEqual(
    homeserver.calls.slice(before).filter(({ op }) => op === "setState"),
    [],
  );
  const { works, supervisor } = again.engine;
  await logOut(works, supervisor, { id: loginOfAnna, network: again.network.id, owner: ana });
  await again.idle();
  assert.equal(again.of(ana), undefined);
});
