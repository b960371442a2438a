import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { addItem, alice, newItem, outOf, portalIn, tempDir } from "../testing/store-fixture.ts";
import { forgetsWhatWasSealed } from "../testing/store-lost-key.ts";
import { copy, open, testBoxKey } from "../testing/store-sqlite.ts";
import { storeSuite } from "../testing/store-suite.ts";
import { StoreBroken, StoreFull } from "./errors.ts";
import { compile } from "./query.ts";
import type { Query, Values } from "./query.ts";
import {
  firstOf,
  nextExpiry,
  parkedIn,
  parkedOf,
  untriedOf,
  wake,
} from "./repositories/item-queries.ts";
import { holdersOf } from "./repositories/logins.ts";
import { follow } from "./repositories/outcomes.ts";
import { orphans } from "./repositories/spaces.ts";
import { openForReading, sqliteDialect } from "./sqlite-connection.ts";
import { migrations } from "./migrations/index.ts";
import { openSqlite, openSqliteStore, words } from "./sqlite.ts";

storeSuite("SQLite", {
  open,
  copy,
  opener: new URL("../testing/store-sqlite.ts", import.meta.url),
});

const opened = async (t: TestContext) => {
  const dir = await tempDir(t);
  const both = openSqlite({ path: join(dir, "box.db"), boxKey: testBoxKey });
  t.after(() => both.store.close());
  return { dir, ...both };
};

test("a full disk is said, loses nothing, and is over when there is room", async (t) => {
  const { store, writing } = await opened(t);
  const { id } = await portalIn(store);
  const big = { text: "x".repeat(20_000) };
  const add = (key: string) =>
    store.commit(async (tx) => {
      await tx.items.add(newItem(outOf(id), `${key} small`));
      await tx.items.add(newItem(outOf(id), `${key} big`, { payload: big }));
    });
  await add("before");
  const limit = writing.pragma("max_page_count", { simple: true });
  writing.pragma(`max_page_count = ${String(writing.pragma("page_count", { simple: true }))}`);
  const results = await Promise.allSettled(["a", "b", "c"].map(add));
  for (const result of results) {
    assert.ok(result.status === "rejected" && result.reason instanceof StoreFull);
    assert.match(String(result.reason), /disk .* is full – make room/);
  }
  await assert.rejects(add("alone"), StoreFull);
  const keys = async () => (await store.read.items.list(outOf(id), 99)).map(({ key }) => key);
  assert.deepEqual(await keys(), ["before small", "before big"]);
  writing.pragma(`max_page_count = ${String(limit)}`);
  await add("after");
  assert.deepEqual(await keys(), ["before small", "before big", "after small", "after big"]);
});

test("secrets are nowhere in the files", async (t) => {
  const { dir, store } = await opened(t);
  const secret = "s3cret-t0ken-of-alice";
  await store.commit(async (tx) => {
    await tx.keys.set("scope", "key", { value: secret }, true);
    await tx.keys.set("scope", "open", "readable-by-anyone", false);
    await tx.logins.put({ ...alice, account: { token: secret } });
  });
  const files = await readdir(dir);
  const bytes = await Promise.all(files.map((file) => readFile(join(dir, file), "latin1")));
  assert.ok(bytes.some((text) => text.includes("readable-by-anyone")));
  assert.ok(!bytes.some((text) => text.includes(secret)));
});

test("a sealed value that was moved to another row does not open", async (t) => {
  const { store, writing } = await opened(t);
  await store.commit(async (tx) => {
    await tx.keys.set("scope", "mine", "one", true);
    await tx.keys.set("scope", "yours", "two", true);
  });
  writing.exec(
    "update key_value set value = (select value from key_value where key = 'mine') where key = 'yours'",
  );
  await assert.rejects(store.read.keys.get("scope", "yours"), StoreBroken);
  assert.equal(await store.read.keys.get("scope", "mine"), "one");
});

test("only the owner may read the files, the backup too", async (t) => {
  const { dir, store } = await opened(t);
  await portalIn(store);
  await copy(dir, join(dir, "copy.db"));
  for (const file of await readdir(dir)) {
    assert.equal((await stat(join(dir, file))).mode & 0o777, 0o600, file);
  }
});

test("the owners of a lease are counted on when one has given it back", async (t) => {
  const { store, writing } = await opened(t);
  const epochs: unknown[] = [];
  for (const owner of ["a", "b"]) {
    assert.ok(await store.commit((tx) => tx.leases.take("shard 0", owner, 100, 0)));
    epochs.push(writing.prepare("select epoch from lease").pluck().get());
    await store.commit((tx) => tx.leases.release("shard 0", owner));
  }
  assert.deepEqual(epochs, [1, 2]);
});

test("a store that a newer program made is refused in one sentence", async (t) => {
  const dir = await tempDir(t);
  const { store, writing } = openSqlite({ path: join(dir, "box.db"), boxKey: testBoxKey });
  writing.exec("update meta set value = '999' where name = 'schema'");
  await store.close();
  await assert.rejects(open(dir), /schema is version 999 .* start the newer bridgebox again/);
});

test("a store of another box key is refused in one sentence", async (t) => {
  const dir = await tempDir(t);
  await (await open(dir)).close();
  const other = { path: join(dir, "box.db"), boxKey: new Uint8Array(32).fill(8) };
  await assert.rejects(openSqliteStore(other), /was made with the box key .* put the key file/);
  await (await open(dir)).close();
});

test("with its key lost a store forgets what was sealed, when told to, and keeps the rest", async (t) => {
  const path = join(await tempDir(t), "box.db");
  await forgetsWhatWasSealed(t, (lost) => openSqliteStore({ path, boxKey: testBoxKey, ...lost }));
});

test("a file that is no database is refused as broken", async (t) => {
  const path = join(await tempDir(t), "box.db");
  await writeFile(path, "This is a letter, not a database. ".repeat(100));
  await assert.rejects(openSqliteStore({ path, boxKey: testBoxKey }), StoreBroken);
});

test("the files are set up to survive a power cut and to shrink", async (t) => {
  const { writing } = await opened(t);
  const pragma = (name: string) => writing.pragma(name, { simple: true });
  assert.deepEqual(["journal_mode", "synchronous", "auto_vacuum", "foreign_keys"].map(pragma), [
    "wal",
    2,
    2,
    1,
  ]);
});

test("nothing of the store is ever in a file for temporary things", async (t) => {
  const { dir, writing } = await opened(t);
  const reading = openForReading(join(dir, "box.db"));
  t.after(() => reading.close());
  for (const db of [writing, reading])
    assert.equal(db.pragma("temp_store", { simple: true }), 2, "in memory");
});

const planIn = <P extends Values, Row>(writing: Writing, asked: Query<P, Row>): string =>
  writing
    .prepare<unknown[], { detail: string }>(
      `explain query plan ${compile(sqliteDialect, asked).sql.replaceAll("?", "1")}`,
    )
    .all()
    .map(({ detail }) => detail)
    .join("; ");

type Writing = ReturnType<typeof openSqlite>["writing"];

test("the queue is asked by index, never by scanning or sorting", async (t) => {
  const { writing } = await opened(t);
  assert.match(planIn(writing, firstOf), /^SEARCH item USING INDEX item_head \(/);
  assert.match(planIn(writing, parkedOf), /^SEARCH item USING INDEX item_parked \(/);
  assert.match(planIn(writing, wake), /^SEARCH item USING COVERING INDEX item_wait \(/);
  assert.match(planIn(writing, nextExpiry), /USING COVERING INDEX item_expiry/);
  for (const query of [firstOf, parkedOf]) {
    assert.doesNotMatch(planIn(writing, query), /TEMP B-TREE/);
  }
});

const byUser = /^SEARCH login USING INDEX login_user \(/;

/** Everything that a store is made of but its `meta`, in an order that says nothing. */
const schemaOf = (writing: Writing): readonly unknown[] =>
  writing
    .prepare(
      "select type, name, sql from sqlite_master where name not like 'sqlite%' order by 1, 2",
    )
    .all();

for (const { version } of migrations.slice(0, -1)) {
  test(`a store of an older program is given what is new, from version ${version}`, async (t) => {
    const dir = await tempDir(t);
    const older = openSqlite({ path: join(dir, "box.db"), boxKey: testBoxKey });
    const whole = schemaOf(older.writing);
    const tables = older.writing
      .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite%'")
      .pluck()
      .all();
    older.writing.pragma("foreign_keys = off");
    for (const name of tables.map(String))
      if (name !== "meta") older.writing.exec(`drop table "${name}"`);
    for (const step of migrations.slice(0, version))
      for (const statement of step.statements(words)) older.writing.exec(statement);
    older.writing.exec(`update meta set value = '${version}' where name = 'schema'`);
    await older.store.close();
    const now = openSqlite({ path: join(dir, "box.db"), boxKey: testBoxKey });
    t.after(() => now.store.close());
    assert.deepEqual(schemaOf(now.writing), whole);
    assert.match(planIn(now.writing, holdersOf), byUser);
    assert.equal(await now.store.read.outcomes.byNotice("$none"), undefined);
    assert.deepEqual(await now.store.read.retriables.of("$none"), []);
  });
}

test("whose an account is, which is asked for every message, is asked by index", async (t) => {
  const { writing } = await opened(t);
  assert.match(planIn(writing, holdersOf), byUser);
});

test("spaces of what is gone are found by the keys of what would be there", async (t) => {
  const { writing } = await opened(t);
  assert.doesNotMatch(planIn(writing, orphans), /SCAN (?!space)/);
});

test("what moves with its chat is found by index, however much waits and ended", async (t) => {
  const { writing } = await opened(t);
  const plans = [untriedOf, parkedIn].map((asked) => planIn(writing, asked));
  for (const plan of [...plans, planIn(writing, follow)])
    assert.doesNotMatch(plan, /SCAN|AUTOMATIC/);
});

test("values are hidden from the planner, which else prepares at every binding", () => {
  assert.match(compile(sqliteDialect, firstOf).sql, /"portal" = \+\? and "direction" = \+\?/);
});

test("an item added by a shard carries its number", async (t) => {
  const dir = await tempDir(t);
  const store = await openSqliteStore({
    path: join(dir, "box.db"),
    boxKey: testBoxKey,
    shard: 3,
    clock: () => 77,
  });
  t.after(() => store.close());
  const { id } = await portalIn(store);
  const item = await addItem(store, newItem(outOf(id), "a", { claimed: true }));
  const found = await store.read.items.get(item);
  assert.deepEqual([found?.shard, found?.firstAt], [3, 77]);
  assert.deepEqual(await store.read.items.lanes(3), [outOf(id)]);
});
