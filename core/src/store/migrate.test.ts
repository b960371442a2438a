import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreBroken } from "./errors.ts";
import { preparation } from "./migrate.ts";
import type { Meta } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";

const words = { serial: "serial", int: "int", millis: "millis", compact: "" };
const step = (version: number): Migration => ({
  version,
  statements: ({ serial }) => [`step ${version} ${serial}`],
});
const wanting = (last: number, fingerprint = "aa") => ({
  migrations: Array.from({ length: last }, (_, index) => step(index + 1)),
  words,
  fingerprint,
});
const made = (schema: number): Meta =>
  new Map([
    ["schema", String(schema)],
    ["box-key", "aa"],
  ]);

test("a new store gets its meta table, each step in order, and its key", () => {
  const [meta, ...rest] = preparation(undefined, wanting(2));
  assert.match(meta ?? "", /^create table meta/);
  assert.deepEqual(rest.slice(0, 2), ["step 1 serial", "step 2 serial"]);
  assert.match(rest[2] ?? "", /'schema', '2'/);
  assert.match(rest[3] ?? "", /'box-key', 'aa'/);
});

test("only what is new runs, and nothing where nothing is new", () => {
  const [third, schema, ...rest] = preparation(made(2), wanting(3));
  assert.equal(third, "step 3 serial");
  assert.match(schema ?? "", /'schema', '3'/);
  assert.deepEqual(rest, []);
  assert.deepEqual(preparation(made(3), wanting(3)), []);
});

test("a newer schema is refused before anything is changed", () => {
  assert.throws(
    () => preparation(made(3), wanting(1)),
    (error) =>
      error instanceof StoreBroken &&
      /not opened – its schema is version 3 .* up to 1/.test(error.message),
  );
});

test("the store is bound to the first key and refuses any other", () => {
  assert.throws(() => preparation(made(1), wanting(1, "bb")), /box key aa and this key is bb/);
});

test("a store without its key file says where that was looked for, and no key is made", () => {
  const kept: string[] = [];
  const fresh = { path: "/data/box.key", keep: () => void kept.push("kept") };
  assert.throws(
    () => preparation(made(1), { ...wanting(1, "bb"), fresh }),
    /its key file is missing: there is no \/data\/box.key – put it back .* --forget-logins/,
  );
  assert.deepEqual(kept, []);
  preparation(undefined, { ...wanting(1), fresh });
  assert.deepEqual(kept, ["kept"]);
});

test("what a lost key sealed is forgotten only when somebody says so", () => {
  const said: string[] = [];
  const forget = (): void => void said.push("forgot");
  const fresh = { path: "/data/box.key", keep: () => void said.push("kept") };
  assert.deepEqual(preparation(made(1), { ...wanting(1), forget }), []);
  assert.deepEqual(said, []);
  const statements = preparation(made(1), { ...wanting(1, "bb"), fresh, forget });
  assert.deepEqual(said, ["kept", "forgot"]);
  assert.match(statements.at(-1) ?? "", /'box-key', 'bb'/);
});

test("migrations are numbered without a gap", () => {
  assert.deepEqual(
    migrations.map(({ version }) => version),
    migrations.map((_, index) => index + 1),
  );
});
