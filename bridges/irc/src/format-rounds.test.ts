import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Inline } from "@bridgebox/core/adapter";
import { firstPart } from "@bridgebox/core/adapter";
import { parseText } from "./format.ts";
import { renderPart } from "./render.ts";
import { split } from "./split.ts";
import {
  B,
  b,
  I,
  i,
  K,
  k,
  kb,
  M,
  m,
  O,
  p,
  R,
  read,
  S,
  s,
  show,
  spelling,
  t,
  U,
  u,
  written,
  X,
} from "./testing/trees.ts";

/** A small generator with a seed that can be printed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

const one = <T>(from: readonly [T, ...T[]], roll: (below: number) => number): T =>
  from[roll(from.length)] ?? from[0];

const letters = ["a", " ", "ä", "漢", "👩‍👩‍👧‍👦", ",", "1", ":", "(", "<"] as const;

/** A line with marks in it, as the parser would make it: no mark twice, words of one style together. */
function grown(roll: (below: number) => number, depth: number): Inline {
  const text = Array.from({ length: 1 + roll(6) }, () => one(letters, roll)).join("");
  if (depth === 0 || roll(3) === 0) return roll(6) === 0 ? m(text) : t(text);
  const of = Array.from({ length: 1 + roll(3) }, () => grown(roll, depth - 1));
  const colour = one(["#ff0000", "#00fc00", "#470000"], roll);
  return one(
    [
      b(...of),
      i(...of),
      u(...of),
      s(...of),
      k(colour, ...of),
      kb("#ffffff", one(["#0000fc", "#009300"], roll), ...of),
    ],
    roll,
  );
}

describe("there and back", () => {
  it("a tree says the same after a round, whatever is in it", () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const roll = dice(seed);
      const tree = [p(...Array.from({ length: 1 + roll(4) }, () => grown(roll, 3)))];
      const lines = written(tree, 100_000);
      assert.ok(lines.length <= 1, `seed ${seed}`);
      const [line = ""] = lines;
      const again = parseText(line, { nickAt: () => undefined });
      assert.deepEqual(written(again, 100_000), line === "" ? [] : [line], `seed ${seed}`);
    }
  });

  it("cut into pieces and put together it is the same, with every style where it was", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const roll = dice(seed);
      const tree = [p(...Array.from({ length: 4 + roll(8) }, () => grown(roll, 3)))];
      const [styled = []] = renderPart({ id: firstPart, kind: "text", text: tree }, spelling);
      const pieces = split(styled, 60 + roll(40), { seamless: true });
      const runs = (text: string) =>
        parseText(text, { nickAt: () => undefined }).map((block) =>
          block.t === "para" ? block.of.map(show) : [],
        );
      const whole = split(styled, 100_000);
      assert.deepEqual(runs(pieces.join("")), runs(whole.join("")), `seed ${seed}`);
    }
  });

  it("whatever bytes a line has, no control character comes out, and nothing throws", () => {
    const signs = [
      B,
      I,
      U,
      S,
      M,
      K,
      X,
      R,
      O,
      "\x01",
      "\x1b",
      "4",
      ",",
      "f",
      "00",
      "x",
      " ",
    ] as const;
    for (let seed = 1; seed <= 150; seed += 1) {
      const roll = dice(seed);
      const line = Array.from({ length: roll(30) }, () => one(signs, roll) ?? "").join("");
      const out = read(line);
      assert.doesNotMatch(out, /\p{Cc}/u, `seed ${seed}`);
      const again = written(parseText(line, { nickAt: () => undefined }), 100_000);
      const twice = written(parseText(again[0] ?? "", { nickAt: () => undefined }), 100_000);
      assert.deepEqual(twice, again, `seed ${seed}`);
    }
  });
});
