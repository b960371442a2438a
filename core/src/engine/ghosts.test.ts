import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "../adapter/index.ts";
import type { RemoteEvent } from "../adapter/index.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const bob = userId("bob");
const mxid = "@net_bob:hs.test";

const named = (name: string): RemoteEvent => ({ kind: "user", user: bob, info: { name }, at: 1 });
const joins: RemoteEvent = {
  kind: "members",
  chat: lobby,
  at: 1,
  complete: false,
  list: [{ user: bob, state: "join", role: "voice" }],
};

test("a new name reaches the homeserver, also if somebody asked for the ghost in that commit", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  await scene.network.accept([named("Bob"), saying("bob", "hi")]);
  await scene.idle();
  assert.equal(scene.homeserver.names.get(mxid), "Bob");
  await scene.network.accept([named("Robert"), joins, named("Roberto")]);
  await scene.idle();
  assert.equal(scene.homeserver.names.get(mxid), "Roberto");
});

test("a name that is learned while the ghost is being registered is not lost", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  await scene.network.accept([named("Bob")]);
  const hold = Promise.withResolvers<void>();
  scene.homeserver.before = ({ op }) => (op === "setDisplayName" ? hold.promise : undefined);
  await scene.network.accept([saying("bob", "hi")]);
  await until("it is being named", () => scene.homeserver.count("setDisplayName") === 1);
  await scene.network.accept([named("Robert")]);
  hold.resolve();
  await scene.network.accept([saying("bob", "again")]);
  await scene.idle();
  assert.equal(scene.homeserver.names.get(mxid), "Robert");
});

test("a ghost cannot pass for the bot, nor hide behind what cannot be seen", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  for (const [user, name, shown] of [
    ["eve", "bRIDGE\u202E", "bRIDGE (net)"],
    ["mal", "\u200B\u202E", "mal"],
    ["adm", "\u202E@admin:hs.test", "@admin:hs.test (net)"],
    ["ok", "Ok", "Ok"],
  ] as const) {
    await scene.network.accept([
      { kind: "user", user: userId(user), info: { name }, at: 1 },
      saying(user, "hi"),
    ]);
    await scene.idle();
    assert.equal(scene.homeserver.names.get(`@net_${user}:hs.test`), shown);
  }
});

test("whoever is made or told of while they are looked for is known from then on", async (t) => {
  for (const way of ["made", "told of"] as const) {
    const scene = await openEngine(t);
    await scene.plumb();
    const { ghosts } = scene.store.read;
    const looked = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    const byMxid = ghosts.byMxid.bind(ghosts);
    Object.assign(ghosts, {
      byMxid: async (whose: string) => {
        const found = await byMxid(whose);
        looked.resolve();
        await hold.promise;
        return found;
      },
    });
    const asked = scene.engine.works.ghosts.isGhost(mxid);
    await looked.promise;
    await scene.network.accept([way === "made" ? saying("bob", "hi") : named("Bob")]);
    await scene.idle();
    hold.resolve();
    assert.equal(await asked, true, way);
    assert.equal(await scene.engine.works.ghosts.isGhost(mxid), true, way);
  }
});

test("whom nobody had heard of when they were looked for is known once the network tells of them", async (t) => {
  const scene = await openEngine(t);
  const { ghosts } = scene.engine.works;
  assert.equal(await ghosts.isGhost(mxid), false);
  await scene.network.accept([named("Bob")]);
  assert.equal(await ghosts.isGhost(mxid), true);
});
