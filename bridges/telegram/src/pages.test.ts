import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, KeyValue } from "@bridgebox/core/adapter";
import { Pages } from "./pages.ts";

/** A store that answers one step at a time: nothing is written before `step` lets it. */
const steppedStore = () => {
  const rows = new Map<string, Json>();
  const waiting: { readonly run: () => void; readonly refuse: (why: Error) => void }[] = [];
  const inTurn = <T>(work: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push({ run: () => resolve(work()), refuse: reject });
    });
  const store: KeyValue = {
    get: (key) => inTurn(() => structuredClone(rows.get(key))),
    set: (key, value) => {
      const copy = structuredClone(value);
      return inTurn(() => void (copy === null ? rows.delete(key) : rows.set(key, copy)));
    },
  };
  const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const step = async () => {
    waiting.shift()?.run();
    await settled();
  };
  const refuse = async () => {
    waiting.shift()?.refuse(new Error("busy"));
    await settled();
  };
  const all = async () => {
    await settled();
    while (waiting.length > 0) await step();
  };
  return { store, rows, step, refuse, all, settled };
};

test("what is remembered while a page is read or written is not lost", async () => {
  const { store, rows, step, all, settled } = steppedStore();
  const pages = new Pages(store, "p");
  const early = [pages.remember(1, "a"), pages.remember(2, "b"), pages.find(3)];
  await all();
  await Promise.all(early);
  const first = pages.save();
  await settled();
  await pages.remember(3, "c");
  const second = pages.save();
  let durable = false;
  void second.then(() => (durable = true));
  await step();
  await first;
  assert.equal(durable, false, "it is not durable with the write before it");
  await all();
  await second;
  assert.deepEqual(rows.get("p:0"), { 1: "a", 2: "b", 3: "c" });
});

test("whoever saves waits for the write that has taken the row along", async () => {
  const { store, all, settled, step } = steppedStore();
  const pages = new Pages(store, "p");
  const ready = Promise.all([pages.remember(1, "a"), pages.remember(2, "b")]);
  await all();
  await ready;
  const ends: string[] = [];
  const saves = ["one", "two"].map((name) => pages.save().then(() => ends.push(name)));
  await settled();
  assert.deepEqual(ends, []);
  await step();
  await all();
  await Promise.all(saves);
  assert.equal(ends.length, 2);
});

test("a write that fails is made again with the next one", async () => {
  const { store, rows, all, refuse, settled } = steppedStore();
  const pages = new Pages(store, "p");
  const ready = pages.remember(1, "a");
  await all();
  await ready;
  const failed = assert.rejects(pages.save(), /busy/);
  await settled();
  await refuse();
  await failed;
  const again = pages.save();
  await all();
  await again;
  assert.deepEqual(rows.get("p:0"), { 1: "a" });
});

test("the oldest page goes when a new one begins, however many rows it begins with", async () => {
  const { store, rows, all } = steppedStore();
  const pages = new Pages(store, "p");
  const keep = async (...messages: readonly number[]) => {
    const done = Promise.all(messages.map((each) => pages.remember(each, "x")));
    await all();
    await done;
    const saved = pages.save();
    await all();
    await saved;
  };
  await keep(1);
  await keep(64);
  await keep(512 * 64, 512 * 64 + 1);
  assert.deepEqual([...rows.keys()], ["p:1", "p:512"]);
  await keep(65, 513 * 64);
  assert.ok(rows.has("p:1"), "what was just told is not thrown away");
  assert.ok(rows.has("p:513"));
});
