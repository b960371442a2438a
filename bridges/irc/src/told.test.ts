import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, KeyValue } from "@bridgebox/core/adapter";
import { Told } from "./told.ts";

/** A store in memory, of which the next question or the next change fails. */
const failing = () => {
  const kept = new Map<string, Json>();
  const next = { fails: "" };
  const strike = (what: string): void => {
    if (next.fails !== what) return;
    next.fails = "";
    throw new Error("The database is away.");
  };
  const store: KeyValue = {
    get: async (key) => {
      strike("get");
      return kept.get(key);
    },
    set: async (key, value) => {
      strike("set");
      if (value === null) kept.delete(key);
      else kept.set(key, value);
    },
  };
  return { next, told: new Told(store) };
};

test("a store that could not be read once is asked again", async () => {
  const { next, told } = failing();
  next.fails = "get";
  await assert.rejects(told.begin("a"));
  assert.equal(await told.begin("a"), "new");
});

test("what could not be stored was not begun, and what was said stays so", async () => {
  const { next, told } = failing();
  next.fails = "set";
  await assert.rejects(told.begin("a"));
  assert.equal(await told.begin("a"), "new");
  next.fails = "set";
  await assert.rejects(told.said("a"));
  assert.equal(await told.begin("a"), "said");
  assert.equal(await told.begin("b"), "new");
  next.fails = "set";
  await assert.rejects(told.begin("b"));
  assert.equal(await told.begin("b"), "doubtful");
});
