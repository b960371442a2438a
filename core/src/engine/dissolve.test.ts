import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginId, networkId, userId } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import { logIn } from "../testing/log-in.ts";
import { lobby, loginOf, saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { refusal, ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import { open as openStore } from "../testing/store-sqlite.ts";
import { newMessage, tempDir } from "../testing/store-fixture.ts";
import { statuses } from "../testing/asked-scene.ts";
import { talkIn } from "../testing/talk-scene.ts";
import { until } from "../testing/until.ts";
import { commandHandler } from "../commands/index.ts";
import type { Repositories } from "../store/types.ts";
import type { Cleanup } from "./box.ts";
import { roomLane } from "./control.ts";
import { logOut } from "./log-out.ts";
import { isMuted, setMuted } from "./mute.ts";

const bob = "@bob:hs.test";
const ghost = "@net_carl:hs.test";

interface Options {
  readonly owners?: readonly string[];
  readonly cleanup?: Cleanup;
  readonly homeserver?: ScriptedHomeserver;
  readonly failpoint?: (name: string) => Promise<void>;
  readonly dir?: string;
  /** Whether everybody is an admin. */
  readonly admins?: boolean;
}

const nameOf = (owner: string): string => owner.slice(1, owner.indexOf(":"));

/** A chat with a room that the box made, in which these people's logins are and carl has spoken. */
const open = async (t: TestContext, options: Options = {}) => {
  const { owners = [ana], cleanup, homeserver = new ScriptedHomeserver(), failpoint } = options;
  const store = await openStore(options.dir ?? (await tempDir(t)));
  const network = new ScriptedNetwork({ standing: [] });
  const parts = {
    commands: commandHandler,
    settings: {
      permits: (_who: string, what: string) => what !== "admin" || options.admins === true,
    },
    homeserver,
    store,
    ...(failpoint && { failpoint }),
    networkSettings: cleanup ? { cleanup } : {},
  };
  const scene = talkIn(await openEngine(t, { ...parts, network }));
  t.after(() => store.close().catch(() => undefined));
  for (const owner of owners) await logIn(scene, nameOf(owner), { owner });
  const seenBy = owners.map((owner) => loginId(`net:${nameOf(owner)}`));
  await network.accept([saying("carl", "hello")], { seenBy });
  await scene.echo();
  const portal = await store.read.portals.find(net, lobby);
  const room = portal?.room;
  assert.ok(portal && room);
  for (const owner of owners) homeserver.members.get(room)?.set(owner, "join");
  const members = () => Object.fromEntries(homeserver.members.get(room) ?? []);
  const again = async (killed: () => void) => {
    const stopped = scene.engine.stop();
    await until("it is stopping", () => scene.engine.works.box.signal.aborted);
    killed();
    await stopped;
    homeserver.calls.length = 0;
    const next = new ScriptedNetwork({ standing: [] });
    const { failpoint: _none, ...rest } = parts;
    return { ...(await openEngine(t, { ...rest, network: next })), network: next };
  };
  return { ...scene, network, portal, room, members, again, seenBy };
};

test("who alone has a chat deletes its room: all leave, and the chat gets a new one", async (t) => {
  const { ask, room, members, store, network, echo, homeserver, seenBy } = await open(t);
  assert.match(await ask("!bridgebox delete-portal", { room }), /everybody leaves it now/);
  await echo();
  assert.deepEqual(members(), { [homeserver.bot]: "leave", [ana]: "leave", [ghost]: "leave" });
  assert.equal(await store.read.portals.find(net, lobby), undefined);
  assert.ok(homeserver.said(room).at(-1)?.includes("is deleted"), "it was said before all left");
  await network.accept([saying("carl", "again")], { seenBy });
  await echo();
  const portal = await store.read.portals.find(net, lobby);
  assert.ok(portal?.room !== undefined && portal.room !== room);
  assert.deepEqual(homeserver.said(portal.room), ["again"]);
});

test("what was noted of a chat or a login goes with it", async (t) => {
  const { ask, room, portal, store, echo, engine } = await open(t);
  const id = loginId("net:ana");
  await store.commit(async (tx) => {
    for (const scope of ["members", "gap"]) await tx.keys.set(scope, String(portal.id), 1, false);
    for (const scope of ["spaces", "chats"]) await tx.keys.set(scope, id, 1, false);
    await setMuted(tx, { room }, true);
  });
  await ask("!bridgebox delete-portal", { room });
  await echo();
  await logOut(engine.works, engine.supervisor, { id, network: net, owner: ana });
  const left = async (scope: string, key: string) => store.read.keys.get(scope, key);
  for (const scope of ["members", "gap"])
    assert.equal(await left(scope, String(portal.id)), undefined, scope);
  for (const scope of ["spaces", "chats"]) assert.equal(await left(scope, id), undefined, scope);
  assert.equal(await isMuted(store.read, { room }), false);
});

test("who is not alone in it needs the power to change the room", async (t) => {
  const { ask, room, members, homeserver } = await open(t, { owners: [ana, bob] });
  assert.match(await ask("!bridgebox delete-portal", { room }), /you need the power/);
  assert.equal(members()[ana], "join");
  homeserver.state.set(`${room} m.room.power_levels `, { users: { [ana]: 100 } });
  assert.match(await ask("!net delete-portal", { room }), /everybody leaves/);
  assert.deepEqual([members()[ana], members()[bob]], ["leave", "leave"]);
});

test("a room that people made keeps them and the bot", async (t) => {
  const permits = (_who: string, what: string): boolean => what !== "admin";
  const parts = { commands: commandHandler, settings: { permits } };
  const scene = talkIn(await openEngine(t, parts));
  const { homeserver, network, store, echo } = scene;
  const portal = await scene.plumb();
  await network.accept([saying("carl", "hello")]);
  await echo();
  homeserver.state.set(`${portal.room} m.room.power_levels `, { users: { [ana]: 100 } });
  const room = portal.room ?? "";
  assert.match(await scene.ask("!bridgebox delete-portal", { room }), /is yours/);
  const members = Object.fromEntries(homeserver.members.get(room) ?? []);
  assert.deepEqual(members, { [ana]: "join", [homeserver.bot]: "join", [ghost]: "leave" });
  assert.equal(await store.read.portals.find(net, lobby), undefined);
});

for (const where of ["dissolve.before-rows", "dissolve.before-leave", "dissolve.before-bot"])
  test(`a box that is killed at ${where} goes on there`, async (t) => {
    let reached = false;
    const killed = Promise.withResolvers<never>();
    const scene = await open(t, {
      failpoint: async (name) => {
        if (name !== where) return;
        reached = true;
        await killed.promise;
      },
    });
    const { room, homeserver, members, push } = scene;
    const content = { msgtype: "m.text", body: "!bridgebox delete-portal" };
    const said = homeserver.event({ room_id: room, type: "m.room.message", sender: ana, content });
    await push(said);
    await until("it is reached", () => reached);
    const after = await scene.again(() => killed.reject(new Error("killed")));
    await after.idle();
    assert.deepEqual(members(), { [homeserver.bot]: "leave", [ana]: "leave", [ghost]: "leave" });
    assert.equal(await after.store.read.portals.find(net, lobby), undefined);
    assert.deepEqual(await after.store.read.members.ofRoom(room), []);
    homeserver.calls.length = 0;
    await after.engine.stop();
    assert.deepEqual(homeserver.calls, []);
  });

test("what was said for years is forgotten by and by before the chat ends", async (t) => {
  let left: number | undefined;
  const scene = await open(t, {
    failpoint: async (name) => {
      if (name === "dissolve.before-rows") left = await scene.store.commit(countOf);
    },
  });
  const { ask, portal, room, store, echo } = scene;
  const countOf = (tx: Repositories): Promise<number> => tx.portals.empty(portal.id);
  await store.commit(async (tx) => {
    for (let at = 0; at < 2500; at += 1)
      await tx.messages.add(newMessage(portal.id, `m${at}`, { at, room }));
  });
  await ask("!bridgebox delete-portal", { room });
  await echo();
  assert.ok(left !== undefined && left < 100);
  assert.equal(await store.read.portals.find(net, lobby), undefined);
});

test("a homeserver that is away meanwhile is waited for", async (t) => {
  const { ask, room, members, homeserver, clock, idle } = await open(t);
  let refusals = 2;
  homeserver.before = ({ op }) => {
    if (op === "kick" && refusals > 0) {
      refusals -= 1;
      throw refusal("M_UNKNOWN", 502);
    }
  };
  const done = ask("!bridgebox delete-portal", { room }).catch(() => "");
  await until("it was refused", () => {
    clock.advance(61_000);
    return members()[homeserver.bot] === "leave";
  });
  await done;
  await idle();
  assert.equal(members()[ana], "leave");
});

test("while a large room empties, whatever else is to be done is done", async (t) => {
  const { ask, room, homeserver, members, push } = await open(t);
  const hold = Promise.withResolvers<void>();
  homeserver.before = ({ op, as }) => (op === "leave" && as === ghost ? hold.promise : undefined);
  const deleted = ask("!bridgebox delete-portal", { room }).catch(() => "");
  await until("its ghosts are leaving", () => homeserver.count("leave") === 1);
  const other = Array.from({ length: 2000 }, (_, number) => `!talk${number}:hs.test`).find(
    (one) => roomLane(one).portal === roomLane(room).portal,
  );
  assert.ok(other);
  homeserver.makeRoom(other, [ana, homeserver.bot]);
  const content = { msgtype: "m.text", body: "help" };
  await push(homeserver.event({ room_id: other, type: "m.room.message", sender: ana, content }));
  await until("the bot answers", () => homeserver.said(other).length === 2);
  assert.equal(members()[ghost], "join");
  hold.resolve();
  await until("all have left", () => members()[homeserver.bot] === "leave");
  await deleted;
});

test("what waited for the network when its portal ended has an outcome", async (t) => {
  const scene = await open(t);
  const { room, store, portal, engine, anaSays, settle } = scene;
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  live.gate.close({ until: undefined, why: "It is away." });
  const said = await anaSays("never", { room });
  await settle();
  const content = { msgtype: "m.text", body: "!bridgebox delete-portal" };
  await scene.push(
    scene.homeserver.event({ room_id: room, type: "m.room.message", sender: ana, content }),
  );
  await until("the bot has left", () => scene.members()[scene.homeserver.bot] === "leave");
  assert.equal(await store.read.portals.get(portal.id), undefined);
  assert.equal(await scene.outcome(said.event_id, portal.id), "not_bridged");
});

for (const [how, ask] of [
  ["unbridged", "!bridgebox unbridge"],
  ["deleted where people made its room", "!bridgebox delete-portal"],
] as const)
  test(`what is just being sent when its portal is ${how} is doubtful, and its room is told`, async (t) => {
    const scene = talkIn(
      await openEngine(t, { commands: commandHandler, settings: { statusEvents: true } }),
    );
    const { network, homeserver, anaSays, settle } = scene;
    const portal = await scene.plumb();
    homeserver.state.set(`${portal.room} m.room.power_levels `, { users: { [ana]: 100 } });
    let sends = 0;
    network.send = () => {
      sends += 1;
      return new Promise(() => undefined);
    };
    const sent = await anaSays("on its way");
    await until("it is being sent", () => sends === 1);
    const waits = await anaSays("behind it");
    await settle();
    const content = { msgtype: "m.text", body: ask };
    const room = "!lobby:hs.test";
    await scene.push(
      homeserver.event({ room_id: room, type: "m.room.message", sender: ana, content }),
    );
    await scene.idle();
    assert.equal(await scene.outcome(sent.event_id, portal.id), "doubtful");
    assert.equal(await scene.outcome(waits.event_id, portal.id), "not_bridged");
    assert.deepEqual(
      [statuses(scene, sent).at(-1), statuses(scene, waits).at(-1)],
      ["FAIL_PERMANENT", "FAIL_PERMANENT"],
    );
    const line =
      "1 of your last messages did not reach net, and 1 may not have reached net: this chat is not " +
      "bridged any more. Look there, and say it there if it is missing.";
    assert.equal(homeserver.said(room).filter((said) => said === line).length, 1);
  });

test("one message that was just being sent is told of in a whole sentence", async (t) => {
  const scene = talkIn(await openEngine(t, { commands: commandHandler }));
  const { network, homeserver, anaSays } = scene;
  const portal = await scene.plumb();
  let sends = 0;
  network.send = () => {
    sends += 1;
    return new Promise(() => undefined);
  };
  await anaSays("on its way");
  await until("it is being sent", () => sends === 1);
  const room = portal.room ?? "";
  const content = { msgtype: "m.text", body: "!bridgebox unbridge" };
  await scene.push(
    homeserver.event({ room_id: room, type: "m.room.message", sender: ana, content }),
  );
  await scene.idle();
  const lines = homeserver.said(room).filter((said) => said.startsWith("1 "));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /^1 of your last messages may not have reached net: this chat is not/,
  );
});

test("a room that the bot leaves to its people is told before what did not arrive", async (t) => {
  const cleanup = { alone: "leave", shared: "kick" } as const;
  const scene = await open(t, { cleanup });
  const { room, engine, anaSays, settle, ask, members, homeserver } = scene;
  engine.works.box.networks.get(net)?.gate.close({ until: undefined, why: "It is away." });
  await anaSays("never", { room });
  await settle();
  const asked = ask("logout");
  await until("the bot has left", () => members()[homeserver.bot] === "leave");
  await asked;
  assert.match(homeserver.said(room).at(-1) ?? "", /^1 of your last messages did not reach net:/);
});

test("all rooms are deleted only with the word that is asked for, and only one's own", async (t) => {
  const { ask, members, store } = await open(t);
  const asked = await ask("delete-all-portals");
  assert.match(asked, /^1 room is deleted if you say so:\n {2}lobby \(net lobby\)/);
  assert.match(await ask("delete-all-portals confirm-000000"), /if you say so/);
  assert.equal(members()[ana], "join");
  const line = /Say: (.*)$/.exec(asked)?.[1] ?? "";
  assert.match(
    await ask(line, { sender: bob }),
    /^Nothing was deleted: there is no such room, of a chat that only you/,
  );
  assert.match(await ask(line), /^1 room is deleted now/);
  assert.equal(members()[ana], "leave");
  assert.equal(await store.read.portals.find(net, lobby), undefined);
  assert.match(await ask(line), /no such room/);
});

test("everybody's rooms are for admins to delete", async (t) => {
  const { ask, homeserver, members } = await open(t, { owners: [ana, bob], admins: true });
  assert.match(await ask("delete-all-portals net"), /no such room/);
  const asked = await ask("delete-all-portals net everybody");
  await ask(/Say: (.*)$/.exec(asked)?.[1] ?? "");
  assert.equal(members()[homeserver.bot], "leave");
});

const policies: readonly (readonly [Cleanup["alone"], Record<string, string>])[] = [
  ["nothing", { bot: "join", ana: "join", carl: "join" }],
  ["leave", { bot: "leave", ana: "join", carl: "leave" }],
  ["delete", { bot: "leave", ana: "leave", carl: "leave" }],
];
for (const [alone, left] of policies)
  test(`of a chat that nobody else is in, on logout: ${alone}`, async (t) => {
    const cleanup = { alone, shared: "kick" } as const;
    const { ask, members, homeserver, store } = await open(t, { cleanup });
    assert.match(await ask("logout"), /^ana is logged out\./);
    const { [homeserver.bot]: bot, [ana]: person, [ghost]: carl } = members();
    assert.deepEqual({ bot, ana: person, carl }, left);
    assert.deepEqual(await store.read.logins.ofOwner(ana), []);
    assert.equal((await store.read.portals.find(net, lobby)) === undefined, alone !== "nothing");
  });

test("of a chat in which an account of the box can relay, the room stays on logout", async (t) => {
  const cleanup = { alone: "delete", shared: "nothing" } as const;
  const { ask, members, homeserver, engine } = await open(t, { cleanup });
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  const relay = {
    ...loginOf("relay"),
    network: net,
    owner: undefined,
    accountVersion: 1,
    since: 1,
  };
  await engine.supervisor.add(live, { ...relay, id: loginId("net:relay") });
  assert.match(await ask("logout"), /^ana is logged out\./);
  const { [homeserver.bot]: bot, [ana]: person, [ghost]: carl } = members();
  assert.deepEqual([bot, person, carl], ["join", "join", "join"]);
});

test("of a chat that others are in, who logs out is put out and nobody else", async (t) => {
  const cleanup = { alone: "delete", shared: "kick" } as const;
  const { ask, members, homeserver } = await open(t, { owners: [ana, bob], cleanup });
  await ask("logout");
  const { [homeserver.bot]: bot, [ana]: person, [bob]: other } = members();
  assert.deepEqual([bot, person, other], ["join", "leave", "join"]);
});

test("who is still in it by another account stays", async (t) => {
  const cleanup = { alone: "delete", shared: "kick" } as const;
  const scene = await open(t, { owners: [ana], cleanup });
  const { store, engine, portal, members, ask } = scene;
  const second = { ...loginOf("ana2", "user"), id: loginId("net:ana2"), network: net, owner: ana };
  const row = { ...second, user: userId("ana2"), accountVersion: 1, since: 2 };
  await store.commit(async (tx) => {
    await tx.logins.put(row);
    await tx.portals.addLogin(portal.id, row.id, 2);
  });
  const live = engine.works.box.networks.get(networkId("net"));
  assert.ok(live);
  await engine.supervisor.add(live, row);
  await ask("logout net:ana");
  assert.equal(members()[ana], "join");
});

test("whoever logs out and never came into a room is not invited to it any more", async (t) => {
  const cleanup = { alone: "delete", shared: "nothing" } as const;
  const { ask, members, homeserver, room } = await open(t, { cleanup });
  homeserver.members.get(room)?.set(ana, "invite");
  await ask("logout");
  assert.deepEqual(members(), { [homeserver.bot]: "leave", [ana]: "leave", [ghost]: "leave" });
});
