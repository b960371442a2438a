import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ManualClock } from "../testing/manual-clock.ts";
import { Pace } from "./pace.ts";

test("a second's worth at once after a rest, then in order at the pace, and none after the signal", async () => {
  const clock = new ManualClock();
  const pace = new Pace(clock, () => 4);
  const stop = new AbortController();
  const went: number[] = [];
  const refused: number[] = [];
  for (let at = 0; at < 8; at += 1)
    void pace.turn(stop.signal).then(
      () => went.push(at),
      () => refused.push(at),
    );
  await turn();
  assert.deepEqual(went, [0, 1, 2, 3]);
  clock.advance(500);
  await turn();
  assert.deepEqual(went, [0, 1, 2, 3, 4, 5]);
  stop.abort();
  await turn();
  assert.deepEqual([went.length, refused], [6, [6, 7]]);
});
