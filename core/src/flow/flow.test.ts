import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { delayAfter } from "./backoff.ts";
import { deadlineWithin } from "./deadline.ts";
import { Lru } from "./lru.ts";
import { singleFlight } from "./single-flight.ts";
import { Slots } from "./slots.ts";

test("delays double from the first to the most, between half of a step and the whole", () => {
  const backoff = { first: 500, most: 60_000 };
  const whole = [1, 2, 3, 8, 1000].map((failures) => delayAfter(failures, backoff, () => 1));
  assert.deepEqual(whole, [500, 1000, 2000, 60_000, 60_000]);
  assert.equal(
    delayAfter(0, backoff, () => 0),
    250,
  );
});

test("the entry that was used longest ago goes first", () => {
  const cache = new Lru<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.get("a");
  cache.set("c", 3);
  assert.deepEqual([cache.get("a"), cache.get("b"), cache.get("c")], [1, undefined, 3]);
});

test("calls for one key share a run; a failed one is not remembered", async () => {
  let runs = 0;
  const run = singleFlight(async (key: string) => {
    runs += 1;
    await turn();
    if (runs === 1) throw new Error("first");
    return `${key}${runs}`;
  });
  const both = await Promise.allSettled([run("a"), run("a")]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.equal(await run("a"), "a2");
});

test("slots are held by so many, and go to the next also when a holder fails", async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const first = slots.use(async () => {
    await turn();
    order.push("first");
    throw new Error("failed");
  });
  const second = slots.use(() => Promise.resolve(order.push("second")));
  await assert.rejects(first, /failed/);
  await second;
  assert.deepEqual(order, ["first", "second"]);
  assert.equal(slots.held, 0);
});

test("a deadline aborts with its parent, with its time, and not once it is ended", async () => {
  const parent = new AbortController();
  const [one, two] = [deadlineWithin(60_000, parent.signal), deadlineWithin(1, parent.signal)];
  await new Promise((resolve) => two.signal.addEventListener("abort", resolve));
  const three = deadlineWithin(60_000, parent.signal);
  three.end();
  parent.abort(new Error("stop"));
  assert.match(String(one.signal.reason), /stop/);
  assert.equal(three.signal.aborted, false);
  assert.equal(deadlineWithin(60_000, parent.signal).signal.aborted, true);
});
