import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "@bridgebox/core/testing";
import { Api } from "./api/tl.ts";
import type { CatchUp } from "./catch-up.ts";
import { Pump } from "./pump.ts";
import type { Inbox } from "./updates.ts";

const setUp = () => {
  const done: string[] = [];
  const hold = { commit: Promise.resolve() };
  const inbox = {
    take: async (updates: Api.TypeUpdates) => void done.push(updates.className),
    count: async (line: string) => void done.push(`count ${line}`),
    add: () => undefined,
    isWaiting: () => true,
    listens: () => undefined,
    reset: () => void done.push("reset"),
    commit: async () => {
      await hold.commit;
      done.push("commit");
    },
  };
  const catchUp = {
    all: async () => void done.push("all"),
    line: async (line: string) => void done.push(`difference ${line}`),
  };
  const failures: unknown[] = [];
  const stop = new AbortController();
  const write = () => undefined;
  const pump = new Pump({
    inbox: inbox as unknown as Inbox,
    catchUp: catchUp as unknown as CatchUp,
    log: { debug: write, info: write, warn: write, error: write },
    signal: stop.signal,
    failed: (error) => void failures.push(error),
  });
  return { pump, done, failures, hold, stop };
};

const updates = new Api.UpdatesTooLong();

test("one thing at a time, in the order it came, and a commit behind it", async () => {
  const { pump, done } = setUp();
  pump.push({ kind: "updates", updates });
  pump.push({ kind: "count", line: "pts", pts: 2, count: 1 });
  await pump.start();
  await until("a commit", () => done.at(-1) === "commit");
  assert.deepEqual(
    done.filter((each) => each !== "commit"),
    ["UpdatesTooLong", "count pts", "all"],
  );
});

test("a commit that waits holds everything back; too much behind it is left to a difference", async () => {
  const { pump, done, hold } = setUp();
  const gate = Promise.withResolvers<void>();
  hold.commit = gate.promise;
  for (let count = 0; count < 5000; count += 1) pump.push({ kind: "updates", updates });
  await until("the first is done", () => done.length > 0);
  assert.ok(done.length <= 64, "nothing goes on before the commit");
  gate.resolve();
  await until("the difference for what was dropped", () => done.includes("all"));
  assert.ok(done.filter((each) => each === "UpdatesTooLong").length < 2100);
});

test("a commit that fails drops what waits, and says so once", async () => {
  const { pump, done, failures, hold } = setUp();
  hold.commit = Promise.reject(new Error("full"));
  pump.push({ kind: "updates", updates });
  await assert.rejects(pump.start(), /full/);
  assert.equal(failures.length, 1);
  assert.equal(done.at(-1), "reset");
});

test("what is asked for in a hurry is asked for once", async () => {
  const { pump, done } = setUp();
  for (let count = 0; count < 5; count += 1) pump.missing("channel:1", true);
  await until("the channel's difference", () => done.includes("difference channel:1"));
  await until("a commit", () => done.at(-1) === "commit");
  assert.equal(done.filter((each) => each === "difference channel:1").length, 1);
});

test("whoever waits hears of the end, also behind what failed or hangs", async () => {
  const { pump, hold, stop } = setUp();
  const gate = Promise.withResolvers<void>();
  hold.commit = gate.promise;
  pump.push({ kind: "updates", updates });
  const waiting = [pump.start(), pump.start()];
  const heard = Promise.allSettled(waiting);
  gate.reject(new Error("full"));
  for (const { status } of await heard) assert.equal(status, "rejected");

  hold.commit = Promise.withResolvers<void>().promise;
  pump.push({ kind: "updates", updates });
  const more = Promise.allSettled([pump.start(), pump.start()]);
  await Promise.resolve();
  stop.abort();
  const late = [pump.start()];
  for (const { status } of await more) assert.equal(status, "rejected");
  for (const { status } of await Promise.allSettled(late)) assert.equal(status, "rejected");
});

test("nothing is taken after the end", async () => {
  const { pump, done, stop } = setUp();
  stop.abort();
  pump.push({ kind: "updates", updates });
  await Promise.resolve();
  assert.deepEqual(done, []);
});
