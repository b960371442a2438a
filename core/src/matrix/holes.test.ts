import assert from "node:assert/strict";
import { test } from "node:test";
import { Holes } from "./holes.ts";

const take = (holes: Holes, ...ids: string[]): void => {
  for (const id of ids) holes.taken(id);
};

test("a transaction after a hole is refused once, and the one that was missing is taken", () => {
  const holes = new Holes(() => 0);
  assert.equal(holes.refuses("7"), false, "nothing is known before the first");
  take(holes, "7", "8");
  assert.equal(holes.refuses("9"), false);
  assert.equal(holes.refuses("10"), true);
  assert.equal(holes.refuses("9"), false);
  take(holes, "9");
  assert.equal(holes.refuses("10"), false);
  take(holes, "10");
  assert.equal(holes.refuses("11"), false);
});

test("a hole that nothing fills holds up nothing", () => {
  const holes = new Holes(() => 0);
  take(holes, "1");
  assert.equal(holes.refuses("3"), true);
  assert.equal(holes.refuses("3"), false, "it came again: so the hole is none");
});

test("where holes are everywhere only few transactions are refused, and some again later", () => {
  let now = 0;
  const holes = new Holes(() => now);
  let id = 0;
  const refusals = (): number => {
    let count = 0;
    for (let round = 0; round < 20; round += 1) {
      id += 2;
      if (holes.refuses(String(id))) count += 1;
      take(holes, String(id));
    }
    return count;
  };
  assert.equal(refusals(), 3);
  now += 10 * 60_000;
  assert.equal(refusals(), 1);
});

test("ids that are no numbers, old ones and far ones are nobody's hole", () => {
  const holes = new Holes(() => 0);
  take(holes, "5", "abc");
  for (const id of ["abd", "4", "1000", "m1234.5", "99999999999999999"])
    assert.equal(holes.refuses(id), false, id);
});
