import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ManualClock } from "../testing/manual-clock.ts";
import { Gate, systemClock } from "./gate.ts";

const never = new AbortController().signal;

const passing = (gate: Gate, clock: ManualClock) => {
  const state = { through: false };
  void gate.pass(clock, never).then(
    () => (state.through = true),
    () => undefined,
  );
  return state;
};

test("an open gate is passed at once, without being a probe", async () => {
  assert.equal(await new Gate().pass(new ManualClock(), never), undefined);
});

test("when its time is over one goes through; the others follow when the way is clear", async () => {
  const [gate, clock] = [new Gate(), new ManualClock()];
  gate.close({ until: clock.now() + 100, why: "a limit" });
  const probe = gate.pass(clock, never);
  const other = passing(gate, clock);
  clock.advance(100);
  const closure = await probe;
  await turn();
  assert.ok(closure);
  assert.equal(other.through, false);
  gate.clear(closure);
  await turn();
  assert.equal(other.through, true);
});

test("a probe that learned nothing leaves its place to the next", async () => {
  const [gate, clock] = [new Gate(), new ManualClock()];
  gate.close({ until: clock.now(), why: "a limit" });
  const closure = await gate.pass(clock, never);
  const next = passing(gate, clock);
  await turn();
  assert.equal(next.through, false);
  assert.ok(closure);
  gate.giveBack(closure);
  await turn();
  assert.equal(next.through, true);
});

test("the probe of a closure that is over neither opens nor frees the next one", async () => {
  const [gate, clock] = [new Gate(), new ManualClock()];
  gate.close({ until: clock.now(), why: "first" });
  const first = await gate.pass(clock, never);
  assert.ok(first);
  gate.close({ until: clock.now(), why: "second" });
  await gate.pass(clock, never);
  gate.clear(first);
  gate.giveBack(first);
  assert.equal(gate.closure?.why, "second");
  const next = passing(gate, clock);
  await turn();
  assert.equal(next.through, false, "the second has its probe");
});

test("what has no end waits for somebody to open it, whatever the time", async () => {
  const [gate, clock] = [new Gate(), new ManualClock()];
  gate.close({ until: undefined, why: "not connected" });
  const one = passing(gate, clock);
  clock.advance(1e9);
  await turn();
  assert.equal(one.through, false);
  gate.open();
  await turn();
  assert.equal(one.through, true);
});

test("whoever gives up waiting is told, and leaves nothing behind", async () => {
  const [gate, clock] = [new Gate(), new ManualClock()];
  gate.close({ until: clock.now() + 1000, why: "a limit" });
  const stop = new AbortController();
  const waiting = gate.pass(clock, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.equal(clock.sleepers, 0);
});

test("it counts how often it was shut in a row", () => {
  const gate = new Gate();
  for (let times = 0; times < 3; times += 1) gate.close({ until: 0, why: "" });
  assert.equal(gate.failures, 3);
  gate.open();
  assert.equal(gate.failures, 0);
});

test("a sleep longer than a timer can be does not end at once", async () => {
  const stop = new AbortController();
  let over = false;
  const sleeping = systemClock.sleep(2 ** 40, stop.signal).then(() => (over = true));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(over, false);
  stop.abort();
  await sleeping;
});
