import assert from "node:assert/strict";
import { chmod, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../testing/store-fixture.ts";
import { loadBoxKey } from "./box-key.ts";

/** One that is kept. */
const made = async (path: string): Promise<Uint8Array> => {
  const key = await loadBoxKey(path);
  key.fresh?.keep();
  return key.bytes;
};

test("a box key is kept once, for its owner only, and read ever after", async (t) => {
  const dir = await tempDir(t);
  const path = join(dir, "data", "box.key");
  const bytes = await made(path);
  assert.equal(bytes.length, 32);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await loadBoxKey(path), { bytes, fresh: undefined });
  assert.deepEqual(await readdir(join(dir, "data")), ["box.key"]);
});

test("a new key that nobody keeps leaves nothing on the disk", async (t) => {
  const dir = await tempDir(t);
  assert.ok((await loadBoxKey(join(dir, "data", "box.key"))).fresh);
  assert.deepEqual(await readdir(dir), []);
});

test("of two that make it at once one is kept and the other is told", async (t) => {
  const path = join(await tempDir(t), "box.key");
  const [one, two] = await Promise.all([loadBoxKey(path), loadBoxKey(path)]);
  one.fresh?.keep();
  assert.throws(() => two.fresh?.keep(), /was not kept – .* start again/);
  assert.deepEqual((await loadBoxKey(path)).bytes, one.bytes);
});

test("a key that others may read is refused with the command that cures it", async (t) => {
  const path = join(await tempDir(t), "box.key");
  await made(path);
  for (const mode of [0o640, 0o604]) {
    await chmod(path, mode);
    await assert.rejects(loadBoxKey(path), /was not read – .* run: chmod 600 /);
  }
});

test("a file that holds no key is refused, not replaced", async (t) => {
  const path = join(await tempDir(t), "box.key");
  for (const text of ["", "c2hvcnQ=\n"]) {
    await writeFile(path, text, { mode: 0o600 });
    await assert.rejects(loadBoxKey(path), /does not hold a key of 32 bytes/);
  }
});
