import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { tempDir } from "../testing/store-fixture.ts";
import { acme, other } from "./fixture.ts";
import { loadConfig } from "./load.ts";
import { reloaded } from "./reload.ts";
import type { BoxConfig } from "./types.ts";

const adapters = { acme: async () => acme, other: async () => other };

const base = `homeserver:
  address: http://localhost:8008
  domain: server.test
`;

const networks = `networks:
  one:
    type: acme
    server: irc.test
`;

const loading = async (t: TestContext): Promise<(yaml: string) => Promise<BoxConfig>> => {
  const dir = await tempDir(t);
  return async (yaml) => {
    const path = join(dir, "config.yaml");
    writeFileSync(path, yaml);
    const loaded = await loadConfig({ path, env: {}, adapters });
    assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
    return loaded.config;
  };
};

test("what is looked up when it is needed is taken; the rest is named and left as it was", async (t) => {
  const load = await loading(t);
  const running = await load(
    `${base}permissions:\n  "@ana:server.test": admin\n${networks}    max_age: 10m\n`,
  );
  const fresh = await load(
    `${base.replace("8008", "8009")}permissions:
  "*": none
logging:
  level: debug
  format: json
limits:
  media: 7
status:
  receipts: false
appservice:
  admin_token: ${"x".repeat(40)}
${networks.replace("irc.test", "other.test")}    relay: off
    password: secret
  two:
    type: other
`,
  );
  const { config, taken, left } = reloaded(running, fresh);
  assert.deepEqual(taken.toSorted(), [
    "limits.media",
    "logging.level",
    "networks.one.max_age",
    "networks.one.relay",
    "permissions",
    "status.receipts",
  ]);
  assert.deepEqual(left.toSorted(), [
    "appservice.admin_token",
    "homeserver.address",
    "logging.format",
    "networks.one",
    "networks.two",
  ]);
  assert.deepEqual(config.permissions, fresh.permissions);
  assert.equal(config.logging.level, "debug");
  assert.equal(config.homeserver.address, "http://localhost:8008");
  const [one, ...more] = config.networks;
  assert.deepEqual(
    [one?.relay, one?.maxAge, one?.config],
    ["off", undefined, running.networks[0]?.config],
  );
  assert.deepEqual(more, []);
});

test("the same config again changes nothing", async (t) => {
  const load = await loading(t);
  const [running, fresh] = [await load(base + networks), await load(base + networks)];
  const { taken, left } = reloaded(running, fresh);
  assert.deepEqual([taken, left], [[], []]);
});
