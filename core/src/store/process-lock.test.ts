import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { tempDir } from "../testing/store-fixture.ts";
import { open } from "../testing/store-sqlite.ts";

const opener = new URL("../testing/store-sqlite.ts", import.meta.url).href;

test("a second box on the same database does not start, and says so", async (t) => {
  const dir = await tempDir(t);
  const store = await open(dir);
  await assert.rejects(open(dir), /another process works with .*box\.db – stop that one first/);
  await store.close();
  const again = await open(dir);
  await again.close();
});

test("what a killed process held is free at once", { timeout: 20_000 }, async (t) => {
  const dir = await tempDir(t);
  const script = `const { open } = await import(${JSON.stringify(opener)});
    await open(${JSON.stringify(dir)}); process.stdout.write("open"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  await once(child.stdout, "data");
  await assert.rejects(open(dir), /another process/);
  const over = once(child, "exit");
  child.kill("SIGKILL");
  await over;
  const store = await open(dir);
  await store.close();
});
