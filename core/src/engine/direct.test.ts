import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId, userId } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { openPuppet, room } from "../testing/puppet-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { openDirectChat, ownLogin } from "./direct.ts";

/** Ana's login finds a chat that has a room, into which the bot may not invite. */
const open = async (
  t: TestContext,
  permits: (who: string, what: string) => boolean = () => true,
) => {
  const scene = await openPuppet(t, { permits });
  const { works, supervisor } = scene.engine;
  const live = works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:anna0"))?.row;
  assert.ok(live && row);
  scene.network.more = {
    ...scene.network.more,
    resolve: () => Promise.resolve({ name: "Bob", chat: lobby }),
    startChat: () => Promise.resolve(lobby),
  };
  await supervisor.add(live, row);
  await scene.settle();
  scene.homeserver.before = ({ op }) => {
    if (op === "invite") throw refusal("M_FORBIDDEN");
  };
  const ask = (asker: string) => {
    const { signal } = works.box;
    return openDirectChat(works, { live, asker, signal }, "bob");
  };
  return { ...scene, ask };
};

test("what a login cannot do over there is named, with what can be said instead", async (t) => {
  const { engine } = await openPuppet(t);
  const { works } = engine;
  const live = works.box.networks.get(net);
  assert.ok(live);
  for (const [ability, says] of [
    ["search", /has no search for people\. Say whom you mean: pm net <person>/],
    ["createGroup", /makes no groups/],
  ] as const)
    assert.throws(() => ownLogin(works, { live, asker: ana }, ability), says);
});

test("who is in the room already is told so", async (t) => {
  const { ask } = await open(t);
  assert.deepEqual(await ask(ana), { room, name: "Bob", invited: false });
});

test("who is not in it and cannot be invited is told that, and where the chat is", async (t) => {
  const { ask, homeserver } = await open(t);
  await homeserver.leave(room, { class: "live", as: ana, signal: AbortSignal.timeout(1000) });
  await assert.rejects(ask(ana), /Nothing was done: .*!lobby:hs\.test.*may not invite you/);
});

test("what is said while an invited ghost is looked up is for the chat that comes of it", async (t) => {
  const { homeserver, network, engine, push, idle } = await open(t);
  homeserver.before = () => undefined;
  const { promise: found, resolve: find } = Promise.withResolvers<void>();
  let asked = false;
  const { works, supervisor } = engine;
  const live = works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:anna0"))?.row;
  assert.ok(live && row);
  const chat = { id: chatId("dm") };
  network.more = {
    ...network.more,
    startChat: async () => {
      asked = true;
      await found;
      return chat;
    },
  };
  await supervisor.add(live, row);
  const bob = (await works.ghosts.ensure(net, userId("bob"))).mxid;
  const direct = homeserver.makeRoom("!dm:hs.test", [ana]);
  const event = (type: string, more: object) =>
    homeserver.event({ room_id: direct, type, sender: ana, content: {}, ...more });
  await push(event("m.room.member", { state_key: bob, content: { membership: "invite" } }));
  await until("it is looked up", () => asked);
  await push(event("m.room.message", { content: { msgtype: "m.text", body: "said at once" } }));
  find();
  await idle();
  const said = network.sent.map(({ order }) => [order.chat.id, order.draft.plain]);
  assert.deepEqual(said, [["dm", "said at once"]]);
});

test("who invites somebody whose network does not answer is told so, and holds up nobody for longer", async (t) => {
  const scene = await open(t);
  const { homeserver, network, engine, push, clock } = scene;
  homeserver.before = () => undefined;
  const { works, supervisor } = engine;
  const live = works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:anna0"))?.row;
  assert.ok(live && row);
  let asked = 0;
  network.more = {
    ...network.more,
    startChat: () => {
      asked += 1;
      const facts = { reached: "no", scope: "item" } as const;
      return Promise.reject(new BridgeError("network", "It is silent.", facts));
    },
  };
  await supervisor.add(live, row);
  const bob = (await works.ghosts.ensure(net, userId("bob"))).mxid;
  const direct = homeserver.makeRoom("!dm:hs.test", [ana]);
  const content = { membership: "invite" };
  const invite = { room_id: direct, type: "m.room.member", sender: ana, state_key: bob, content };
  await push(homeserver.event(invite));
  await until("it is refused", () => {
    clock.advance(5000);
    return homeserver.calls.some(({ op, as }) => op === "leave" && as === bob);
  });
  assert.ok(asked > 1);
  const [left] = homeserver.calls.filter(({ op, as }) => op === "leave" && as === bob);
  assert.deepEqual(left?.what, { room: direct, reason: "It is silent." });
});

test("who invites somebody with whom there is a room is told which one, where they cannot be asked in", async (t) => {
  const { homeserver, engine, push, idle } = await open(t);
  const { works } = engine;
  const bob = (await works.ghosts.ensure(net, userId("bob"))).mxid;
  const direct = homeserver.makeRoom("!dm:hs.test", [ana]);
  const content = { membership: "invite" };
  const invite = { room_id: direct, type: "m.room.member", sender: ana, state_key: bob, content };
  await push(homeserver.event(invite));
  await idle();
  const [left] = homeserver.calls.filter(({ op, as }) => op === "leave" && as === bob);
  assert.match(
    JSON.stringify(left?.what["reason"]),
    /already, !lobby:hs\.test\. If you are not in it, ask/,
  );
});

test("who invites somebody with whom others have a closed room is not let into it", async (t) => {
  const { homeserver, engine, push, idle } = await open(t, (_who, what) => what !== "admin");
  homeserver.before = () => undefined;
  homeserver.members.get(room)?.delete(ana);
  const bob = (await engine.works.ghosts.ensure(net, userId("bob"))).mxid;
  const direct = homeserver.makeRoom("!dm:hs.test", [ana]);
  const content = { membership: "invite" };
  const invite = { room_id: direct, type: "m.room.member", sender: ana, state_key: bob, content };
  await push(homeserver.event(invite));
  await idle();
  assert.equal(homeserver.members.get(direct)?.get(bob), "leave");
  assert.equal(homeserver.members.get(room)?.get(ana), undefined);
});

test("a room with others in it becomes nobody's private chat but by who may change its settings", async (t) => {
  const scene = await open(t, (_who, what) => what !== "admin");
  const { homeserver, network, engine, push, idle, store } = scene;
  homeserver.before = () => undefined;
  const { works, supervisor } = engine;
  const live = works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:anna0"))?.row;
  assert.ok(live && row);
  network.more = { ...network.more, startChat: () => Promise.resolve({ id: chatId("dm") }) };
  await supervisor.add(live, row);
  const bob = (await works.ghosts.ensure(net, userId("bob"))).mxid;
  const team = homeserver.makeRoom("!team:hs.test", [ana, "@other:hs.test"]);
  const levels = `${team} m.room.power_levels `;
  const invite = async (): Promise<string | undefined> => {
    const content = { membership: "invite" };
    homeserver.members.get(team)?.set(bob, "invite");
    const event = { room_id: team, type: "m.room.member", sender: ana, state_key: bob, content };
    await push(homeserver.event(event));
    await idle();
    return (await store.read.portals.ofRoom(team))[0]?.chat.id;
  };
  homeserver.state.set(levels, { users: { "@other:hs.test": 100 } });
  assert.equal(await invite(), undefined);
  assert.equal(homeserver.members.get(team)?.get(bob), "leave");
  works.ghosts.membershipChanged(team, bob);
  homeserver.state.set(levels, { users: { [ana]: 50 } });
  assert.equal(await invite(), "dm");
  assert.equal(homeserver.members.get(team)?.get(bob), "join");
});

for (const nth of [0, 1, 2, 3, 4])
  test(`what is said while a room becomes a private chat is for that chat (commit ${nth})`, async (t) => {
    const { homeserver, network, engine, push, idle, store } = await open(t);
    homeserver.before = () => undefined;
    const { works, supervisor } = engine;
    const live = works.box.networks.get(net);
    const row = live?.logins.get(loginId("net:anna0"))?.row;
    assert.ok(live && row);
    let commits: number | undefined;
    network.more = {
      ...network.more,
      startChat: () => {
        commits = 0;
        return Promise.resolve({ id: chatId("dm") });
      },
    };
    await supervisor.add(live, row);
    const bob = (await works.ghosts.ensure(net, userId("bob"))).mxid;
    const direct = homeserver.makeRoom("!dm:hs.test", [ana]);
    const event = (type: string, more: object) =>
      homeserver.event({ room_id: direct, type, sender: ana, content: {}, ...more });
    const said = event("m.room.message", { content: { msgtype: "m.text", body: "at once" } });
    const commit = store.commit.bind(store);
    let pushed: Promise<void> | undefined;
    t.mock.method(store, "commit", (...work: Parameters<typeof commit>) => {
      const done = commit(...work);
      if (commits === nth) pushed ??= Promise.resolve().then(() => push(said));
      if (commits !== undefined) commits += 1;
      return done;
    });
    await push(event("m.room.member", { state_key: bob, content: { membership: "invite" } }));
    await idle();
    await (pushed ?? push(said));
    await idle();
    const sent = network.sent.map(({ order }) => [order.chat.id, order.draft.plain]);
    assert.deepEqual(sent, [["dm", "at once"]]);
  });
