import assert from "node:assert/strict";
import { test } from "node:test";

import { activityOf, ages } from "./activity.ts";

const hour = 3_600_000;
const bands = Object.values(ages);

test("rooms and people are counted by when they were active last, each once", () => {
  let now = 0;
  const activity = activityOf(() => now);
  for (const name of ["!a", "!b", "!a"]) activity.saw("matrixRooms", name);
  assert.deepEqual(activity.within("matrixRooms", bands), [2, 2, 2]);
  now = hour;
  activity.saw("matrixRooms", "!b");
  assert.deepEqual(activity.within("matrixRooms", bands), [1, 2, 2]);
  now = 24 * hour;
  assert.deepEqual(activity.within("matrixRooms", bands), [0, 1, 2]);
  assert.deepEqual(activity.within("remoteRooms", bands), [0, 0, 0]);
});

test("they are counted as before after a restart, but who was active last more than a month ago", () => {
  let now = 0;
  const activity = activityOf(() => now);
  activity.saw("remoteUsers", "net anna");
  now = 31 * 24 * hour;
  activity.saw("remoteUsers", "net ben");
  assert.equal(activity.count("remoteUsers"), 2);
  now += 1;
  const kept = activity.state();
  const again = activityOf(() => now, kept);
  assert.equal(again.count("remoteUsers"), 1);
  assert.deepEqual(again.within("remoteUsers", bands), [1, 1, 1]);
  assert.deepEqual(again.state(), kept);
});

test("what was kept in another form counts as nothing", () => {
  for (const kept of [null, 7, [], { matrixUsers: [1] }, { matrixUsers: { "@a": "1" } }])
    assert.equal(activityOf(() => 0, kept).count("matrixUsers"), 0);
});

test("beyond a bound whoever was active longest ago is forgotten", () => {
  const activity = activityOf(() => 0);
  for (let user = 0; user <= 20_000; user += 1) activity.saw("matrixUsers", `@${user}`);
  assert.equal(activity.count("matrixUsers"), 20_000);
  activity.saw("matrixUsers", "@1");
  assert.equal(activity.count("matrixUsers"), 20_000, "it is remembered, and nobody goes for it");
  activity.saw("matrixUsers", "@0");
  const state = activity.state();
  assert.deepEqual(Object.keys(activityOf(() => 0, state).state() ?? {}), Object.keys(state ?? {}));
});
