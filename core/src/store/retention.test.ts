import assert from "node:assert/strict";
import { test } from "node:test";
import { quiet } from "../testing/engine-fixture.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { freshStore, newOutcome, portalIn } from "../testing/store-fixture.ts";
import { open } from "../testing/store-sqlite.ts";
import { until } from "../testing/until.ts";
import { keepForgetting } from "./retention.ts";
import type { Store } from "./types.ts";

const hour = 3_600_000;
const keep = { dedupe: hour, outcomes: hour };

test("a box forgets some minutes after its start, and then a few times a day, until it stops", async (t) => {
  const store = await freshStore(t, open);
  const { id } = await portalIn(store);
  const clock = new ManualClock();
  const stopping = new AbortController();
  const warned: string[] = [];
  const log = { ...quiet, warn: (_: string, data?: object) => warned.push(JSON.stringify(data)) };
  let fails = 0;
  const commit: Store["commit"] = (work) => {
    fails -= 1;
    return fails === 0 ? Promise.reject(new Error("away")) : store.commit(work);
  };
  const put = async (origin: string): Promise<void> => {
    const outcome = newOutcome(id, origin, { at: clock.now() - 2 * hour });
    await store.commit((tx) => tx.outcomes.put(outcome));
  };
  const isThere = async (origin: string): Promise<boolean> =>
    (await store.read.outcomes.get(origin, id)) !== undefined;
  const waits = (): Promise<boolean> => until("it waits", () => clock.sleepers === 1);
  const { signal } = stopping;
  const over = keepForgetting({ ...store, commit }, keep, { clock, log, signal });

  await put("$1");
  clock.advance(hour / 60);
  assert.equal(clock.sleepers, 1);
  assert.equal(await isThere("$1"), true);
  clock.advance(4 * (hour / 60));
  await waits();
  assert.equal(await isThere("$1"), false);

  await put("$2");
  fails = 1;
  clock.advance(6 * hour);
  await waits();
  assert.deepEqual(warned, ['{"why":"Error: away"}']);
  assert.equal(await isThere("$2"), true);
  clock.advance(6 * hour);
  await waits();
  assert.equal(await isThere("$2"), false);

  stopping.abort();
  await over;
  assert.equal(clock.sleepers, 0);
});
