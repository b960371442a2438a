import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { acme, other } from "./fixture.ts";
import { loadConfig } from "./load.ts";
import { configReference } from "./reference.ts";
import { filledConfig, sampleConfig } from "./sample.ts";

const adapters = { acme: async () => acme, other: async () => other };

const load = async (yaml: string) => {
  const folder = mkdtempSync(join(tmpdir(), "bridgebox-sample-"));
  try {
    const path = join(folder, "config.yaml");
    writeFileSync(path, yaml);
    return await loadConfig({ path, env: {}, adapters });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const filled = (sample: string): string =>
  sample
    .replace("address: http://localhost:8008", "address: http://hs.test:8008")
    .replace("domain: example.com", "domain: server.test")
    .replace("server: acme.example.org", "server: acme.test")
    .replace("put-64-random-hex-digits-here", "0123456789abcdef");

test("the sample as it is says what must still be filled in, and no more", async () => {
  const loaded = await load(sampleConfig([acme, other]));
  assert.ok(!loaded.ok);
  assert.deepEqual(
    loaded.problems.map((line) => /\S+ is still the example/.exec(line)?.[0]),
    ["homeserver.domain is still the example", "networks.acme.server is still the example"],
  );
});

test("the sample with its three fields filled in is a config", async () => {
  const loaded = await load(filled(sampleConfig([acme, other])));
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  assert.deepEqual(
    loaded.config.networks.map(({ id, config }) => [id, config]),
    [["acme", { server: "acme.test", port: 6697 }]],
  );
});

test("every commented line of the sample can be used by removing its first #", async () => {
  const sample = filled(sampleConfig([acme, other]));
  const used = sample.replace(/^( *)# (?= *(?:[\w"@*.<>:]+:(?: |$)|- ))/gm, "$1");
  assert.notEqual(used, sample);
  const loaded = await load(used);
  assert.ok(loaded.ok, loaded.ok ? "" : `${loaded.problems.join("\n")}\n${used}`);
  assert.equal(loaded.config.networks.length, 2);
  assert.equal(loaded.config.rooms[0]?.chats[0]?.network, "acme");
});

test("a filled one says what was said, and explains the rest so that it can be used", async () => {
  const values = {
    homeserver: { address: "http://hs.test:8008", domain: "server.test" },
    permissions: { "*": "relay", "@ana:server.test": "admin" },
    networks: {
      home: { type: "acme", server: "acme.test", password: "# 'a': \"b\"", enabled: false },
      work: { type: "acme", server: "work.test", ghosts: "w_" },
    },
  };
  const text = filledConfig([acme, other], values);
  const loaded = await load(text);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  assert.deepEqual(loaded.config.permissions, values.permissions);
  assert.deepEqual(
    loaded.config.networks.map(({ id, enabled, ghostPrefix, config }) => [
      id,
      enabled,
      ghostPrefix,
      config,
    ]),
    [
      ["home", false, "home_", { server: "acme.test", port: 6697, password: "# 'a': \"b\"" }],
      ["work", true, "w_", { server: "work.test", port: 6697 }],
    ],
  );
  const used = text
    .replace("put-64-random-hex-digits-here", "0123456789abcdef")
    .replace(/^( *)# (?= *(?:[\w"@*.<>:]+:(?: |$)|- ))/gm, "$1");
  assert.notEqual(used, text);
  const whole = await load(used);
  assert.ok(whole.ok, whole.ok ? "" : `${whole.problems.join("\n")}\n${used}`);
  assert.equal(whole.config.networks.length, 3);
});

test("a key that nobody knows is written, so that the loader names it", async () => {
  const homeserver = { address: "http://hs.test", domain: "server.test", adress: "x" };
  const networks = { home: { type: "acme", server: "acme.test", sever: "x" } };
  const loaded = await load(filledConfig([acme, other], { homeserver, networks, rom: [] }));
  assert.ok(!loaded.ok);
  assert.deepEqual(
    loaded.problems.map((line) => /(\S+) is not a known key/.exec(line)?.[1]),
    ["homeserver.adress", "networks.home.sever", "rom"],
  );
});

test("the reference names every key, and marks secrets", () => {
  const page = configReference([acme, other]);
  assert.match(page, /^- `networks\.<network>\.password` \(text, secret\): What it asks for/m);
  assert.match(page, /^- `homeserver\.domain` \(text, required\)/m);
  assert.match(page, /^- `rooms\[\]\.chats` /m);
});
