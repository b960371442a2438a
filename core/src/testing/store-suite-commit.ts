import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { StoreBroken } from "../store/index.ts";
import type { Repositories } from "../store/index.ts";
import { addItem, freshStore, newItem, outOf, pairOf, portalIn, tempDir } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-fixture.ts";

/** Atomic, grouped, durable. */
export const commitTests = ({ open, copy: copyTo, opener }: StoreUnderTest): void => {
  test("a commit is there once it resolves, and read sees nothing before that", async (t) => {
    const store = await freshStore(t, open);
    const portal = await portalIn(store);
    await store.commit(async (tx) => {
      await tx.items.add(newItem(outOf(portal.id), "a"));
      assert.ok(await tx.items.byKey("a"));
      assert.equal(await store.read.items.byKey("a"), undefined);
    });
    assert.ok(await store.read.items.byKey("a"));
  });

  test("a commit gives back what its work gives back", async (t) => {
    const store = await freshStore(t, open);
    assert.equal(await store.commit(() => Promise.resolve(42)), 42);
  });

  test("works of one turn run one after the other, in the order asked for", async (t) => {
    const store = await freshStore(t, open);
    const steps: string[] = [];
    const work = (name: string) => async (tx: Repositories) => {
      steps.push(`${name} begins`);
      await tx.inbox.count();
      await tx.items.nextExpiry();
      steps.push(`${name} ends`);
    };
    await Promise.all(["a", "b", "c"].map((name) => store.commit(work(name))));
    assert.deepEqual(
      steps,
      ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });

  test("a work sees what the one before it in the same turn wrote", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const add = store.commit((tx) => tx.items.add(newItem(outOf(id), "a")));
    const seen = store.commit((tx) => tx.items.byKey("a"));
    assert.equal((await seen)?.id, await add);
  });

  test("a work that throws is rolled back alone", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const good = (key: string) => store.commit((tx) => tx.items.add(newItem(outOf(id), key)));
    const bad = store.commit(async (tx) => {
      await tx.items.add(newItem(outOf(id), "bad"));
      throw new Error("no");
    });
    const results = await Promise.allSettled([good("before"), bad, good("after")]);
    assert.deepEqual(
      results.map((result) => result.status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    await assert.rejects(bad, /^Error: no$/);
    const keys = (await store.read.items.list(outOf(id), 9)).map((item) => item.key);
    assert.deepEqual(keys, ["before", "after"]);
  });

  test("a work that fails while a part of it goes on leaves nothing in the next one", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const late = Promise.withResolvers<unknown>();
    const bad = store.commit(async (tx) => {
      const goesOn = async (): Promise<void> => {
        for (let n = 0; n < 50; n += 1) await tx.items.add(newItem(outOf(id), `bad ${n}`));
      };
      const fails = async (): Promise<never> => {
        await tx.items.byKey("none");
        throw new Error("no");
      };
      const going = goesOn();
      going.then(() => late.resolve("it went on"), late.resolve);
      await Promise.all([going, fails()]);
    });
    const good = store.commit(async (tx) => {
      for (let n = 0; n < 50; n += 1) await tx.items.add(newItem(outOf(id), `good ${n}`));
    });
    await assert.rejects(bad, /^Error: no$/);
    await good;
    assert.ok((await late.promise) instanceof StoreBroken);
    const keys = (await store.read.items.list(outOf(id), 200)).map((item) => item.key);
    assert.deepEqual(
      keys,
      Array.from({ length: 50 }, (_, n) => `good ${n}`),
    );
  });

  test("a work that throws alone in its turn leaves nothing", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const work = async (tx: Repositories): Promise<never> => {
      await tx.items.add(newItem(outOf(id), "bad"));
      throw new Error("no");
    };
    await assert.rejects(store.commit(work), /^Error: no$/);
    assert.equal(await store.read.items.byKey("bad"), undefined);
    assert.ok(await addItem(store, newItem(outOf(id), "good")));
  });

  test("a work that waits for another commit is refused, and the store goes on", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    let inner: Promise<unknown> = Promise.resolve();
    const outer = store.commit(async (tx) => {
      await tx.items.add(newItem(outOf(id), "outer"));
      inner = addItem(store, newItem(outOf(id), "inner"));
      await inner;
    });
    await assert.rejects(outer, StoreBroken);
    await inner;
    assert.equal(await store.read.items.byKey("outer"), undefined);
    assert.ok(await store.read.items.byKey("inner"));
  });

  test("repositories kept from a work that is over are refused", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const kept = await store.commit((tx) => Promise.resolve({ tx }));
    await assert.rejects(kept.tx.items.add(newItem(outOf(id), "late")), StoreBroken);
  });

  test("close finishes what was asked for and takes nothing more", async (t) => {
    const dir = await tempDir(t);
    const store = await open(dir);
    const { id } = await portalIn(store);
    const last = addItem(store, newItem(outOf(id), "last"));
    await store.close();
    assert.ok(await last);
    await assert.rejects(addItem(store, newItem(outOf(id), "later")), StoreBroken);
    await store.close();
    const again = await open(dir);
    t.after(() => again.close());
    assert.ok(await again.read.items.byKey("last"));
  });

  test("what was resolved before a kill -9 is there, whole, and nothing is there by half", async (t) => {
    const dir = await tempDir(t);
    const writer = fileURLToPath(new URL("./store-writer.ts", import.meta.url));
    const child = spawn(process.execPath, [writer, opener.href, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    const printed: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      printed.push(Number(line));
      if (printed.length === 300) child.kill("SIGKILL");
    }
    await ended;
    assert.ok(printed.length >= 300);
    const store = await open(dir);
    t.after(() => store.close());
    const { id } = await portalIn(store);
    for (const pair of printed) {
      for (const { key } of pairOf(id, pair)) assert.ok(await store.read.items.byKey(key), key);
    }
    const all = await store.read.items.list(outOf(id), 1_000_000);
    const halves = all.map((item) => item.key).filter((key) => key.endsWith("a"));
    assert.equal(halves.length * 2, all.length);
  });

  test("a copy made while commits go on is a consistent store", async (t) => {
    const dir = await tempDir(t);
    const store = await open(dir);
    t.after(() => store.close());
    const { id } = await portalIn(store);
    const commitPair = (pair: number): Promise<void> =>
      store.commit(async (tx) => {
        for (const item of pairOf(id, pair)) await tx.items.add(item);
      });
    for (let pair = 0; pair < 200; pair += 1) await commitPair(pair);
    const target = await tempDir(t);
    const copying = copyTo(dir, `${target}/box.db`);
    for (let pair = 200; pair < 260; pair += 1) await commitPair(pair);
    await copying;
    const copy = await open(target);
    t.after(() => copy.close());
    const keys = (await copy.read.items.list(outOf(id), 10_000)).map((item) => item.key);
    assert.ok(keys.length >= 400);
    assert.equal(keys.filter((key) => key.endsWith("a")).length * 2, keys.length);
  });

  test("100,000 items are stored, and the head of their lane is the first", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const addMany = (from: number) =>
      store.commit(async (tx) => {
        for (let n = from; n < from + 1_000; n += 1) {
          await tx.items.add(newItem(outOf(id), `k${n}`));
        }
      });
    await Promise.all(Array.from({ length: 100 }, (_, index) => addMany(index * 1_000)));
    for (let n = 0; n < 100; n += 1) {
      assert.equal((await store.read.items.head(outOf(id)))?.key, "k0");
    }
    assert.deepEqual(await store.read.items.depth(), [
      { direction: "out", state: "ready", count: 100_000 },
    ]);
  });
};
