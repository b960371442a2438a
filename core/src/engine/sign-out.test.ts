import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import type { Connection } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { ScriptedNetwork } from "../testing/scripted-network.ts";

const id = loginId("net:relay");

const open = async (t: TestContext, more: Partial<Connection>) => {
  const network = new ScriptedNetwork();
  network.more = more;
  const { engine } = await openEngine(t, { network });
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  return { end: () => engine.supervisor.end(id), live, network };
};

test("who logs out is signed out on the network, before the connection closes", async (t) => {
  const order: string[] = [];
  const { end, live, network } = await open(t, {
    signOut: () => {
      order.push("signed out");
      return Promise.resolve();
    },
  });
  network.closing = () => {
    order.push("closed");
    return Promise.resolve();
  };
  assert.equal(await end(), undefined);
  assert.deepEqual(order, ["signed out", "closed"]);
  assert.equal(live.logins.has(id), false);
});

test("a network that does not do it holds nobody back, and the person is told what to do", async (t) => {
  const error = new BridgeError("network", "The line broke.", { reached: "no", scope: "login" });
  const { end, live } = await open(t, { signOut: () => Promise.reject(error) });
  const told = await end();
  assert.match(told ?? "", /The line broke\..*end this one there/);
  assert.equal(live.logins.has(id), false);
});

test("where there is nothing to sign out of, nothing is said; where nobody could ask, it is", async (t) => {
  const without = await open(t, {});
  assert.equal(await without.end(), undefined);
  assert.equal(await without.end(), undefined, "gone already");
  const away = await open(t, { signOut: () => Promise.resolve() });
  const login = away.live.logins.get(id);
  assert.ok(login);
  login.connection = undefined;
  assert.match((await away.end()) ?? "", /not connected.*end this one there/);
});
