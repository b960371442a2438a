import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { chatId, loginId } from "../adapter/index.ts";
import type { ChatInfo, Connection } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { logIn } from "../testing/log-in.ts";
import { lobby, loginOf, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { openTalk, talkRoom } from "../testing/talk-scene.ts";

const admin = "@admin:hs.test";
const room = "!lobby:hs.test";

/** A network whose chats have the door that their name says, and an account of the box in each. */
const open = async (t: TestContext, more: Partial<Connection> = {}) => {
  const network = new ScriptedNetwork();
  network.more = {
    resolve: (name) => {
      const [id = "", key] = name.split(" ");
      const chat = id.startsWith("@")
        ? { id: chatId(id), receiver: loginId("net:relay") }
        : { id: chatId(id) };
      return Promise.resolve({ name: id, chat, ...(key === "sesame" ? { admits: true } : {}) });
    },
    describe: ({ id }) => {
      const [, entry] = /^(invite|ask|key|open)/.exec(id) ?? [];
      const door = entry === undefined ? {} : { entry: entry as NonNullable<ChatInfo["entry"]> };
      return Promise.resolve({ ...scriptedInfo, visibility: "secret", name: id, ...door });
    },
    ...more,
  };
  const permits = (who: string, what: string): boolean => what !== "admin" || who === admin;
  const scene = await openTalk(t, { network, settings: { permits } });
  const { homeserver } = scene;
  homeserver.makeRoom("!admins:hs.test", [admin, homeserver.bot]);
  const asAdmin = (line: string) => scene.ask(line, { room: "!admins:hs.test", sender: admin });
  const mine = homeserver.makeRoom("!mine:hs.test", [ana, homeserver.bot]);
  homeserver.state.set(`${mine} m.room.power_levels `, { users: { [ana]: 100 } });
  return { ...scene, network, asAdmin, mine, rooms: () => homeserver.count("createRoom") };
};

test("an account of the box in a chat with a door opens it to nobody but admins and who has the key", async (t) => {
  const { ask, asAdmin, mine, rooms, homeserver } = await open(t);
  for (const chat of ["invite-only", "ask-first", "key-needed", "key-needed wrong", "@dora"]) {
    assert.match(await ask(`join net ${chat}`), /^Nothing was done: .* is not open to everybody/);
    const answer = await ask(`!net bridge ${chat}`, { room: mine });
    assert.match(answer, /^Nothing was done: .*, and it is an account of the box/);
  }
  assert.equal(rooms(), 0);
  for (const chat of ["key-needed sesame", "open-to-all", "nothing-said"])
    assert.match(await ask(`join net ${chat}`), /You are invited/, chat);
  assert.equal(rooms(), 3);
  assert.match(await asAdmin("join net invite-only"), /You are invited/);
  assert.equal(homeserver.members.get(talkRoom)?.size, 2);
});

test("who has a login of their own comes in by that one, if the network lets it in", async (t) => {
  const entered: string[] = [];
  const scene = await open(t, {
    join: ({ id }) => {
      entered.push(id);
      return Promise.resolve();
    },
  });
  const { connections } = scene.engine.works.box;
  const call = connections.call.bind(connections);
  const by: string[] = [];
  t.mock.method(connections, "call", ((login, op, ...args) => {
    if (op === "join") by.push(login);
    return call(login, op, ...args);
  }) satisfies typeof connections.call);
  scene.network.logins = {
    code: { label: "Code", gives: "all", run: () => Promise.resolve([loginOf("x", "user")]) },
  };
  await logIn(scene, "anas");
  assert.match(await scene.ask("join net invite-only"), /You are invited/);
  assert.deepEqual([by, entered], [["net:anas"], ["invite-only"]]);
  assert.match(await scene.ask("join net key-needed"), /Say its key behind its name/);
  const chat = { id: chatId("key-needed") };
  const portal = await scene.engine.works.portals.ensure(net, chat, "remote");
  await scene.store.commit((tx) => tx.portals.addLogin(portal.id, loginId("net:anas"), 0));
  assert.match(await scene.ask("join net key-needed"), /You are invited/);
  assert.deepEqual(entered, ["invite-only", "key-needed"]);
});

test("the bot invites nobody into a room that people made, unless everybody may come in", async (t) => {
  const scene = await open(t, {
    createGroup: () => Promise.resolve(lobby),
    startChat: () => Promise.resolve(lobby),
  });
  const { ask, asAdmin, homeserver } = scene;
  const others = "@other:hs.test";
  homeserver.makeRoom(room, [others, homeserver.bot]);
  await scene.plumb(room);
  homeserver.state.set(`${room} m.room.join_rules `, { join_rule: "invite" });
  assert.match(await ask("join net lobby"), /^You were not invited: .* that people made/);
  assert.equal(homeserver.members.get(room)?.get(ana), undefined);
  assert.match(await asAdmin("join net lobby"), /You are invited/);
  scene.network.logins = {
    code: { label: "Code", gives: "all", run: () => Promise.resolve([loginOf("x", "user")]) },
  };
  await logIn(scene, "anas");
  for (const line of ["create-group net #lobby", "pm net lobby"])
    assert.match(await ask(line), /^You were not invited: /, line);
  homeserver.state.set(`${room} m.room.join_rules `, { join_rule: "public" });
  assert.match(await ask("join net lobby"), /You are invited/);
});
