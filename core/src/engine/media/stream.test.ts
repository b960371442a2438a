import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../../adapter/index.ts";
import { bounded } from "./stream.ts";

const limits = { most: 10, whose: "this box", idle: 1000 };

const failure = async (body: ReadableStream<Uint8Array>): Promise<BridgeError> => {
  const error: unknown = await new Response(body).arrayBuffer().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof BridgeError, String(error));
  return error;
};

const source = (
  pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>,
) => {
  const seen = { cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    { pull, cancel: () => void (seen.cancelled = true) },
    { highWaterMark: 0 },
  );
  return { body, seen };
};

test("bytes pass as they are, only when they are wanted, and are counted", async () => {
  let pulled = 0;
  const counts: number[] = [];
  const { body } = source((controller) => {
    pulled += 1;
    if (pulled > 2) controller.close();
    else controller.enqueue(new Uint8Array(5).fill(pulled));
  });
  const passed = bounded(body, { ...limits, counted: (bytes) => counts.push(bytes) });
  assert.equal(pulled, 0);
  const bytes = new Uint8Array(await new Response(passed).arrayBuffer());
  assert.deepEqual([...bytes], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
  assert.deepEqual(counts, [5, 10]);
});

test("too many bytes end in an error that says how many would do, and the source is let go", async () => {
  const { body, seen } = source((controller) => controller.enqueue(new Uint8Array(6)));
  const error = await failure(bounded(body, limits));
  assert.deepEqual([error.code, error.reached], ["too_large", "no"]);
  assert.match(error.message, /larger than 10 bytes, the most that this box takes/);
  assert.equal(seen.cancelled, true);
});

test("a source that stalls or breaks is asked again later; its own reason is kept", async () => {
  const { body, seen } = source(() => new Promise(() => undefined));
  assert.equal((await failure(bounded(body, { ...limits, idle: 10 }))).code, "network");
  assert.equal(seen.cancelled, true);
  const broken = source(() => Promise.reject(new Error("reset")));
  assert.equal((await failure(bounded(broken.body, limits))).code, "network");
  const gone = new BridgeError("gone", "it is gone.", { reached: "no", scope: "item" });
  const withdrawn = source(() => Promise.reject(gone));
  assert.equal(await failure(bounded(withdrawn.body, limits)), gone);
});
