import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { openTelling, pass, told } from "../testing/notices.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { logOut } from "./log-out.ts";
import { rememberTalk } from "./onboard.ts";
import { refusal, ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import { tempDir } from "../testing/store-fixture.ts";

const trouble = (code: "network" | "auth"): BridgeError =>
  new BridgeError(code, "It did not answer.", { reached: "no", scope: "login" });

const away =
  "relay on Scripted is not connected. It did not answer. What is said meanwhile waits, and passes when it is back.";
const needs =
  "relay on Scripted needs you. It did not answer. Nothing passes by it until its section of the config is right and the box started again.";

test("who is away for a moment was never away", async (t) => {
  const scene = await openTelling(t);
  const session = scene.network.session();
  session.state("reconnecting", trouble("network"));
  await pass(scene, 1000);
  session.state("connected");
  await pass(scene, 60_000);
  assert.deepEqual(told(scene), []);
});

test("that a login is away is said once, and in the same line that it is back", async (t) => {
  const scene = await openTelling(t);
  const session = scene.network.session();
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  assert.deepEqual(told(scene), [away]);
  session.state("reconnecting", trouble("network"));
  await pass(scene, 117_000);
  assert.deepEqual(told(scene), [away]);
  session.state("connected");
  await pass(scene, 3000);
  assert.deepEqual(told(scene), [
    away,
    "* \u2713 relay on Scripted is connected again, after 2 min.",
  ]);
  const [first, second] = scene.homeserver.events.filter(({ type }) => type === "m.room.message");
  assert.deepEqual(second?.content["m.relates_to"], {
    rel_type: "m.replace",
    event_id: first?.event_id,
  });
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  assert.equal(told(scene).length, 3);
});

test("that a login needs its person is a line of its own, and nothing less is said after it", async (t) => {
  const scene = await openTelling(t);
  const session = scene.network.session();
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  session.state("needs-login", trouble("auth"));
  await pass(scene, 3000);
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  assert.deepEqual(told(scene), [away, needs]);
});

test("over a restart it is not said again, but that the login is back is", async (t) => {
  const dir = await tempDir(t);
  const network = new ScriptedNetwork();
  const homeserver = new ScriptedHomeserver();
  const before = await openTelling(t, { dir, network, homeserver });
  network.session().state("needs-login", trouble("auth"));
  await pass(before, 3000);
  assert.deepEqual(told(before), [needs]);
  await before.engine.stop();
  await before.store.close();
  network.connecting = () => Promise.reject(trouble("auth"));
  const after = await openTelling(t, { dir, network, homeserver });
  await pass(after, 3000);
  assert.deepEqual(told(after), [needs]);
  network.connecting = (session) => Promise.resolve(session.state("connected"));
  const live = after.engine.works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:relay"))?.row;
  assert.ok(live && row);
  await after.engine.supervisor.add(live, row);
  await pass(after, 3000);
  assert.equal(told(after).length, 2);
  assert.match(told(after)[1] ?? "", /\u2713 relay on Scripted is connected again/);
});

test("what is said while the homeserver is away is what holds when it is back", async (t) => {
  const scene = await openTelling(t);
  const session = scene.network.session();
  scene.homeserver.before = ({ op }) => {
    if (op === "send") throw refusal("HTTP", 502);
  };
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  session.state("connected");
  await pass(scene, 3000);
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  session.state("connected");
  await pass(scene, 3000);
  scene.homeserver.before = () => undefined;
  await pass(scene, 60_000);
  await scene.idle();
  assert.equal(told(scene).length, 2);
  assert.match(told(scene)[1] ?? "", /connected again/);
});

test("a bot that was put out of the room tells the next trouble in another one", async (t) => {
  const scene = await openTelling(t);
  const old = scene.homeserver.makeRoom("!talk:hs.test", [ana, scene.homeserver.bot]);
  await scene.store.commit((tx) => rememberTalk(tx, ana, old));
  const session = scene.network.session();
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  assert.deepEqual(told(scene), [away]);
  scene.homeserver.before = ({ what }) => {
    if (what["room"] === old) throw refusal("M_FORBIDDEN", 403);
  };
  session.state("connected");
  await pass(scene, 3000);
  session.state("reconnecting", trouble("network"));
  await pass(scene, 3000);
  assert.deepEqual(told(scene), [away, away]);
  const [first, second] = scene.homeserver.events.filter(({ type }) => type === "m.room.message");
  assert.deepEqual([first?.room_id === old, second?.room_id === old], [true, false]);
});

test("of a login that is gone by the time that it can be said nothing is said or kept", async (t) => {
  const scene = await openTelling(t);
  const { engine, network, store, homeserver } = scene;
  const id = loginId("net:anna");
  const row = { ...loginOf("anna", "user"), id, network: net, owner: ana };
  const owned = { ...row, accountVersion: 1, since: 1 };
  await store.commit((tx) => tx.logins.put(owned));
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  await engine.supervisor.add(live, owned);
  await scene.settle();
  homeserver.before = ({ op }) => {
    if (op === "send") throw refusal("HTTP", 502);
  };
  network.session(id).state("needs-login", trouble("auth"));
  await pass(scene, 3000);
  const waiting = await store.read.items.ofOrigin(`login:${id}:${ana}`);
  assert.match(JSON.stringify(waiting), /Nothing passes until you say here: relogin net:anna"/);
  await logOut(engine.works, engine.supervisor, owned);
  homeserver.before = () => undefined;
  await pass(scene, 60_000);
  await scene.idle();
  assert.deepEqual(told(scene), []);
  assert.equal(await store.read.keys.get(id, `told ${ana}`), undefined);
});
