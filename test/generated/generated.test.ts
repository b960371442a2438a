import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { loadConfig } from "@bridgebox/core/config";

import { adapters, files } from "./files.ts";

test("the committed sample and reference are what the schemas say", () => {
  for (const { path, text } of files) {
    const message = `${path.pathname} is not up to date. Run: node test/generated/write.ts`;
    assert.equal(readFileSync(path, "utf8"), text, message);
  }
});

test("the sample with its three fields filled in is a config", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bridgebox-generated-"));
  try {
    const path = join(folder, "config.yaml");
    const sample = files[0]?.text ?? "";
    const filled = sample
      .replace("address: http://localhost:8008", "address: http://127.0.0.1:8448")
      .replace("domain: example.com", "domain: server.test")
      .replace("server: irc.libera.chat", "server: irc.server.test");
    assert.notEqual(filled, sample);
    writeFileSync(path, filled);
    const known = Object.fromEntries(adapters.map((adapter) => [adapter.id, async () => adapter]));
    const loaded = await loadConfig({ path, env: {}, adapters: known });
    assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
    assert.deepEqual(
      loaded.config.networks.map((network) => network.type),
      ["irc"],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
