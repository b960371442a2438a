import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginId, userId } from "../../adapter/index.ts";
import { ana } from "../../testing/engine-fixture.ts";
import { refusal } from "../../testing/scripted-homeserver.ts";
import { ScriptedNetwork } from "../../testing/scripted-network.ts";
import { openSpaces, ref } from "../../testing/space-scene.ts";
import { until } from "../../testing/until.ts";
import type { SpaceScene } from "../../testing/space-scene.ts";
import { putRole } from "../account-roles.ts";
import { queueDissolve } from "../dissolve.ts";
import { usersOf } from "../levels.ts";
import { logOut } from "../log-out.ts";
import { queuePlace } from "./item.ts";
import { checkLevels } from "../room-levels.ts";

const hers = "net (anna)";

const told = (chat: string, who: string, state: "join" | "leave", scene: SpaceScene) =>
  scene.network.accept(
    [
      {
        kind: "members",
        chat: ref(chat),
        at: 3,
        complete: false,
        list: [{ user: userId(who), state }],
      },
    ],
    { seenBy: [loginId(`net:${who}`)] },
  );

const cleo = "@cleo:hs.test";

/** Anna and Cleo are in two channels of the club. */
const openClub = async (t: TestContext) => {
  const scene = await openSpaces(t, { network: new ScriptedNetwork({ standing: [] }) });
  const lounge = scene.told.get("lounge");
  assert.ok(lounge);
  scene.told.set("kitchen", { ...lounge, name: "kitchen" });
  await scene.logIn();
  await scene.logIn("cleo", cleo);
  for (const chat of ["lounge", "kitchen"]) {
    await scene.says(chat);
    await told(chat, "cleo", "join", scene);
    await scene.idle();
  }
  const club = scene.roomOf("The club");
  const inClub = (user: string) => scene.homeserver.members.get(club)?.get(user);
  return { ...scene, club, inClub };
};

test("who leaves the last channel of a server leaves its space, and is asked in again on return", async (t) => {
  const scene = await openClub(t);
  assert.equal(scene.inClub(cleo), "invite");
  await told("lounge", "cleo", "leave", scene);
  await scene.idle();
  assert.equal(scene.inClub(cleo), "invite", "another channel is left");
  assert.deepEqual(scene.spaces()["net (cleo)"], ["The club"]);
  await told("kitchen", "cleo", "leave", scene);
  await scene.idle();
  assert.equal(scene.inClub(cleo), "leave");
  assert.equal(scene.spaces()["net (cleo)"], undefined);
  assert.deepEqual(scene.spaces()["The club"], ["kitchen", "lounge"]);
  await told("kitchen", "cleo", "join", scene);
  await scene.idle();
  assert.equal(scene.inClub(cleo), "invite");
  assert.deepEqual(scene.spaces()["net (cleo)"], ["The club"]);
});

test("who logs out leaves the space of a server, which ends with the last of them", async (t) => {
  const scene = await openClub(t);
  const { engine, homeserver, network, club, inClub } = scene;
  const out = async (who: string, owner: string) => {
    const row = { id: loginId(`net:${who}`), network: network.id, owner };
    await logOut(engine.works, engine.supervisor, row);
    await scene.settle();
    await scene.idle();
  };
  await out("cleo", cleo);
  assert.equal(inClub(cleo), "leave");
  assert.equal(inClub(homeserver.bot), "join");
  await out("anna", ana);
  assert.equal(inClub(homeserver.bot), "leave");
  assert.deepEqual(scene.spaces(), {});
  const lounge = scene.roomOf("lounge");
  assert.deepEqual(homeserver.state.get(`${lounge} m.space.parent ${club}`), {});
  assert.equal(homeserver.members.get(lounge)?.get(homeserver.bot), "join");
  await scene.logIn();
  await scene.says("lounge");
  await told("lounge", "anna", "join", scene);
  await scene.idle();
  assert.deepEqual(scene.spaces(), { [hers]: ["The club"], "The club": ["lounge"] });
  const made = homeserver.calls.filter(
    ({ op, what }) => op === "createRoom" && what["name"] === "The club",
  );
  assert.equal(made.length, 2);
});

test("whoever comes back while the space of their server is being closed has a new one", async (t) => {
  const scene = await openClub(t);
  const { homeserver, club } = scene;
  const closing = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  homeserver.before = async ({ op, what }) => {
    if (op !== "leave" || what["room"] !== club) return;
    closing.resolve();
    await hold.promise;
  };
  for (const who of ["cleo", "anna"])
    for (const chat of ["lounge", "kitchen"]) await told(chat, who, "leave", scene);
  await closing.promise;
  await told("lounge", "anna", "join", scene);
  await scene.settle();
  hold.resolve();
  await scene.idle();
  assert.equal(scene.inClub(homeserver.bot), "leave");
  assert.deepEqual(scene.spaces()[hers], ["The club"]);
  assert.deepEqual(scene.spaces()["The club"], ["kitchen", "lounge"], "each in the new one alone");
  for (const name of ["kitchen", "lounge"]) {
    const parent = homeserver.state.get(`${scene.roomOf(name)} m.space.parent ${club}`);
    assert.deepEqual(parent, {}, name);
  }
  const { keys } = scene.store.read;
  assert.equal(await keys.get("closing", club), undefined);
});

test("whoever comes back to a server has its space, though the homeserver refused to close the old one", async (t) => {
  const scene = await openClub(t);
  const { clock, homeserver, club } = scene;
  let isRefused = false;
  homeserver.before = ({ op, what }) => {
    if (isRefused || op !== "leave" || what["room"] !== club) return;
    isRefused = true;
    throw refusal("M_UNKNOWN", 400);
  };
  for (const who of ["cleo", "anna"])
    for (const chat of ["lounge", "kitchen"]) await told(chat, who, "leave", scene);
  await scene.idle();
  assert.ok(isRefused);
  await told("lounge", "anna", "join", scene);
  await scene.settle();
  clock.advance(60_000);
  await scene.idle();
  assert.equal(scene.inClub(homeserver.bot), "leave");
  assert.ok(scene.spaces()["The club"]?.includes("lounge"));
});

test("a room that is put into the space of a server while that is closed says so no more", async (t) => {
  for (const place of ["before", "after"] as const) {
    const scene = await openClub(t);
    const { homeserver, club, store } = scene;
    for (const chat of ["lounge", "kitchen"]) await told(chat, "cleo", "leave", scene);
    await scene.idle();
    const lounge = scene.roomOf("lounge");
    await store.commit((tx) => tx.spaces.unlink(club, lounge));
    const putting = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    const at = `${lounge} m.space.parent ${club}`;
    homeserver.state.delete(at);
    homeserver[place] = async ({ op, what }) => {
      if (op !== "setState" || what["type"] !== "m.space.parent" || what["key"] !== club) return;
      if (what["room"] !== lounge) return;
      homeserver[place] = () => undefined;
      putting.resolve();
      await hold.promise;
    };
    const { box } = scene.engine.works;
    const portal = await store.read.portals.find(scene.network.id, ref("lounge"));
    assert.ok(portal);
    for (const lane of await store.commit((tx) => queuePlace(box, tx, portal))) box.wake(lane);
    await putting.promise;
    for (const chat of ["lounge", "kitchen"]) await told(chat, "anna", "leave", scene);
    await until("the club is closed", () => scene.inClub(homeserver.bot) === "leave");
    await scene.settle();
    await told("lounge", "anna", "join", scene);
    hold.resolve();
    await scene.idle();
    assert.deepEqual(homeserver.state.get(at), {}, place);
    assert.deepEqual(scene.spaces()[hers], ["The club"]);
    assert.ok(scene.spaces()["The club"]?.includes("lounge"));
  }
});

test("who is put out of a group leaves the space of its topics, and has no level in their rooms any more", async (t) => {
  const scene = await openSpaces(t);
  await scene.logIn();
  await scene.logIn("cleo", cleo);
  await scene.says("tour");
  await told("tour", "cleo", "join", scene);
  await scene.idle();
  const band = scene.roomOf("The band");
  const login = loginId("net:cleo");
  const { engine, homeserver, network, store } = scene;
  const { works } = engine;
  const tour = await store.read.portals.find(network.id, ref("tour"));
  assert.ok(tour?.room);
  const place = `${tour.room} m.room.power_levels `;
  homeserver.state.set(place, { users: { [homeserver.bot]: 100 } });
  const lanes = await store.commit(async (tx) => {
    await putRole(tx, { portal: tour.id, login }, "admin");
    return checkLevels(works.box, tx, tour);
  });
  for (const lane of lanes) works.box.wake(lane);
  await scene.idle();
  const level = () => usersOf(homeserver.state.get(place)?.["users"])[cleo];
  assert.equal(level(), 75);
  await network.accept([{ kind: "gone", chat: ref("band"), at: 4, why: "kicked", login }], {
    seenBy: [login],
  });
  await scene.idle();
  assert.equal(homeserver.members.get(band)?.get(cleo), "leave");
  assert.deepEqual(scene.spaces(), { [hers]: ["The band"], "The band": ["Tour"] });
  assert.equal(level(), undefined);
  assert.equal(await store.read.keys.get(`role:${login}`, String(tour.id)), undefined);
});

test("who turned an invitation down of which it is not known that it was sent is not asked again", async (t) => {
  const scene = await openClub(t);
  const { homeserver, clock, club, inClub } = scene;
  await told("lounge", "cleo", "leave", scene);
  await told("kitchen", "cleo", "leave", scene);
  await scene.idle();
  const lost: string[] = [];
  homeserver.after = ({ op, what }) => {
    if (lost.length > 0 || op !== "invite" || what["room"] !== club) return;
    lost.push(op);
    homeserver.members.get(club)?.set(cleo, "leave");
    homeserver.setters.set(`${club} m.room.member ${cleo}`, cleo);
    throw refusal("NETWORK", 0);
  };
  await told("lounge", "cleo", "join", scene);
  for (let rounds = 0; lost.length === 0 && rounds < 20; rounds += 1) await scene.settle();
  assert.deepEqual(lost, ["invite"]);
  await scene.settle();
  clock.advance(120_000);
  await scene.idle();
  assert.equal(inClub(cleo), "leave");
});

for (const [who, sender, membership, asked] of [
  ["put out by a moderator", "@mod:hs.test", "leave", 0],
  ["banned by a moderator", "@mod:hs.test", "ban", 0],
  ["put out by nobody knows whom", "", "leave", 1],
  ["put out by the bot", "@bot:hs.test", "leave", 1],
] as const)
  test(`who was ${who} is asked into the space of a server ${asked === 0 ? "no more" : "again"} on return`, async (t) => {
    const scene = await openClub(t);
    const { homeserver, club, store } = scene;
    await told("lounge", "cleo", "leave", scene);
    await told("kitchen", "cleo", "leave", scene);
    await scene.idle();
    homeserver.members.get(club)?.set(cleo, membership);
    homeserver.setters.set(`${club} m.room.member ${cleo}`, sender);
    const asking = () =>
      homeserver.calls.filter(({ op, what }) => op === "invite" && what["room"] === club).length;
    const before = asking();
    await told("lounge", "cleo", "join", scene);
    await scene.idle();
    assert.equal(asking() - before, asked);
    const noted = await store.read.members.get(club, cleo);
    assert.equal(noted, asked === 0 ? membership : "invite");
  });

test("the space of a chat that is deleted here, or goes on as another chat, is closed at once", async (t) => {
  for (const how of ["deleted", "moved"] as const) {
    const scene = await openSpaces(t);
    const { homeserver, network, store, engine } = scene;
    await scene.logIn();
    await scene.says("tour");
    const band = scene.roomOf("The band");
    const portal = await store.read.portals.find(network.id, ref("band"));
    assert.ok(portal);
    if (how === "deleted") {
      const { works } = engine;
      works.box.wake(
        await store.commit((tx) => queueDissolve(works, tx, { portal, how: "delete" })),
      );
    } else {
      const info = scene.told.get("band");
      assert.ok(info);
      await network.accept(
        [{ kind: "chat", chat: ref("choir"), at: 5, info, renamedFrom: ref("band") }],
        { seenBy: [loginId("net:anna")] },
      );
    }
    await scene.idle();
    assert.equal(homeserver.members.get(band)?.get(homeserver.bot), "leave", how);
    assert.deepEqual(scene.spaces()[hers] ?? [], [], how);
  }
});
