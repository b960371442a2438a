import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId } from "../../adapter/index.ts";
import { again, lost, openAsked, stateOf } from "../../testing/asked-scene.ts";
import { ScriptedNetwork } from "../../testing/scripted-network.ts";

const places = ["in", "out"].flatMap((way) =>
  ["before-claim", "before-call", "after-call", "before-settle", "settled"].map(
    (place) => `${way}.${place}`,
  ),
);

/** Failed there once, as if by a mistake of ours, at the nth time. */
const blowAt = (place: string) => {
  let left = 0;
  return {
    at: (nth: number): void => void (left = nth),
    failpoint: (name: string): Promise<void> => {
      if (name !== place) return Promise.resolve();
      left -= 1;
      return left === 0 ? Promise.reject(new Error(`struck at ${name}`)) : Promise.resolve();
    },
  };
};

for (const place of places)
  for (const nth of [1, 2, 3])
    test(`what is asked for is done once, though it is struck at ${place}, the ${nth}. time`, async (t) => {
      const network = new ScriptedNetwork();
      const there = new Set<string>();
      let asked = false;
      const blow = blowAt(place);
      network.more = {
        find: (_order, { key }) => {
          if (!asked) return Promise.resolve({ state: "unknown" });
          const sent = { id: messageId(key) };
          return Promise.resolve(there.has(key) ? { state: "sent", sent } : { state: "absent" });
        },
      };
      const scene = await openAsked(t, {
        network,
        failpoint: blow.failpoint,
      });
      scene.fails(lost);
      const event = await scene.says("one");
      asked = true;
      let doubled = 0;
      network.send = (_order, { key }) => {
        if (there.has(key)) doubled += 1;
        there.add(key);
        return Promise.resolve({ state: "sent", sent: { id: messageId(key) } });
      };
      blow.at(nth);
      await scene.reacts(again);
      for (let rounds = 0; rounds < 10; rounds += 1) await scene.rest();
      assert.deepEqual([there.size, doubled], [1, 0]);
      assert.equal(await stateOf(scene, event), "delivered");
      assert.deepEqual(scene.lines(), ["\u2713 It was sent again and reached net."]);
      assert.deepEqual(scene.offers(), []);
    });

for (const place of places.filter((one) => one.startsWith("out.")))
  test(`where the network cannot be asked, nothing is sent twice unasked, struck at ${place}`, async (t) => {
    const blow = blowAt(place);
    const scene = await openAsked(t, {
      failpoint: blow.failpoint,
    });
    scene.fails(lost);
    const event = await scene.says("one");
    scene.works();
    blow.at(1);
    await scene.reacts(again);
    for (let rounds = 0; rounds < 10; rounds += 1) await scene.rest();
    const sends = scene.network.sent.length - 1;
    assert(sends <= 1, `it was sent ${sends} times`);
    const state = await stateOf(scene, event);
    assert(state === "delivered" || state === "doubtful", String(state));
    if (state === "delivered") assert.equal(sends, 1);
    assert.deepEqual(scene.offers().length, state === "delivered" ? 0 : 2);
  });
