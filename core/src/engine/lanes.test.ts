import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item, Store } from "../store/index.ts";
import { quiet } from "../testing/engine-fixture.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { addItem, freshStore, newItem, outOf, portalIn } from "../testing/store-fixture.ts";
import { open } from "../testing/store-sqlite.ts";
import { until } from "../testing/until.ts";
import { Lanes } from "./lanes.ts";

const lanesOn = (store: Store, work: (item: Item) => Promise<void>) => {
  const stop = new AbortController();
  const clock = new ManualClock();
  const lanes = new Lanes({
    store,
    clock,
    log: quiet,
    signal: stop.signal,
    overlaps: () => false,
    work: async (item) => {
      await work(item);
      return undefined;
    },
  });
  const end = async (): Promise<void> => {
    stop.abort();
    await lanes.stopped();
  };
  return { lanes, clock, end };
};

const doneWith = (store: Store, done: string[]) => async (item: Item) => {
  done.push(item.key);
  await store.commit((tx) => tx.items.done(item.id));
};

test("a lane does its items in order, catch-up first, and rests when there are none", async (t) => {
  const store = await freshStore(t, open);
  const { id } = await portalIn(store);
  const lane = outOf(id);
  for (const key of ["a", "b"]) await addItem(store, newItem(lane, key));
  await addItem(store, newItem(lane, "old", { rank: 0 }));
  const done: string[] = [];
  const { lanes, end } = lanesOn(store, doneWith(store, done));
  await lanes.start(0);
  await until("all is done", () => done.length === 3 && lanes.busy === 0);
  assert.deepEqual(done, ["old", "a", "b"]);
  await end();
});

test("a lane that waits holds up no other, and goes on when it is woken before its time", async (t) => {
  const store = await freshStore(t, open);
  const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
  const slow = await addItem(store, newItem(outOf(one.id), "slow"));
  await addItem(store, newItem(outOf(two.id), "quick"));
  const done: string[] = [];
  const { lanes, clock, end } = lanesOn(store, doneWith(store, done));
  const until60 = { until: clock.now() + 60_000, why: "a limit", sure: true };
  await store.commit((tx) => tx.items.wait(slow, until60));
  await lanes.start(0);
  await until("the other is done", () => done.length === 1);
  assert.deepEqual(done, ["quick"]);
  await store.commit((tx) => tx.items.wait(slow, { ...until60, until: clock.now() }));
  lanes.wake(outOf(one.id));
  await until("it is done too", () => done.length === 2);
  await end();
});

test("a worker that throws makes its lane rest, not spin and not die", async (t) => {
  const store = await freshStore(t, open);
  const lane = outOf((await portalIn(store)).id);
  await addItem(store, newItem(lane, "a"));
  const done: string[] = [];
  let throws = 0;
  const { lanes, clock, end } = lanesOn(store, async (item) => {
    throws += 1;
    if (throws === 1) throw new Error("the store is broken");
    await doneWith(store, done)(item);
  });
  lanes.wake(lane);
  await until("it rests", () => throws === 1 && clock.sleepers === 1);
  clock.advance(1000);
  await until("it is done", () => done.length === 1);
  await end();
});

test("a paused lane ends what it does and begins nothing more", async (t) => {
  const store = await freshStore(t, open);
  const lane = outOf((await portalIn(store)).id);
  for (const key of ["a", "b"]) await addItem(store, newItem(lane, key));
  const done: string[] = [];
  const hold = Promise.withResolvers<void>();
  const { lanes, end } = lanesOn(store, async (item) => {
    await hold.promise;
    await doneWith(store, done)(item);
  });
  lanes.wake(lane);
  await until("it works", () => lanes.busy === 1);
  lanes.pause();
  hold.resolve();
  await until("it has ended", () => lanes.busy === 0);
  lanes.wake(lane);
  assert.deepEqual([done.length, lanes.busy], [1, 0]);
  await end();
});
