import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, loginId, userId } from "../adapter/index.ts";
import type { Member } from "../adapter/index.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { lobby, saying, ScriptedNetwork } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { until } from "../testing/until.ts";

const members = (names: readonly string[]): readonly Member[] =>
  names.map((name) => ({ user: userId(name), state: "join" }));

/** A network that lists who is in its chat, a page at a time; `asked` counts the pages. */
const listing = (pages: () => readonly (readonly string[])[]) => {
  const network = new ScriptedNetwork();
  const seen = { asked: 0, before: (_page: number): void | Promise<void> => undefined };
  network.more = {
    members: async function* () {
      for (const [at, page] of pages().entries()) {
        seen.asked += 1;
        await seen.before(at);
        yield members(page);
      }
    },
  };
  return { network, seen };
};

/** A remote chat in which somebody has spoken, so that it has a room. */
const spoken = async (scene: Scene): Promise<string> => {
  await scene.engine.works.portals.ensure(scene.network.id, lobby, "remote");
  await scene.network.accept([saying("a", "hi")]);
  await until("it was said", () => scene.homeserver.count("send") === 1);
  const portal = await scene.engine.works.portals.find(scene.network.id, lobby);
  assert.ok(portal?.room);
  return portal.room;
};

const inRoom = ({ homeserver }: Scene, room: string): readonly string[] =>
  [...(homeserver.members.get(room) ?? [])]
    .filter(([mxid, state]) => state === "join" && mxid.startsWith("@net_"))
    .map(([mxid]) => mxid)
    .toSorted();
const ghosts = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `@net_${name}:hs.test`).toSorted();
const inside = (scene: Scene, room: string, ...names: readonly string[]): Promise<unknown> =>
  until(`${names.join(", ")} are in the room`, () => {
    scene.clock.advance(1000);
    return JSON.stringify(inRoom(scene, room)) === JSON.stringify(ghosts(...names));
  });

test("who is in a chat is listed once it has a room, a page at a time, and not again", async (t) => {
  const store = await open(await tempDir(t));
  const { network, seen } = listing(() => [["a", "b"], ["c"]]);
  const scene = await openEngine(t, { network, store, members: "full" });
  const room = await spoken(scene);
  await inside(scene, room, "a", "b", "c");
  await scene.idle();
  assert.equal(seen.asked, 2);
  await scene.engine.stop();
  const { homeserver } = scene;
  const calls = homeserver.calls.length;
  const next = await openEngine(t, { network, store, homeserver, members: "full" });
  await next.idle();
  assert.deepEqual([seen.asked, homeserver.calls.length], [2, calls], "a restart asks nobody");
  await next.engine.stop();
  await store.close();
});

test("a capped chat is listed no further than its cap, and a lazy one not at all", async (t) => {
  const { network, seen } = listing(() => [["a", "b"], ["c", "d"], ["e"]]);
  const networkSettings = { memberCap: 3 };
  const scene = await openEngine(t, { network, members: "capped", networkSettings });
  await inside(scene, await spoken(scene), "a", "b", "c");
  await scene.idle();
  assert.equal(seen.asked, 2);
  const lazy = listing(() => [["a", "b"]]);
  const other = await openEngine(t, { network: lazy.network });
  await inside(other, await spoken(other), "a");
  await other.idle();
  assert.equal(lazy.seen.asked, 0);
});

test("who came and went while the chat could not be heard is found", async (t) => {
  let there = [["a", "b"], ["c"]];
  const { network } = listing(() => there);
  const scene = await openEngine(t, { network, members: "full" });
  const room = await spoken(scene);
  await inside(scene, room, "a", "b", "c");
  await scene.idle();
  there = [["a", "d"]];
  await network.accept([{ kind: "gap", chat: lobby, at: 2, healable: false }]);
  await inside(scene, room, "a", "d");
});

test("a list that breaks off is begun anew; one that is refused stays as far as it came", async (t) => {
  const { network, seen } = listing(() => [["a", "b"], ["c"]]);
  let wrong: BridgeError | undefined = new BridgeError("network", "The line broke.", {
    reached: "no",
    scope: "login",
  });
  seen.before = (page) => {
    if (page === 1 && wrong) throw wrong;
  };
  const scene = await openEngine(t, { network, members: "full" });
  const room = await spoken(scene);
  await until("it broke off", () => seen.asked === 2);
  wrong = undefined;
  await until("it is tried again", () => {
    scene.clock.advance(1000);
    return inRoom(scene, room).length === 3;
  });
  await scene.idle();
  assert.equal(seen.asked, 4);

  wrong = new BridgeError("forbidden", "Not for you.", { reached: "no", scope: "item" });
  await network.accept([{ kind: "gap", chat: lobby, at: 2, healable: false }]);
  await until("it was listed again", () => seen.asked === 6);
  await scene.idle();
  assert.deepEqual(inRoom(scene, room), ghosts("a", "b", "c"));
});

test("a login that was away lists its chats when it can", async (t) => {
  const { network, seen } = listing(() => [["a", "b"]]);
  const { more } = network;
  network.more = {};
  const scene = await openEngine(t, { network, members: "full" });
  const room = await spoken(scene);
  await inside(scene, room, "a");
  await scene.idle();
  assert.equal(seen.asked, 0);
  network.more = more;
  const { works, supervisor } = scene.engine;
  const live = works.box.networks.get(scene.network.id);
  const login = [...(live?.logins.values() ?? [])][0];
  assert.ok(live && login);
  const portal = await works.portals.find(network.id, lobby);
  assert.ok(portal);
  await scene.store.commit((tx) => tx.portals.addLogin(portal.id, login.row.id, 1));
  await supervisor.add(live, login.row);
  await inside(scene, room, "a", "b");
});

test("a list that was refused is asked for again, though not at every return", async (t) => {
  const { network, seen } = listing(() => [["a", "b"]]);
  let refuses = true;
  seen.before = () => {
    if (refuses)
      throw new BridgeError("forbidden", "Not for you.", { reached: "no", scope: "item" });
  };
  const scene = await openEngine(t, { network, members: "full" });
  const room = await spoken(scene);
  await until("it was refused", () => seen.asked === 1);
  await scene.idle();
  refuses = false;
  const portal = await scene.engine.works.portals.find(network.id, lobby);
  assert.ok(portal);
  const comesBack = async (): Promise<void> => {
    await scene.store.commit((tx) => tx.portals.addLogin(portal.id, loginId("net:relay"), 1));
    network.session().state("reconnecting");
    network.session().state("connected");
    await scene.idle();
  };
  await comesBack();
  assert.equal(seen.asked, 1);
  scene.clock.advance(24 * 3_600_000);
  await comesBack();
  await inside(scene, room, "a", "b");
});

test("a list that never comes holds up for a day only who comes and goes", async (t) => {
  const { network, seen } = listing(() => [["a"]]);
  seen.before = () =>
    Promise.reject(new BridgeError("timeout", "No.", { reached: "no", scope: "item" }));
  const scene = await openEngine(t, { network, members: "full" });
  const room = await spoken(scene);
  const { clock } = scene;
  await network.accept([
    { kind: "members", chat: lobby, at: 1, list: members(["b"]), complete: false },
  ]);
  await until("b is in the room", () => {
    clock.advance(1_800_000);
    return inRoom(scene, room).includes("@net_b:hs.test");
  });
  assert.ok(seen.asked > 20);
});
