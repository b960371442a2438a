import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { openTelling, pass, told } from "../testing/notices.ts";
import { ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import { ScriptedNetwork } from "../testing/scripted-network.ts";
import { tempDir } from "../testing/store-fixture.ts";

const refuse = (): Promise<never> =>
  Promise.reject(
    new BridgeError("invalid", "Scripted was not started – its file is missing. Put it there.", {
      reached: "no",
      scope: "network",
    }),
  );

const shut =
  "The network net could not be opened. Scripted was not started – its file is missing. Put it there. It is tried again by itself; what is said meanwhile waits.";

const open = (t: TestContext, more: Parameters<typeof openEngine>[1] = {}): Promise<Scene> =>
  openTelling(t, { opened: false, ...more });

test("admins are told once that a network cannot be opened, and in the same line that it is open", async (t) => {
  const network = new ScriptedNetwork();
  network.opening = refuse;
  const scene = await open(t, { network });
  for (let tries = 0; tries < 5; tries += 1) await pass(scene, 3000);
  assert.deepEqual(told(scene), [shut]);
  network.opening = () => Promise.resolve();
  await pass(scene, 60_000);
  await pass(scene, 3000);
  assert.equal(told(scene).length, 2);
  assert.match(told(scene)[1] ?? "", /^\* \u2713 The network net is open, after \d+ (?:s|min)\.$/);
  const [first, second] = scene.homeserver.events.filter(({ type }) => type === "m.room.message");
  assert.deepEqual(second?.content["m.relates_to"], {
    rel_type: "m.replace",
    event_id: first?.event_id,
  });
});

test("a network that opens at once, or at the second try, is no news, and nothing is written for it", async (t) => {
  const network = new ScriptedNetwork();
  let tries = 0;
  network.opening = () => {
    tries += 1;
    return tries === 1 ? refuse() : Promise.resolve();
  };
  const scene = await open(t, { network });
  await pass(scene, 1000);
  await pass(scene, 60_000);
  assert.equal(scene.engine.works.box.networks.get(net)?.gate.closure, undefined);
  assert.deepEqual(scene.homeserver.events, []);
});

test("over a restart it is not said again, but that the network is open is", async (t) => {
  const dir = await tempDir(t);
  const network = new ScriptedNetwork();
  const homeserver = new ScriptedHomeserver();
  network.opening = refuse;
  const before = await open(t, { dir, network, homeserver });
  for (let tries = 0; tries < 3; tries += 1) await pass(before, 3000);
  assert.deepEqual(told(before), [shut]);
  await before.engine.stop();
  await before.store.close();
  const still = await open(t, { dir, network, homeserver });
  for (let tries = 0; tries < 3; tries += 1) await pass(still, 3000);
  assert.deepEqual(told(still), [shut]);
  await still.engine.stop();
  await still.store.close();
  network.opening = () => Promise.resolve();
  const after = await open(t, { dir, network, homeserver });
  await pass(after, 3000);
  await pass(after, 3000);
  assert.equal(told(after).length, 2);
  assert.match(told(after)[1] ?? "", /\u2713 The network net is open/);
});
