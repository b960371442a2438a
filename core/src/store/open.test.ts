import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Log } from "../adapter/index.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { loadBoxKey } from "./box-key.ts";
import { forgetLogins, openStore } from "./open.ts";

const log: Log = { debug() {}, info() {}, warn() {}, error() {} };

test("a store whose key file is lost says so, makes no other, and opens when told to forget", async (t) => {
  const dir = await tempDir(t);
  const place = { path: join(dir, "box.db"), keyFile: join(dir, "box.key") };
  const opened = async () => openStore(place, { boxKey: await loadBoxKey(place.keyFile), log });
  await (await opened()).close();
  await (await opened()).close();
  rmSync(place.keyFile);
  for (let tries = 0; tries < 2; tries += 1)
    await assert.rejects(opened(), (error: Error) =>
      error.message.includes(`there is no ${place.keyFile} –`),
    );
  assert.equal(existsSync(place.keyFile), false);
  assert.equal(await forgetLogins(place, log), true);
  assert.equal(await forgetLogins(place, log), false);
  await (await opened()).close();
});

test("where there is no store nothing is forgotten, and no key made", async (t) => {
  const dir = await tempDir(t);
  const place = { path: join(dir, "typo.db"), keyFile: join(dir, "box.key") };
  await assert.rejects(forgetLogins(place, log), /There is no store yet/);
  assert.ok(!existsSync(place.keyFile));
});

test("a place that takes no database is said with what to do", async (t) => {
  const dir = await tempDir(t);
  const boxKey = await loadBoxKey(join(dir, "box.key"));
  await assert.rejects(
    openStore({ path: join(dir, ".") }, { boxKey, log }),
    /^StoreBroken: The store was not opened – .* is a folder \(EISDIR\) – name a file in the config\.$/,
  );
});
