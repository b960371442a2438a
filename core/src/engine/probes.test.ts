import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, loginId } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { ScriptedNetwork } from "../testing/scripted-network.ts";

const hour = 3_600_000;
const relay = loginId("net:relay");
const over = new BridgeError("auth", "The token was revoked.", { reached: "no", scope: "login" });
const away = new BridgeError("network", "Nobody answers.", { reached: "no", scope: "login" });

test("a token that was revoked is found out though nobody speaks, and nothing passes from then on", async (t) => {
  const network = new ScriptedNetwork();
  let asked = 0;
  let says: BridgeError | undefined;
  network.more = {
    probe: () => {
      asked += 1;
      return says === undefined ? Promise.resolve() : Promise.reject(says);
    },
  };
  const scene = await openEngine(t, { network });
  const pass = async (): Promise<void> => {
    await scene.settle();
    scene.clock.advance(hour / 4);
    await scene.settle();
  };
  const state = (): unknown => scene.engine.works.box.networks.get(net)?.logins.get(relay)?.state;
  await pass();
  await pass();
  assert.deepEqual([asked, state()], [2, "connected"]);
  says = away;
  await pass();
  assert.equal(state(), "connected");
  says = over;
  await pass();
  assert.equal(state(), "needs-login");
  const login = scene.engine.works.box.networks.get(net)?.logins.get(relay);
  assert.equal(login?.why?.message, "The token was revoked.");
  assert.equal(login?.gate.closure?.why, "The token was revoked.");
  const before = asked;
  await pass();
  assert.equal(asked, before);
});
