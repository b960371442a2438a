import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { scriptedInfo } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { next, old, openUpgrade as open } from "../testing/upgrade-scene.ts";
import { move } from "./arrival.ts";

test("an alias that was on its way from a room that people made comes, though the homeserver was away in between", async (t) => {
  const alias = "#net_lobby:hs.test";
  const scene = await open(t);
  const { homeserver } = scene;
  homeserver.aliases.set(alias, old);
  let failures = 1;
  homeserver.before = ({ op }) => {
    if (op === "setAlias" && failures-- > 0) throw refusal("HTTP", 502);
  };
  await scene.begin();
  await until("it leads nowhere", () => failures === 0);
  await scene.settle();
  assert.equal(homeserver.aliases.get(alias), undefined);
  scene.clock.advance(61_000);
  await scene.idle();
  assert.equal(homeserver.aliases.get(alias), next);
});

test("a chat that comes into a room while others arrive there is seen to as they are", async (t) => {
  const scene = await open(t);
  const { homeserver, store } = scene;
  const { works } = scene.engine;
  const older = homeserver.makeRoom("!older:hs.test", [ana, homeserver.bot]);
  const portal = await works.portals.ensure(net, { id: chatId("other") }, "plumbed");
  const info = { ...scriptedInfo, name: "other" };
  await store.commit((tx) => works.portals.update(tx, portal, { room: older, info }));
  works.portals.forget({ ...portal, room: older });
  const alias = works.rooms.aliasOf(portal);
  homeserver.aliases.set(alias, older);
  const arriving = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  homeserver.before = async ({ op, what }) => {
    if (op !== "getStateEvent" || what["room"] !== next) return;
    arriving.resolve();
    await hold.promise;
  };
  await scene.begin();
  await arriving.promise;
  await move(works, { old: older, next });
  hold.resolve();
  await scene.idle();
  assert.equal(homeserver.aliases.get(alias), next);
  const told = [...homeserver.state.keys()].filter((key) => key.startsWith(`${next} m.bridge `));
  assert.equal(told.length, 2);
});
