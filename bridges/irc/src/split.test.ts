import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainStyle } from "./format.ts";
import { split } from "./split.ts";

const bold = { ...plainStyle, bold: true };
const red = { ...plainStyle, fg: "#ff0000" };

const plain = (text: string, budget: number) => split([{ text, style: plainStyle }], budget);

/** A small generator with a seed that can be printed. */
function dice(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % below;
  };
}

const alphabet = ["a", "b", " ", "ä", "€", "👩‍👩‍👧‍👦", "e\u0301", "🇩🇪", "漢", ",", "1"];

describe("splitting", () => {
  it("leaves a short line alone and drops an empty one", () => {
    assert.deepEqual(plain("hello", 400), ["hello"]);
    assert.deepEqual(plain("", 400), []);
  });

  it("rather cuts at a space", () => {
    const text = `${"word ".repeat(30)}end`;
    for (const line of plain(text, 60)) assert.doesNotMatch(line, /^ | $|wor$/);
    assert.equal(plain(text, 60).join(" "), text);
  });

  it("never cuts a grapheme, never exceeds the budget and loses nothing but spaces", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const roll = dice(seed);
      const length = 1 + roll(400);
      const text = Array.from({ length }, () => alphabet[roll(alphabet.length)] ?? "").join("");
      const budget = 60 + roll(100);
      const lines = plain(text, budget);
      for (const line of lines) assert.ok(Buffer.byteLength(line) <= budget, `seed ${seed}`);
      const bare = (given: string) => given.replaceAll(" ", "");
      assert.equal(bare(lines.join("")), bare(text), `seed ${seed}`);
      const families = (given: string) => given.match(/👩‍👩‍👧‍👦/gu)?.length ?? 0;
      const whole = lines.reduce((sum, line) => sum + families(line), 0);
      assert.equal(whole, families(text), `seed ${seed}`);
    }
  });

  it("cuts even a grapheme that is longer than a line", () => {
    const text = `a${"\u0301".repeat(500)}`;
    const lines = plain(text, 100);
    assert.ok(lines.every((line) => Buffer.byteLength(line) <= 100));
    assert.equal(lines.join(""), text);
  });

  it("opens a style again on the next line", () => {
    const lines = split([{ text: "x".repeat(150), style: bold }], 100);
    assert.equal(lines.length, 2);
    assert.ok(lines.every((line) => line.startsWith("\x02") && Buffer.byteLength(line) <= 100));
  });

  it("closes a style before plain text, and keeps a comma from becoming a colour", () => {
    const lines = split(
      [
        { text: ",5 red", style: red },
        { text: "12", style: plainStyle },
      ],
      100,
    );
    assert.deepEqual(lines, ["\x0304\x02\x02,5 red\x0f12"]);
  });

  it("stays inside the budget in many styles", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const roll = dice(seed);
      const runs = Array.from({ length: 40 }, () => ({
        text: (alphabet[roll(alphabet.length)] ?? "").repeat(1 + roll(9)),
        style: [plainStyle, bold, red][roll(3)] ?? plainStyle,
      }));
      for (const line of split(runs, 80)) assert.ok(Buffer.byteLength(line) <= 80, `seed ${seed}`);
    }
  });
});
