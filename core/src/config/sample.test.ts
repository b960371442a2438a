import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { acme, other } from "./fixture.ts";
import { loadConfig } from "./load.ts";
import { configReference } from "./reference.ts";
import { sampleConfig } from "./sample.ts";

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

test("the reference names every key, and marks secrets", () => {
  const page = configReference([acme, other]);
  assert.match(page, /^- `networks\.<network>\.password` \(text, secret\): What it asks for/m);
  assert.match(page, /^- `homeserver\.domain` \(text, required\)/m);
  assert.match(page, /^- `rooms\[\]\.chats` /m);
});
