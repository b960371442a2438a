import assert from "node:assert/strict";
import { test } from "node:test";
import { nextOf } from "./answers.ts";

const page = (next: string) => ({ response_metadata: { next_cursor: next } });

test("pages of one list lead back to none of it, and there is an end of them", () => {
  const nextAfter = nextOf("Nothing was listed");
  assert.deepEqual(
    ["a", "b", ""].map((next) => nextAfter(page(next))),
    ["a", "b", undefined],
  );
  assert.throws(() => nextAfter(page("a")), /answer cannot be read/);
  const endless = nextOf("Nothing was listed");
  assert.throws(() => {
    for (let at = 0; at < 10_000; at += 1) endless(page(`cursor ${at}`));
  }, /Nothing was listed: Slack's answer cannot be read/);
});
