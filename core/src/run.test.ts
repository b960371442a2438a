import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { buildRegistration } from "@bridgebox/registration";
import type { Log } from "./adapter/index.ts";
import { loadConfig } from "./config/index.ts";
import { runBox } from "./run.ts";
import { ScriptedNetwork } from "./testing/scripted-network.ts";
import { tempDir } from "./testing/store-fixture.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A box whose homeserver is nowhere and whose network does not open. */
const alone = async (t: TestContext) => {
  const dir = await tempDir(t);
  const path = join(dir, "config.yaml");
  writeFileSync(
    path,
    `homeserver: { address: "http://127.0.0.1:9", domain: server.test }\nnetworks: { net: { type: scripted } }\n`,
  );
  const { adapter } = Object.assign(new ScriptedNetwork(), {
    opening: () => Promise.reject(new Error("the network is away")),
  });
  const loaded = await loadConfig({ path, env: {}, adapters: { scripted: async () => adapter } });
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  const { config } = loaded;
  const start = () =>
    runBox({
      version: "test",
      config: { ...config, appservice: { ...config.appservice, port: 0 } },
      registration: buildRegistration(config),
      adapters: new Map([["scripted", adapter]]),
      log: silent,
    });
  return { config, start };
};

test("a box is ready though homeserver and networks are away, and tells what it waits for", async (t) => {
  const { start } = await alone(t);
  const box = await start();
  try {
    const answer = await fetch(`http://127.0.0.1:${box.port}/ready`);
    assert.equal(answer.status, 200);
    assert.match(
      await answer.text(),
      /"missing":\[\],"waits":\["the homeserver has not reached us yet","net: [^"]+"\]/,
    );
  } finally {
    await box.stop();
  }
});
