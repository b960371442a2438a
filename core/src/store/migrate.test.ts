import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "./migrate.ts";
import { bindKey, migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";

const step = (version: number): Migration => ({ version, statements: () => [`step ${version}`] });

const fakeSchema = () => {
  const meta = new Map<string, string>();
  const ran: string[] = [];
  const schema: Schema = {
    get: (name) => meta.get(name),
    set: (name, value) => void meta.set(name, value),
    run: (sql) => void ran.push(sql),
    words: { serial: "serial", int: "int", millis: "millis", compact: "" },
  };
  return { schema, meta, ran };
};

test("each step runs once, in order, and only what is new", () => {
  const { schema, meta, ran } = fakeSchema();
  migrate(schema, [step(1), step(2)]);
  assert.deepEqual(ran.slice(1), ["step 1", "step 2"]);
  assert.match(ran[0] ?? "", /^create table meta/);
  migrate(schema, [step(1), step(2)]);
  migrate(schema, [step(1), step(2), step(3)]);
  assert.deepEqual(ran.slice(1), ["step 1", "step 2", "step 3"]);
  assert.equal(meta.get("schema"), "3");
});

test("a newer schema is refused before anything is changed", () => {
  const { schema, ran } = fakeSchema();
  schema.set("schema", "3");
  assert.throws(
    () => migrate(schema, [step(1)]),
    /not opened – its schema is version 3 .* up to 1/,
  );
  assert.deepEqual(ran, []);
});

test("the store is bound to the first key and refuses any other", () => {
  const { schema } = fakeSchema();
  bindKey(schema, "aa");
  bindKey(schema, "aa");
  assert.throws(() => bindKey(schema, "bb"), /box key aa and this key is bb/);
});

test("migrations are numbered without a gap", () => {
  assert.deepEqual(
    migrations.map(({ version }) => version),
    migrations.map((_, index) => index + 1),
  );
});
