import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId, userId } from "../adapter/index.ts";
import type { Log } from "../adapter/index.ts";
import { putRole } from "../engine/account-roles.ts";
import { asJson } from "../engine/as-json.ts";
import { roomLane } from "../engine/control.ts";
import { putOwnState } from "../engine/own-chat.ts";
import { putLevels } from "../engine/room-levels.ts";
import { ana, quiet } from "../testing/engine-fixture.ts";
import {
  lobby,
  loginOf,
  saying,
  ScriptedNetwork,
  scriptedInfo,
} from "../testing/scripted-network.ts";
import { logIn } from "../testing/log-in.ts";
import { openTalk, talkRoom } from "../testing/talk-scene.ts";

const room = "!lobby:hs.test";
const bob = "@bob:hs.test";

/** A bridged room whose settings ana may change. */
const open = async (t: TestContext, overrides: Parameters<typeof openTalk>[1] = {}) => {
  const scene = await openTalk(t, overrides);
  const portal = await scene.plumb();
  scene.homeserver.state.set(`${room} m.room.power_levels `, { users: { [ana]: 100 } });
  return { ...scene, portal };
};

test("who has two accounts of a network speaks in a room by the one they prefer there", async (t) => {
  const scene = await open(t);
  const { ask, anaSays, idle, network } = scene;
  await logIn(scene, "one");
  await logIn(scene, "two");
  const speakers: string[] = [];
  const { connections } = scene.engine.works.box;
  const call = connections.call.bind(connections);
  t.mock.method(connections, "call", ((login, op, ...args) => {
    if (op === "send") speakers.push(login);
    return call(login, op, ...args);
  }) satisfies typeof connections.call);
  await anaSays("as usual");
  await idle();
  assert.match(await ask("!net set-preferred-login net:two", { room }), /speak here as two/);
  await anaSays("as the other");
  await idle();
  assert.deepEqual(speakers, ["net:one", "net:two"]);
  assert.equal(network.sent.length, 2);
  assert.match(await ask("!net set-preferred-login three", { room }), /no login of that name/);
  assert.match(await ask("set-preferred-login net:two"), /^Nothing was changed/);
});

test("of a chat that is unbridged nothing is kept beside its accounts", async (t) => {
  const { ask, store, portal, idle } = await open(t);
  const login = loginId("net:relay");
  await store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, login, 0);
    await putRole(tx, { portal: portal.id, login }, "moderator");
    await putOwnState(tx, { portal: portal.id, login }, { is: { unread: true } });
  });
  assert.match(await ask("!net unbridge", { room }), /not bridged any more/);
  await idle();
  for (const scope of ["role", "own"])
    assert.equal(await store.read.keys.get(`${scope}:${login}`, String(portal.id)), undefined);
});

test("who has power in a room by their role in the chat does not change how it is bridged, an admin does", async (t) => {
  const admin = "@admin:hs.test";
  const permits = (who: string, what: string): boolean => what !== "admin" || who === admin;
  const scene = await open(t, { settings: { permits } });
  const { ask, store, portal, homeserver } = scene;
  const place = `${room} m.room.power_levels `;
  homeserver.state.set(place, { users: { [ana]: 50 } });
  await store.commit((tx) => putLevels(tx, portal.id, { room, given: { [ana]: 50 } }));
  for (const command of ["!net unbridge", "!net set-relay"])
    assert.match(await ask(command, { room }), /power .* is that of your role.*Ask an admin/);
  assert.match(await ask("!net unset-relay", { room, sender: admin }), /lobby/);
  homeserver.state.set(place, { users: { [ana]: 100 } });
  assert.match(await ask("!net unbridge", { room }), /not bridged any more/);
});

test("sync-portal reads a chat anew, and puts right what somebody changed", async (t) => {
  const network = new ScriptedNetwork();
  network.more = {
    describe: () =>
      Promise.resolve({
        ...scriptedInfo,
        topic: "What it is about",
        members: [{ user: userId("carl"), state: "join" }],
        membersComplete: true,
      }),
  };
  const scene = await open(t, { network, members: "full" });
  const { homeserver, ask, echo, store, portal } = scene;
  assert.match(
    await ask("!bridgebox sync-portal", { room }),
    /net lobby was read anew, with 1 people/,
  );
  await echo();
  assert.equal(homeserver.state.get(`${room} m.room.topic `)?.["topic"], "What it is about");
  assert.equal(homeserver.members.get(room)?.get("@net_carl:hs.test"), "join");
  assert.equal((await store.read.portals.get(portal.id))?.info?.topic, "What it is about");
  const writes = ["setState", "join", "invite", "leave", "kick", "register"];
  homeserver.calls.length = 0;
  await ask("!bridgebox sync", { room });
  await echo();
  assert.deepEqual(
    homeserver.calls.filter(({ op }) => writes.includes(op)),
    [],
  );
  homeserver.state.set(`${room} m.room.topic `, { topic: "Something else" });
  await ask("!net sync-portal", { room });
  await echo();
  assert.equal(homeserver.state.get(`${room} m.room.topic `)?.["topic"], "What it is about");
});

test("a room that is muted hears nothing of what fails, until it is unmuted", async (t) => {
  const scene = await open(t);
  const { ask, anaSays, echo, homeserver, network, portal } = scene;
  const why = new BridgeError("invalid", "It is too odd.", { reached: "no", scope: "item" });
  network.send = () => Promise.reject(why);
  const bot = () => homeserver.said(room).filter((line) => line.includes("too odd")).length;
  await ask("!bridgebox mute", { room });
  const before = bot();
  const silent = await anaSays("one");
  await echo();
  assert.equal(await scene.outcome(silent.event_id, portal.id), "failed");
  assert.equal(bot(), before);
  await ask("!bridgebox unmute", { room });
  const again = bot();
  await anaSays("two");
  await echo();
  assert.ok(bot() > again, homeserver.said(room).join("\n"));
});

test("who may not change a room may not mute it either", async (t) => {
  const { ask } = await open(t, { settings: { permits: (_who, what) => what !== "admin" } });
  assert.match(await ask("!bridgebox mute", { room, sender: bob }), /was not muted: you need/);
});

test("ping tells of the homeserver and of one's own logins", async (t) => {
  const scene = await open(t);
  assert.match(await scene.ask("ping"), /^I am here\.[^]*You have no login/);
  await logIn(scene, "one");
  assert.match(await scene.ask("ping"), /Your logins:\n {2}net, one: Connected/);
});

test("resolve-identifier tells who somebody is, and opens nothing", async (t) => {
  const network = new ScriptedNetwork();
  const carl = { name: "Carl", user: userId("carl"), chat: { id: chatId("dm-carl") } };
  network.more = {
    resolve: (name) => Promise.resolve(name === "carl" ? carl : undefined),
  };
  const scene = await open(t, { network });
  const { ask, homeserver } = scene;
  assert.match(await ask("resolve-identifier net carl"), /not logged in/);
  await logIn(scene, "one");
  const rooms = homeserver.count("createRoom");
  assert.match(await ask("!net resolve carl"), /^Carl\n {2}person: carl\n {2}chat: dm-carl/);
  assert.match(await ask("resolve nobody"), /Nobody and nothing is called nobody/);
  assert.equal(homeserver.count("createRoom"), rooms);
  homeserver.makeRoom(talkRoom, [ana, homeserver.bot, bob]);
  assert.match(await ask("!net resolve carl"), /others read along/);
});

test("an admin acts for somebody, or in a room, with what that person may do; the log has it", async (t) => {
  const lines: object[] = [];
  const log: Log = {
    ...quiet,
    info: (says, facts) => void (says.startsWith("An admin") && lines.push(facts ?? {})),
  };
  const network = new ScriptedNetwork();
  network.logins = {
    code: { label: "Code", gives: "all", run: () => Promise.resolve([loginOf("x", "user")]) },
  };
  const scene = await open(t, {
    log,
    network,
    settings: { permits: (who, what) => who === ana || (who === bob && what !== "admin") },
  });
  const { ask } = scene;
  await logIn(scene, "bobs", { owner: bob });
  assert.match(await ask(`sudo ${bob} list-logins`), /net:bobs/);
  assert.match(await ask("list-logins"), /not logged in/);
  assert.match(await ask(`doin ${room} id`), /net lobby/);
  assert.match(await ask(`sudo ${bob} doin ${room} id`), /may not use doin/);
  assert.match(await ask("sudo @eve:hs.test list-logins"), /may not use list-logins/);
  assert.match(await ask(`sudo ${ana} sudo ${bob} ping`), /only once/);
  assert.match(await ask(`sudo ${bob} login net code`), /people log in themselves/);
  for (const own of ["login-matrix", "link", "confirm WORD"])
    assert.match(await ask(`sudo ${bob} ${own}`), /themselves, in a room with me/, own);
  assert.match(await ask(`sudo bob ping`), /^Nothing was done: say sudo @somebody/);
  assert.match(await ask(`sudo ${ana} ping`, { sender: bob }), /may not use sudo/);
  assert.deepEqual(lines[0], { admin: ana, as: bob, room: talkRoom, command: "list-logins" });
  assert.deepEqual(lines[1], { admin: ana, as: ana, room, command: "id" });
});

test("what an admin has done in another room is not read where others are", async (t) => {
  const scene = await open(t);
  const { ask, homeserver } = scene;
  await logIn(scene, "one");
  homeserver.makeRoom("!two:hs.test", [ana, homeserver.bot]);
  const answer = await ask("!bridgebox doin !two:hs.test delete-all-portals", { room });
  assert.match(answer, /others read along|no such room/);
  homeserver.makeRoom(room, [ana, homeserver.bot, bob, "@net_carl:hs.test"]);
  assert.match(
    await ask("!bridgebox doin !two:hs.test search net carl", { room }),
    /others read along/,
  );
});

test("a command that a crash interrupted is not done twice, where that would be wrong", async (t) => {
  const scene = await open(t);
  const { homeserver, engine, store, idle } = scene;
  const event = homeserver.event({
    room_id: talkRoom,
    type: "m.room.message",
    sender: ana,
    content: { msgtype: "m.text", body: "pm net carl" },
  });
  const lane = roomLane(talkRoom);
  const key = engine.works.box.keyOf(lane.portal, event.event_id, "");
  await store.commit(async (tx) => {
    const payload = { event: asJson(event) };
    const at = scene.clock.now();
    const id = await tx.items.add({
      lane,
      rank: 1,
      origin: event.event_id,
      kind: "command",
      payload,
      at,
      key,
    });
    await tx.items.claim(id, at);
  });
  engine.works.box.wake(lane);
  await idle();
  assert.match(homeserver.said(talkRoom).at(-1) ?? "", /I was restarted while I did that: pm/);
});

test("what was heard before the room was read anew is kept", async (t) => {
  const { network, echo, homeserver, ask } = await open(t);
  await network.accept([saying("carl", "hello", { chat: lobby })]);
  await echo();
  await ask("!bridgebox sync-portal", { room });
  assert.ok(homeserver.said(room).includes("hello"));
});

test("a secret behind what an admin does is taken out too, and never logged", async (t) => {
  const lines: string[] = [];
  const log: Log = {
    ...quiet,
    info: (says, facts) => void lines.push(says, JSON.stringify(facts)),
  };
  const { ask, said, homeserver } = await open(t, {
    log,
    settings: { permits: (who, what) => who === ana || what !== "admin" },
  });
  const token = "syt_YW5h_pdFZKVeTuE8sk7oOcHrzqqgy_0x1y2z";
  const isOut = () => homeserver.events.some(({ redacts }) => redacts === said()?.event_id);
  for (const line of [
    `sudo ${bob} login-matrix ${token}`,
    `sudo login-matrix ${token}`,
    `doin ${room} login-matrix ${token}`,
    `sudo ${bob} ${token}`,
  ]) {
    await ask(line);
    assert.ok(isOut(), line);
  }
  homeserver.makeRoom("!bobs:hs.test", [bob, homeserver.bot]);
  await ask(`sudo ${ana} login-matrix ${token}`, { room: "!bobs:hs.test", sender: bob });
  assert.ok(isOut(), "also of who may not say it");
  assert.ok(!lines.join(" ").includes("pdFZ"));
});
