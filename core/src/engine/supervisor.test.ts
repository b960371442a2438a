import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const id = loginId("net:relay");

const liveOf = (scene: Scene) => {
  const live = scene.engine.works.box.networks.get(net);
  assert.ok(live);
  return live;
};

const trouble = (code: "network" | "auth"): BridgeError =>
  new BridgeError(code, "It did not work.", { reached: "no", scope: "login" });

test("a login that cannot connect is tried again, ever more rarely, and its messages wait", async (t) => {
  const network = new ScriptedNetwork();
  network.connecting = () => Promise.reject(trouble("network"));
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  const event = await scene.anaSays("hello");
  await until("it failed", () => liveOf(scene).logins.get(id)?.state === "reconnecting");
  assert.equal(network.connects, 1);
  scene.clock.advance(249);
  await scene.settle();
  assert.equal(network.connects, 1, "not sooner than half of the first delay");
  scene.clock.advance(252);
  await until("it is tried again", () => network.connects === 2);
  network.connecting = (session) => {
    session.state("connected");
    return Promise.resolve();
  };
  await scene.settle();
  scene.clock.advance(1001);
  await scene.idle();
  assert.equal(await scene.outcome(event.event_id, portal.id), "delivered");
});

test("of an attempt to connect that failed nothing runs on beside the next one", async (t) => {
  const network = new ScriptedNetwork();
  const signals: AbortSignal[] = [];
  network.connecting = (session) => {
    signals.push(session.signal);
    if (signals.length === 1) return Promise.reject(trouble("network"));
    session.state("connected");
    return Promise.resolve();
  };
  const scene = await openEngine(t, { network });
  await until("it failed", () => liveOf(scene).logins.get(id)?.state === "reconnecting");
  scene.clock.advance(1000);
  await until("it is connected", () => liveOf(scene).logins.get(id)?.state === "connected");
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
});

test("a login whose account is refused waits for its person, not for time", async (t) => {
  const network = new ScriptedNetwork();
  network.connecting = () => Promise.reject(trouble("auth"));
  const scene = await openEngine(t, { network });
  await until("it is known", () => liveOf(scene).logins.get(id)?.state === "needs-login");
  scene.clock.advance(3_600_000);
  await scene.settle();
  assert.equal(network.connects, 1);
});

test("a login that goes and comes by itself shuts and opens its gate", async (t) => {
  const scene = await openEngine(t);
  const login = liveOf(scene).logins.get(id);
  const session = scene.network.session();
  session.state("reconnecting", trouble("network"));
  assert.equal(login?.gate.closure?.why, "It did not work.");
  session.state("connected");
  assert.equal(login?.gate.closure, undefined);
  assert.equal(scene.network.connects, 1);
});

test("a login that is started anew while it connects is never there twice", async (t) => {
  const network = new ScriptedNetwork();
  const hold = Promise.withResolvers<void>();
  const order: string[] = [];
  network.connecting = async (session) => {
    order.push(`start ${network.connects}`);
    if (network.connects === 1) await hold.promise;
    session.state("connected");
    order.push(`end ${network.connects}`);
  };
  const scene = await openEngine(t, { network });
  const row = liveOf(scene).logins.get(id)?.row;
  assert.ok(row);
  await until("it connects", () => network.connects === 1);
  const again = scene.engine.supervisor.add(liveOf(scene), row);
  await scene.settle();
  hold.resolve();
  await again;
  await until("it is connected", () => liveOf(scene).logins.get(id)?.connection);
  assert.deepEqual(order, ["start 1", "end 1", "start 2", "end 2"]);
  assert.equal(network.closes, 1);
});

test("an account that was saved is the one that is connected with", async (t) => {
  const network = new ScriptedNetwork();
  network.connecting = async (session) => {
    if (network.connects === 1) {
      await session.saveAccount({ name: "fresh" });
      throw trouble("network");
    }
    session.state("connected");
  };
  const scene = await openEngine(t, { network });
  await until("it failed", () => liveOf(scene).logins.get(id)?.state === "reconnecting");
  await scene.settle();
  scene.clock.advance(501);
  await until("it is tried again", () => network.accounts.length === 2);
  assert.deepEqual(network.accounts, [{ name: "relay" }, { name: "fresh" }]);
});

test("a session that is over saves nothing: a login that was removed stays removed", async (t) => {
  const scene = await openEngine(t);
  const session = scene.network.session();
  await scene.engine.supervisor.disconnect(id);
  await scene.store.commit((tx) => tx.logins.remove(id));
  await session.saveAccount({ name: "zombie" });
  session.state("reconnecting");
  assert.equal(await scene.store.read.logins.get(id), undefined);
});

test("a network that does not open is tried again and holds no other thing up", async (t) => {
  const network = new ScriptedNetwork();
  let opens = 0;
  network.opening = () => {
    opens += 1;
    return opens === 1 ? Promise.reject(trouble("network")) : Promise.resolve();
  };
  const opening = openEngine(t, { network, opened: false });
  const scene = await opening;
  await until("it failed", () => liveOf(scene).gate.closure?.why === "It did not work.");
  await scene.settle();
  scene.clock.advance(501);
  await until("it is open", () => liveOf(scene).gate.closure === undefined);
  assert.equal(network.connects, 1);
});

test("a network that never opens and never fails is tried again too, and what it gives later is closed", async (t) => {
  const network = new ScriptedNetwork();
  const slow = Promise.withResolvers<void>();
  let opens = 0;
  network.opening = () => {
    opens += 1;
    return opens === 1 ? slow.promise : Promise.resolve();
  };
  const scene = await openEngine(t, { network, opened: false });
  await until("it is asked", () => opens === 1);
  await scene.settle();
  scene.clock.advance(300_001);
  await until("it is late", () => /in time/.test(liveOf(scene).gate.closure?.why ?? ""));
  await scene.settle();
  scene.clock.advance(501);
  await until("it is open", () => liveOf(scene).gate.closure === undefined);
  const closed = network.closed;
  slow.resolve();
  await until("the first one is closed", () => network.closed === closed + 1);
});

test("what does not close does not keep the box from stopping", { timeout: 5000 }, async (t) => {
  const scene = await openEngine(t);
  scene.network.closing = () => new Promise(() => undefined);
  await scene.engine.stop();
});
