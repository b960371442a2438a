import assert from "node:assert/strict";
import { test } from "node:test";

import { keepActivity, keptActivity } from "./keep-activity.ts";
import type { Store } from "./store/index.ts";
import { quiet } from "./testing/engine-fixture.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { freshStore } from "./testing/store-fixture.ts";
import { open } from "./testing/store-sqlite.ts";
import { until } from "./testing/until.ts";

test("who was active is kept every hour and at the end, where it changed", async (t) => {
  const store = await freshStore(t, open);
  let commits = 0;
  let fails = false;
  const commit: Store["commit"] = (work) => {
    commits += 1;
    return fails ? Promise.reject(new Error("away")) : store.commit(work);
  };
  const clock = new ManualClock();
  const stopping = new AbortController();
  let count = 1;
  const remembered = { one: () => ({ count }), other: () => "same" };
  const common = { clock, log: quiet, signal: stopping.signal };
  const keeping = keepActivity({ ...store, commit }, remembered, common);
  const hour = async (): Promise<void> => {
    clock.advance(3_600_000);
    await until("it waits again", () => clock.sleepers === 1);
  };

  await hour();
  assert.equal(commits, 0, "nothing was new");
  count = 2;
  await hour();
  assert.deepEqual(await keptActivity(store, "one"), { count: 2 });
  assert.equal(await keptActivity(store, "other"), undefined);
  count = 3;
  fails = true;
  await hour();
  assert.equal(commits, 2);
  fails = false;
  stopping.abort();
  const ending = keeping.end();
  assert.equal(commits, 3, "asked before the store may be closed");
  await ending;
  assert.deepEqual(await keptActivity(store, "one"), { count: 3 });
});
