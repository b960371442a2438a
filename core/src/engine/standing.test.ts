import assert from "node:assert/strict";
import { test } from "node:test";
import { openEngine } from "../testing/engine-fixture.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { standingRow } from "./standing.ts";

test("what a login saved stays until the config says something else of it", async (t) => {
  const network = new ScriptedNetwork();
  const { engine, store } = await openEngine(t, { network });
  const [live] = engine.works.box.networks.values();
  assert.ok(live);
  const declared = { ...loginOf("other"), account: { password: "one" } };
  const first = await standingRow(engine.works, live, declared);
  await store.commit((tx) => tx.logins.put({ ...first, account: { session: "saved" } }));
  const again = await standingRow(engine.works, live, declared);
  assert.deepEqual(again.account, { session: "saved" });
  const changed = { ...declared, account: { password: "two" } };
  assert.deepEqual((await standingRow(engine.works, live, changed)).account, { password: "two" });
});
