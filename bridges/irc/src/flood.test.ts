import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FloodClock } from "./flood.ts";
import { Flood } from "./flood.ts";

function clockOf() {
  let now = 0;
  let due: { readonly at: number; call: () => void } | undefined;
  const clock: FloodClock = {
    now: () => now,
    after: (ms, call) => {
      due = { at: now + ms, call };
      return () => (due = undefined);
    },
  };
  const pass = (ms: number) => {
    const end = now + ms;
    while (due !== undefined && due.at <= end) {
      const { at, call } = due;
      now = at;
      due = undefined;
      call();
    }
    now = end;
  };
  return { clock, pass, idle: () => due === undefined };
}

function bucket(limit: { readonly lines: number; readonly perMs: number } | undefined) {
  const time = clockOf();
  const out: string[] = [];
  const flood = new Flood(limit, () => out.push("?"), time.clock);
  const add = (rank: 0 | 1 | 2, lane: string, name: string, confirmed = false) =>
    flood.add(rank, lane, { confirmed, write: () => out.push(name) });
  return { ...time, out, flood, add };
}

describe("the flood limit", () => {
  it("lets a burst go and then one line after the other", () => {
    const { out, add, pass, idle } = bucket({ lines: 5, perMs: 10_000 });
    for (let n = 0; n < 9; n++) add(1, "a", String(n));
    assert.equal(out.join(""), "01234");
    pass(1999);
    assert.equal(out.length, 5);
    pass(1);
    assert.equal(out.join(""), "012345");
    pass(6000);
    assert.equal(out.join(""), "012345678");
    assert.ok(idle());
  });

  it("never exceeds lines in any window, questions included", () => {
    const { out, add, pass } = bucket({ lines: 5, perMs: 10_000 });
    for (let n = 0; n < 30; n++) add(1, "a", "x", true);
    const counts = [out.length];
    for (let second = 0; second < 120; second++) {
      pass(1000);
      counts.push(out.length);
    }
    for (const [at, count] of counts.entries()) {
      assert.ok((counts[at + 10] ?? count) - count <= 6, `second ${at}`);
    }
    assert.equal(out.filter((line) => line === "x").length, 30);
    assert.equal(out.at(-1), "?");
  });

  it("puts ranks first and lets chats take turns", () => {
    const { out, add, pass } = bucket({ lines: 2, perMs: 2000 });
    add(1, "a", "a1");
    add(1, "a", "a2");
    add(1, "a", "a3");
    add(1, "a", "a4");
    add(1, "b", "b1");
    add(2, "", "query");
    add(0, "", "join");
    pass(10_000);
    assert.deepEqual(out, ["a1", "a2", "join", "a3", "b1", "a4", "query"]);
  });

  it("gives back what was not written, and only that", () => {
    const { out, add, pass } = bucket({ lines: 2, perMs: 2000 });
    const first = add(1, "a", "1");
    add(1, "a", "2");
    const third = add(1, "a", "3");
    assert.equal(first(), false);
    assert.equal(third(), true);
    assert.equal(third(), false);
    pass(5000);
    assert.deepEqual(out, ["1", "2"]);
  });

  it("without a limit asks once for what left together", () => {
    const { out, add, flood } = bucket(undefined);
    add(1, "a", "1", true);
    add(1, "a", "2", true);
    assert.deepEqual(out, ["1", "?", "2", "?"]);
    flood.close();
  });
});
