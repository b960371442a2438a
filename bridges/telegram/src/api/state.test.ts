import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, lineAt, offer, type Line } from "./state.ts";

const play = (start: number, updates: readonly (readonly [pts: number, count: number])[]) => {
  let line: Line<string> = lineAt(start);
  const applied: string[] = [];
  for (const [pts, count] of updates) {
    const offered = offer(line, { pts, count, value: `${pts}` });
    line = offered.line;
    applied.push(...offered.ready);
  }
  return { applied, line };
};

const cases = [
  {
    name: "in order",
    start: 1,
    updates: [
      [2, 1],
      [3, 1],
    ],
    applied: ["2", "3"],
    pts: 3,
    early: 0,
  },
  {
    name: "several at once",
    start: 1,
    updates: [
      [4, 3],
      [5, 1],
    ],
    applied: ["4", "5"],
    pts: 5,
    early: 0,
  },
  {
    name: "a duplicate",
    start: 1,
    updates: [
      [2, 1],
      [2, 1],
      [3, 1],
    ],
    applied: ["2", "3"],
    pts: 3,
    early: 0,
  },
  { name: "older than known", start: 9, updates: [[5, 1]], applied: [], pts: 9, early: 0 },
  { name: "a gap", start: 1, updates: [[3, 1]], applied: [], pts: 1, early: 1 },
  {
    name: "a gap that closes",
    start: 1,
    updates: [
      [3, 1],
      [4, 1],
      [2, 1],
    ],
    applied: ["2", "3", "4"],
    pts: 4,
    early: 0,
  },
  {
    name: "reversed",
    start: 1,
    updates: [
      [4, 1],
      [3, 1],
      [2, 1],
    ],
    applied: ["2", "3", "4"],
    pts: 4,
    early: 0,
  },
  {
    name: "an early duplicate",
    start: 1,
    updates: [
      [3, 1],
      [3, 1],
      [2, 1],
    ],
    applied: ["2", "3"],
    pts: 3,
    early: 0,
  },
  {
    name: "a half closed gap",
    start: 1,
    updates: [
      [5, 1],
      [2, 1],
    ],
    applied: ["2"],
    pts: 2,
    early: 1,
  },
  {
    name: "no count, in place",
    start: 3,
    updates: [
      [3, 0],
      [4, 1],
    ],
    applied: ["3", "4"],
    pts: 4,
    early: 0,
  },
  { name: "overlapping what is known", start: 3, updates: [[4, 2]], applied: [], pts: 3, early: 0 },
] as const;

for (const { name, start, updates, applied, pts, early } of cases) {
  test(`sequence: ${name}`, () => {
    const result = play(start, updates);
    assert.deepEqual(result.applied, applied);
    assert.equal(result.line.pts, pts);
    assert.equal(result.line.early.length, early);
  });
}

test("any order of a run of updates applies each once, in order", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let round = 0; round < 200; round += 1) {
    const updates: (readonly [number, number])[] = [];
    let pts = 10;
    for (let index = 0; index < 12; index += 1) {
      const count = 1 + random(3);
      pts += count;
      updates.push([pts, count]);
      if (random(4) === 0) updates.push([pts, count]);
    }
    const shuffled = updates
      .map((each) => ({ each, by: random(1000) }))
      .sort((a, b) => a.by - b.by);
    const { applied, line } = play(
      10,
      shuffled.map(({ each }) => each),
    );
    assert.deepEqual(applied, [...new Set(updates.map(([at]) => `${at}`))]);
    assert.equal(line.pts, pts);
  }
});

test("after a difference what it covered is dropped and what follows is applied", () => {
  const { line } = play(1, [
    [5, 1],
    [7, 1],
    [9, 1],
  ]);
  const moved = advance(line, 6);
  assert.deepEqual(moved.ready, ["7"]);
  assert.equal(moved.line.pts, 7);
  assert.deepEqual(
    moved.line.early.map(({ pts }) => pts),
    [9],
  );
});

test("what waits is bounded", () => {
  const many = Array.from({ length: 2000 }, (_, index) => [100 + index, 1] as const);
  assert.ok(play(1, many).line.early.length <= 500);
});
