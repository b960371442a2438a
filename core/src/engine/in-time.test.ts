import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import { inTime } from "./in-time.ts";

const late = () => new BridgeError("timeout", "Nothing came.", { reached: "no", scope: "item" });

test("a list that stops coming ends in a sentence, and its adapter is told to stop", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const box = new AbortController();
  const asked = Promise.withResolvers<AbortSignal>();
  const pages = inTime(
    async function* (signal) {
      yield 1;
      asked.resolve(signal);
      await new Promise(() => undefined);
    },
    box.signal,
    late,
  );
  assert.deepEqual(await pages.next(), { done: false, value: 1 });
  const second = pages.next();
  const signal = await asked.promise;
  assert.equal(signal.aborted, false);
  t.mock.timers.tick(300_000);
  await assert.rejects(second, /^BridgeError: Nothing came\.$/);
  assert.equal(signal.aborted, true);
});

test("whoever wants no more of a list has its adapter told, and it may tidy up", async () => {
  const tidied = Promise.withResolvers<AbortSignal>();
  const pages = inTime(
    async function* (signal) {
      try {
        yield 1;
        yield 2;
      } finally {
        tidied.resolve(signal);
      }
    },
    new AbortController().signal,
    late,
  );
  for await (const page of pages) if (page === 1) break;
  assert.equal((await tidied.promise).aborted, true);
});

test("a list that is asked for as the box is stopping holds it up no longer than any other", async () => {
  const pages = inTime(
    async function* () {
      await new Promise(() => undefined);
      yield 1;
    },
    AbortSignal.abort(),
    late,
  );
  await assert.rejects(pages.next(), /^BridgeError: Nothing came\.$/);
});
