import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { other } from "../config/fixture.ts";
import { loadBoxKey, openSqliteStore, openStore } from "../store/index.ts";
import type { Store } from "../store/index.ts";
import { quiet } from "../testing/engine-fixture.ts";
import { net, portalIn, tempDir } from "../testing/store-fixture.ts";
import { runBackup } from "./index.ts";

const now = new Date("2026-11-26T03:15:54.123Z");

interface Place {
  readonly dir: string;
  /** The box's store, as the running box has it open. */
  readonly open: () => Promise<Store>;
  readonly run: (
    command: "backup" | "restore",
    ...argv: string[]
  ) => Promise<{ readonly code: number; readonly text: string }>;
}

const placeOf = async (t: TestContext, database = ""): Promise<Place> => {
  const dir = await tempDir(t);
  const file = join(dir, "config.yaml");
  writeFileSync(
    file,
    `homeserver:\n  domain: example.org\n  address: http://localhost:8008\ndatabase:\n  path: ${join(dir, "bridgebox.db")}\n  key_file: ${join(dir, "bridgebox.key")}\n${database}networks:\n  one:\n    type: other\n`,
  );
  return {
    dir,
    open: async () =>
      openStore(
        { path: join(dir, "bridgebox.db") },
        { boxKey: await loadBoxKey(join(dir, "bridgebox.key")), log: quiet },
      ),
    run: async (command, ...argv) => {
      const lines: string[] = [];
      const say = (line: string): void => void lines.push(line);
      const source = { env: {}, adapters: { other: () => Promise.resolve(other) } };
      const all = ["-c", file, ...argv];
      const code = await runBackup({ command, argv: all, source, now, say, complain: say });
      return { code, text: lines.join("\n") };
    },
  };
};

const chatsOf = async (store: Store): Promise<readonly string[]> =>
  (await store.read.portals.ofNetwork(net)).map(({ chat }) => String(chat.id)).toSorted();

test("a running box's store is copied, and the copy put in its place once the box has stopped", async (t) => {
  const { dir, open, run } = await placeOf(t);
  const store = await open();
  await portalIn(store, "before");
  const copy = join(dir, "copy.db");
  const made = await run("backup", copy);
  assert.equal(made.code, 0, made.text);
  assert.match(made.text, /bridgebox\.key/);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  await portalIn(store, "after");

  const early = await run("restore", copy);
  assert.equal(early.code, 50);
  assert.match(early.text, /another process works with .*bridgebox\.db – stop that one first/);
  assert.deepEqual(await chatsOf(store), ["after", "before"]);
  await store.close();

  const done = await run("restore", copy);
  assert.equal(done.code, 0, done.text);
  const restored = await open();
  t.after(() => restored.close());
  assert.deepEqual(await chatsOf(restored), ["before"]);
  const beside = join(dir, "bridgebox.db.before-2026-11-26T03-15-54-123Z");
  assert.ok(done.text.includes(beside));
  const boxKey = await loadBoxKey(join(dir, "bridgebox.key"));
  const replaced = await openStore({ path: beside }, { boxKey, log: quiet });
  t.after(() => replaced.close());
  assert.deepEqual(await chatsOf(replaced), ["after", "before"]);
});

test("what a killed box left of its log stays with the database that it belongs to", async (t) => {
  const { dir, open, run } = await placeOf(t);
  const store = await open();
  await portalIn(store, "before");
  const copy = join(dir, "copy.db");
  assert.equal((await run("backup", copy)).code, 0);
  for (let number = 0; number < 50; number += 1) await portalIn(store, `after ${number}`);
  const database = join(dir, "bridgebox.db");
  const left = readFileSync(`${database}-wal`);
  await store.close();
  writeFileSync(`${database}-wal`, left);
  for (const leftOver of [() => undefined, () => rmSync(database)]) {
    leftOver();
    writeFileSync(`${database}-wal`, left);
    const done = await run("restore", copy);
    assert.equal(done.code, 0, done.text);
    assert.ok(!existsSync(`${database}-wal`));
    const restored = await open();
    assert.deepEqual(await chatsOf(restored), ["before"]);
    await restored.close();
    for (const name of readdirSync(dir)) if (name.includes(".before-")) rmSync(join(dir, name));
  }
});

test("a copy takes the place of a database that is too damaged to be read", async (t) => {
  const { dir, open, run } = await placeOf(t);
  const store = await open();
  await portalIn(store, "before");
  const copy = join(dir, "copy.db");
  assert.equal((await run("backup", copy)).code, 0);
  await store.close();
  const damage = "no database any more ".repeat(1000);
  writeFileSync(join(dir, "bridgebox.db"), damage);
  const done = await run("restore", copy);
  assert.equal(done.code, 0, done.text);
  const restored = await open();
  t.after(() => restored.close());
  assert.deepEqual(await chatsOf(restored), ["before"]);
  const beside = readdirSync(dir).find((name) => name.includes(".before-")) ?? "";
  assert.equal(readFileSync(join(dir, beside), "utf8"), damage);
});

test("into a folder a copy goes by the time; over a file that is there none goes", async (t) => {
  const { dir, open, run } = await placeOf(t);
  await (await open()).close();
  const folder = await tempDir(t);
  assert.equal((await run("backup", folder)).code, 0);
  assert.deepEqual(readdirSync(folder), ["bridgebox-2026-11-26T03-15-54-123Z.db"]);
  const again = await run("backup", folder);
  assert.equal(again.code, 50);
  assert.match(again.text, /is there already/);
  assert.ok(!existsSync(join(dir, "bridgebox.db.part")));
  const nowhere = await run("backup", join(folder, "none", "copy.db"));
  assert.equal(nowhere.code, 50);
  assert.match(nowhere.text, /^The database was not copied – .*copy\.db .* \(ENOENT\) – .*folder/);
});

test("where there is no store nothing is copied, and no store is made", async (t) => {
  const { dir, run } = await placeOf(t);
  const none = await run("backup", join(dir, "copy.db"));
  assert.equal(none.code, 50);
  assert.match(none.text, /The store was not copied – .*bridgebox\.db cannot be read/);
  assert.deepEqual(readdirSync(dir), ["config.yaml"]);
});

test("what is no copy of this box's store changes nothing", async (t) => {
  const { dir, open, run } = await placeOf(t);
  const store = await open();
  await portalIn(store, "mine");
  await store.close();
  const text = join(dir, "text.db");
  writeFileSync(text, "this is no database, however long it may be; ".repeat(100));
  const empty = join(dir, "empty.db");
  writeFileSync(empty, "");
  const foreign = join(dir, "foreign.db");
  const boxKey = new Uint8Array(32).fill(9);
  await (await openSqliteStore({ path: foreign, boxKey })).close();
  const said = [];
  for (const file of [text, empty, join(dir, "absent.db"), foreign]) {
    const { code, text: why } = await run("restore", file);
    assert.equal(code, 50, why);
    said.push(why);
  }
  assert.match(said.join("\n"), /text\.db cannot be read as one/);
  assert.match(said.join("\n"), /empty\.db holds no store of bridgebox/);
  assert.match(said.join("\n"), /absent\.db cannot be read as one/);
  assert.match(said.join("\n"), /it was made with the box key [0-9a-f]+ and this key is/);
  const after = await open();
  t.after(() => after.close());
  assert.deepEqual(await chatsOf(after), ["mine"]);
});

test("a file is not put in the place of a PostgreSQL database", async (t) => {
  const { dir, run } = await placeOf(t, "  uri: postgres://localhost/bridgebox\n");
  const refused = await run("restore", join(dir, "copy.db"));
  assert.equal(refused.code, 50);
  assert.match(refused.text, /pg_restore/);
});

test("wrong use is said before anything is read", async (t) => {
  const { run } = await placeOf(t);
  assert.equal((await run("backup")).code, 1);
  assert.equal((await run("backup", "one", "two")).code, 1);
  assert.equal((await run("restore", "--everything")).code, 1);
  assert.match((await run("restore", "--help")).text, /the box must not run/);
});
