import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, loginId, userId } from "../../adapter/index.ts";
import { ana, net } from "../../testing/engine-fixture.ts";
import { refusal } from "../../testing/scripted-homeserver.ts";
import { openSpaces, ref } from "../../testing/space-scene.ts";
import type { SpaceScene } from "../../testing/space-scene.ts";
import { open } from "../../testing/store-sqlite.ts";
import { tempDir } from "../../testing/store-fixture.ts";
import { until } from "../../testing/until.ts";

const hers = "net (anna)";

const keptStore = async (t: TestContext) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  return store;
};

const writes = ({ homeserver }: SpaceScene): number =>
  homeserver.calls.filter(({ op }) => !op.startsWith("get")).length;

test("a login's rooms are in its space, and those of a server or a forum in one of its own", async (t) => {
  const scene = await openSpaces(t);
  await scene.logIn();
  for (const chat of ["bob", "lounge", "idea"]) await scene.says(chat);
  assert.deepEqual(scene.spaces(), {
    [hers]: ["Bob", "The club"],
    "The club": ["Ideas", "lounge"],
    Ideas: ["An idea"],
  });
  const { homeserver, roomOf } = scene;
  const made = homeserver.calls.filter(({ op }) => op === "createRoom");
  const club = made.find(({ what }) => what["name"] === "The club")?.what;
  assert.deepEqual(club?.["creation_content"], { type: "m.space" });
  assert.deepEqual(club["invite"], [ana]);
  const parent = `${roomOf("lounge")} m.space.parent ${roomOf("The club")}`;
  assert.deepEqual(homeserver.state.get(parent), { via: ["hs.test"], canonical: true });
  assert.equal(homeserver.state.has(`${roomOf("Bob")} m.space.parent ${roomOf(hers)}`), false);
});

test("a group with topics has a space beside its own room, whatever was said first", async (t) => {
  const scene = await openSpaces(t);
  await scene.logIn();
  await scene.says("band");
  assert.deepEqual(scene.spaces(), { [hers]: ["The band"] });
  const group = scene.roomOf("The band");
  await scene.says("tour");
  const { [hers]: own = [], "The band": band = [] } = scene.spaces();
  assert.equal(own.length, 1);
  assert.notEqual(own[0], group);
  assert.deepEqual(band, ["The band", "Tour"]);
});

test("a group that is renamed in its room is so for clients and in its space", async (t) => {
  const scene = await openSpaces(t);
  const { network, homeserver, store, told } = scene;
  network.more = { ...network.more, setInfo: () => Promise.resolve() };
  const band = told.get("band");
  assert.ok(band);
  const features = { ...band.features, can: ["setInfo"] as const };
  told.set("band", { ...band, features });
  await scene.logIn();
  await scene.says("band");
  await scene.says("tour");
  const portal = await store.read.portals.find(net, ref("band"));
  const space = portal && (await store.read.spaces.get(net, { chat: portal.id }));
  assert.ok(portal?.room !== undefined && space);
  const { room: room_id } = portal;
  homeserver.members.get(room_id)?.set(ana, "join");
  const renamed = { room_id, type: "m.room.name", state_key: "", sender: ana };
  await scene.push(homeserver.event({ ...renamed, content: { name: "The choir" } }));
  await scene.idle();
  const name = homeserver.state.get(`${space.room} m.room.name `);
  assert.deepEqual(name, { name: "The choir" });
  const bridge = homeserver.state.get(`${room_id} m.bridge dev.bridgebox/net/band`);
  assert.deepEqual(bridge?.["channel"], { id: "band", displayname: "The choir" });
});

test("whoever is in a topic is invited to the space of its group, of which nothing was heard", async (t) => {
  const scene = await openSpaces(t);
  await scene.logIn();
  await scene.says("tour");
  assert.deepEqual(scene.spaces(), { [hers]: ["The band"], "The band": ["Tour"] });
  const made = scene.homeserver.calls.filter(({ op }) => op === "createRoom");
  assert.deepEqual(made.find(({ what }) => what["name"] === "The band")?.what["invite"], [ana]);
});

test("a restart with nothing changed writes and reads nothing", async (t) => {
  const store = await keptStore(t);
  const first = await openSpaces(t, { store });
  await first.logIn();
  for (const chat of ["bob", "lounge", "idea", "tour"]) await first.says(chat);
  await first.engine.stop();
  const { homeserver } = first;
  const before = homeserver.calls.length;
  const second = await openSpaces(t, { store, homeserver });
  await second.idle();
  await second.settle();
  assert.deepEqual(homeserver.calls.slice(before), []);
  assert.deepEqual(second.asked, []);
});

for (const [what, fits] of [
  ["a space was made", (op: string, body: string) => op === "createRoom" && /m\.space"/.test(body)],
  ["a room was put into it", (op: string) => op === "setState"],
] as const)
  test(`when the answer is lost that ${what}, none is made twice`, async (t) => {
    const scene = await openSpaces(t);
    const { homeserver, clock } = scene;
    await scene.logIn();
    const lost: string[] = [];
    homeserver.after = ({ op, what: body }) => {
      if (lost.length > 0 || !fits(op, JSON.stringify(body))) return;
      lost.push(op);
      throw refusal("NETWORK", 0);
    };
    const saying = scene.says("lounge");
    while (lost.length === 0) await scene.settle();
    for (let times = 0; times < 3; times += 1) {
      await scene.settle();
      clock.advance(120_000);
    }
    await saying;
    assert.deepEqual(scene.spaces(), { [hers]: ["The club"], "The club": ["lounge"] });
    assert.equal(homeserver.aliases.size, 3);
  });

test("a box that is ended while it puts a room into a space takes it out where it belongs elsewhere by then", async (t) => {
  const store = await keptStore(t);
  const hold = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const scene = await openSpaces(t, {
    store,
    failpoint: async (name) => {
      if (name !== "space.after-child" || !scene.homeserver.state.has(parent())) return;
      reached.resolve();
      await hold.promise;
      throw new Error("killed");
    },
  });
  const parent = (): string =>
    `${scene.roomOf("lounge")} m.space.parent ${scene.roomOf("The club")}`;
  await scene.logIn();
  const saying = scene.says("lounge").catch(() => undefined);
  await reached.promise;
  const stopping = scene.engine.stop();
  await until("it is stopping", () => scene.engine.works.box.signal.aborted);
  hold.resolve();
  await stopping;
  await saying;
  const lounge = await store.read.portals.find(net, ref("lounge"));
  assert.ok(lounge?.info);
  const { parent: _club, ...info } = lounge.info;
  await store.commit((tx) => tx.portals.update(lounge.id, { info }));
  const at = parent();
  const again = await openSpaces(t, { store, homeserver: scene.homeserver });
  await again.idle();
  assert.deepEqual(scene.homeserver.state.get(at), {});
  assert.deepEqual(scene.spaces(), { [hers]: ["The club", "lounge"] });
});

test("a room leaves the space of a login that left its chat, and comes back with it", async (t) => {
  const scene = await openSpaces(t);
  await scene.logIn();
  await scene.logIn("cleo", "@cleo:hs.test");
  await scene.says("bob");
  await scene.says("bob", "cleo");
  const member = (state: "join" | "leave") =>
    scene.network.accept(
      [
        {
          kind: "members",
          chat: ref("bob"),
          at: 1,
          complete: false,
          list: [{ user: userId("cleo"), state }],
        },
      ],
      { seenBy: [loginId("net:cleo")] },
    );
  await member("join");
  await scene.idle();
  assert.deepEqual(scene.spaces(), { [hers]: ["Bob"], "net (cleo)": ["Bob"] });
  await member("leave");
  await scene.idle();
  assert.deepEqual(scene.spaces(), { [hers]: ["Bob"] });
  await member("join");
  await scene.idle();
  assert.deepEqual(scene.spaces(), { [hers]: ["Bob"], "net (cleo)": ["Bob"] });
});

test("the space of a server has its name, and is shown to whoever comes into it", async (t) => {
  const scene = await openSpaces(t);
  const { homeserver, network, roomOf } = scene;
  await scene.logIn();
  await scene.says("lounge");
  const club = roomOf("The club");
  const info = scene.told.get("club");
  assert.ok(info);
  await network.accept([
    { kind: "chat", chat: ref("club"), at: 1, info: { ...info, name: "Our club" } },
  ]);
  await scene.idle();
  assert.deepEqual(homeserver.state.get(`${club} m.room.name `), { name: "Our club" });
  await scene.logIn("cleo", "@cleo:hs.test");
  await network.accept(
    [
      {
        kind: "members",
        chat: ref("lounge"),
        at: 2,
        complete: false,
        list: [{ user: userId("cleo"), state: "join" }],
      },
    ],
    { seenBy: [loginId("net:cleo")] },
  );
  await scene.idle();
  assert.equal(homeserver.members.get(club)?.get("@cleo:hs.test"), "invite");
  assert.deepEqual(scene.spaces()["net (cleo)"], ["The club"]);
});

test("whoever the box may act for is in their spaces at once", async (t) => {
  const scene = await openSpaces(t, { settings: { doublePuppet: true } });
  await scene.logIn();
  await scene.says("lounge");
  for (const name of [hers, "The club"])
    assert.equal(scene.homeserver.members.get(scene.roomOf(name))?.get(ana), "join", name);
});

test("the space of a login ends with it, and what was in it stays", async (t) => {
  const scene = await openSpaces(t);
  const login = await scene.logIn();
  await scene.says("bob");
  const space = scene.roomOf(hers);
  await scene.engine.supervisor.disconnect(login);
  await scene.store.commit((tx) => tx.logins.remove(login));
  scene.engine.works.box.observe({
    what: "login",
    network: scene.network.id,
    login,
    state: "logged-out",
  });
  await scene.settle();
  await scene.idle();
  const { homeserver } = scene;
  assert.deepEqual(
    [...(homeserver.members.get(space) ?? [])].map(([, membership]) => membership),
    ["leave", "leave"],
  );
  assert.equal(homeserver.members.get(scene.roomOf("Bob"))?.get(homeserver.bot), "join");
  await scene.logIn();
  await scene.says("bob");
  assert.notEqual(
    await scene.engine.works.spaces.ensure({ network: scene.network.id, owner: { login } }),
    space,
  );
});

test("rooms from before there were spaces get their place once", async (t) => {
  const store = await keptStore(t);
  const first = await openSpaces(t, { store, networkSettings: { spaces: false } });
  await first.logIn();
  for (const chat of ["bob", "lounge"]) await first.says(chat);
  assert.deepEqual(first.spaces(), {});
  await first.engine.stop();
  const { homeserver } = first;
  const second = await openSpaces(t, { store, homeserver });
  await second.idle();
  await second.settle();
  await second.idle();
  assert.deepEqual(second.spaces(), { [hers]: ["Bob", "The club"], "The club": ["lounge"] });
  await second.engine.stop();
  const before = writes(second);
  const third = await openSpaces(t, { store, homeserver, networkSettings: { spaces: false } });
  await third.says("bob");
  assert.equal(writes(third), before + 1, "only what was said");
  assert.deepEqual(third.spaces(), second.spaces());
});

test("where nobody can tell now what a chat is in, its room has its place once somebody can", async (t) => {
  const scene = await openSpaces(t);
  await scene.logIn();
  let away = true;
  const { describe } = scene.network.more;
  scene.network.more = {
    describe: async (chat, signal) => {
      if (away && chat.id === "club")
        throw new BridgeError("network", "The line is cut.", { reached: "no", scope: "login" });
      assert.ok(describe);
      return describe(chat, signal);
    },
  };
  await scene.logIn();
  void scene.says("lounge").catch(() => undefined);
  await scene.settle();
  assert.deepEqual(scene.spaces(), {});
  away = false;
  await scene.logIn();
  assert.deepEqual(scene.spaces(), { [hers]: ["The club"], "The club": ["lounge"] });
});

test("a space that is upgraded is followed: its rooms stand in the new one, and it where the old one did", async (t) => {
  const scene = await openSpaces(t);
  const { homeserver, roomOf } = scene;
  await scene.logIn();
  await scene.says("lounge");
  const old = roomOf("The club");
  const next = homeserver.makeRoom("!next", [ana]);
  const content = { replacement_room: next };
  homeserver.state.set(`${old} m.room.tombstone `, content);
  const predecessor = { room_id: old };
  homeserver.creations.set(next, { sender: ana, content: { predecessor, type: "m.space" } });
  const type = "m.room.tombstone";
  await scene.push(homeserver.event({ room_id: old, type, state_key: "", sender: ana, content }));
  await scene.idle();
  const led = [...homeserver.aliases.values()];
  assert.deepEqual([led.includes(old), led.includes(next)], [false, true], "its alias leads there");
  assert.deepEqual(scene.spaces(), { [hers]: ["The club"], "The club": ["lounge"] });
  const parent = (space: string) =>
    homeserver.state.get(`${roomOf("lounge")} m.space.parent ${space}`);
  assert.deepEqual([parent(old), parent(next)], [{}, { via: ["hs.test"], canonical: true }]);
  assert.equal((homeserver.state.get(`${next} m.room.name `) ?? {})["name"], "The club");
});
