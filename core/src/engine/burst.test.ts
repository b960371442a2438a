import assert from "node:assert/strict";
import { test } from "node:test";
import type { ItemId } from "../store/types.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import { saying } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { Ahead } from "./ahead.ts";
import { Burst } from "./burst.ts";

const scene = () => {
  const ahead = new Ahead();
  const clock = new ManualClock();
  const stopping = new AbortController();
  const burst = new Burst({ ahead, clock, signal: stopping.signal });
  const answers: string[] = [];
  const answer = async (name: string): Promise<void> => {
    await burst.gathered();
    answers.push(name);
  };
  /** The first of a lane is on its way, and another stands behind it. */
  const follow = async (): Promise<void> => {
    await ahead.take(first);
    ahead.follow(first, second, claimed);
  };
  return { ahead, follow, clock, stopping, burst, answers, answer };
};

const claimed = Promise.resolve(true);
const first = 7 as ItemId;
const second = 8 as ItemId;
/** Until all that was begun has gone as far as it can. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("an answer waits for nothing while no message stands behind another", async () => {
  const { ahead, follow, answers, answer } = scene();
  await ahead.take(first);
  await answer("alone");
  await follow();
  ahead.over(first);
  await answer("waiting for another attempt");
  ahead.follow(first, second, claimed);
  await answer("noted too late");
  assert.equal(answers.length, 3);
});

test("in a burst an answer waits for four messages more, for its end, or for 100 ms", async () => {
  const { ahead, follow, clock, burst, answers, answer } = scene();
  await follow();
  const four = answer("four");
  for (let said = 0; said < 3; said++) burst.said();
  await turn();
  assert.deepEqual(answers, []);
  burst.said();
  await four;

  const late = answer("late");
  clock.advance(99);
  await turn();
  assert.deepEqual(answers, ["four"]);
  clock.advance(1);
  await late;

  const last = answer("last");
  burst.said();
  await turn();
  assert.deepEqual(answers, ["four", "late"]);
  ahead.over(first);
  burst.said();
  await last;
  assert.equal(clock.sleepers, 0);
});

test("a box that stops answers at once", async () => {
  const { follow, stopping, answers, answer } = scene();
  await follow();
  const held = answer("held");
  stopping.abort();
  await held;
  assert.deepEqual(answers, ["held"]);
});

test("lines that follow each other are a burst until the last of them is on its way", async (t) => {
  const scene = await openEngine(t);
  const { engine, homeserver, network } = scene;
  await scene.plumb();
  const gate = Promise.withResolvers<void>();
  const send = homeserver.send.bind(homeserver);
  const calls: unknown[] = [];
  homeserver.send = async (what, call) => {
    calls.push(what.content["body"]);
    if (calls.length <= 2) await gate.promise;
    return send(what, call);
  };
  await network.accept(["one", "two", "three"].map((text) => saying("bob", text)));
  await until("the first is on its way", () => calls.length === 1);
  await until("the second stands behind it", () => engine.works.ahead.isFollowed);
  let answered = false;
  const answer = engine.gathered().then(() => (answered = true));
  await turn();
  assert.equal(answered, false);
  gate.resolve();
  await scene.idle();
  await answer;
  assert.deepEqual(calls, ["one", "two", "three"]);
  await engine.gathered();
});
