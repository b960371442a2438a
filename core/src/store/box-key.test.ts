import assert from "node:assert/strict";
import { chmod, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../testing/store-fixture.ts";
import { loadOrCreateBoxKey } from "./box-key.ts";

test("a box key is made once, for its owner only, and read ever after", async (t) => {
  const dir = await tempDir(t);
  const path = join(dir, "data", "box.key");
  const made = await loadOrCreateBoxKey(path);
  assert.equal(made.length, 32);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await loadOrCreateBoxKey(path), made);
  assert.deepEqual(await readdir(join(dir, "data")), ["box.key"]);
});

test("two that make it at once get the same key", async (t) => {
  const path = join(await tempDir(t), "box.key");
  const [one, two] = await Promise.all([loadOrCreateBoxKey(path), loadOrCreateBoxKey(path)]);
  assert.deepEqual(one, two);
});

test("a key that others may read is refused with the command that cures it", async (t) => {
  const path = join(await tempDir(t), "box.key");
  await loadOrCreateBoxKey(path);
  for (const mode of [0o640, 0o604]) {
    await chmod(path, mode);
    await assert.rejects(loadOrCreateBoxKey(path), /was not read – .* run: chmod 600 /);
  }
});

test("a file that holds no key is refused, not replaced", async (t) => {
  const path = join(await tempDir(t), "box.key");
  for (const text of ["", "c2hvcnQ=\n"]) {
    await writeFile(path, text, { mode: 0o600 });
    await assert.rejects(loadOrCreateBoxKey(path), /does not hold a key of 32 bytes/);
  }
});
