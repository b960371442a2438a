import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chooseFolder, freshFolder } from "./folder.ts";

test("a sandbox takes the folder, one beside it while it is taken, and clears up after those that were killed", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-folder-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const base = join(dir, "cache", "sandbox");
  assert.equal(chooseFolder(base), base);
  freshFolder(base);
  const beside = `${base}-${process.pid}`;
  assert.equal(chooseFolder(base), beside);
  mkdirSync(beside);
  mkdirSync(`${base}-4194305`);
  mkdirSync(`${base}-notes`);
  rmSync(join(base, "pid"));
  assert.equal(chooseFolder(base), base);
  assert.deepEqual(
    [beside, `${base}-4194305`, `${base}-notes`].map((each) => existsSync(each)),
    [true, false, true],
  );
  writeFileSync(join(dir, "file"), "");
  assert.match(chooseFolder(join(dir, "file", "sandbox")), /bridgebox-sandbox-\d+$/);
});
