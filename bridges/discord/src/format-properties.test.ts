import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Inline, RichText } from "@bridgebox/core/adapter";
import { split, toPlain } from "@bridgebox/core/richtext";
import { toMarkdown } from "./format.ts";
import { fromMarkdown } from "./parse.ts";
import { names, show } from "./testing/show.ts";

/** The same numbers on every machine. */
const numbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const hostile = "ab *_~`|\\<>[]()#-+1.@:!\n\u200b\u202eé👍🏽https://x.org/_*";

describe("properties", () => {
  test("whatever people write comes back as they wrote it", () => {
    const below = numbers(7);
    const signs = Array.from(hostile);
    for (let round = 0; round < 3000; round += 1) {
      const text = Array.from({ length: 1 + below(30) }, () => signs[below(signs.length)]).join("");
      const line = text.replaceAll("\n", " ").trim();
      const tree: RichText = [{ t: "para", of: [{ t: "text", text: line }] }];
      const markdown = toMarkdown(tree);
      const back = toPlain(fromMarkdown(markdown, { ...names, everyone: false }));
      assert.equal(back, line, markdown);
    }
  });

  test("marks around words survive the way there and back", () => {
    const below = numbers(11);
    const kinds = ["bold", "italic", "underline", "strike", "spoiler"] as const;
    const words = ["a", "two words", "x_y", "1*2", "~", "|"];
    const word = (): Inline => ({ t: "text", text: words[below(words.length)] ?? "a" });
    const marked = (depth: number, without: readonly string[]): Inline => {
      const kind = kinds.filter((it) => !without.includes(it))[below(5 - without.length)];
      if (depth === 0 || kind === undefined) return word();
      return { t: kind, of: [marked(depth - 1, [...without, kind])] };
    };
    for (let round = 0; round < 2000; round += 1) {
      const of: readonly Inline[] = [
        word(),
        { t: "text", text: " " },
        marked(1 + below(3), []),
        { t: "text", text: " " },
        marked(1, []),
      ];
      const tree: RichText = [{ t: "para", of }];
      const flat = show(tree);
      const markdown = toMarkdown(tree);
      const back = show(fromMarkdown(markdown, names)).replaceAll("\u200b", "");
      assert.equal(back, flat, markdown);
    }
  });

  test("every piece of a long text fits and closes what it opens", () => {
    const code = Array.from({ length: 400 }, (_, at) => `line ${at}`).join("\n");
    const tree: RichText = [
      { t: "para", of: [{ t: "bold", of: [{ t: "text", text: "word ".repeat(900) }] }] },
      { t: "pre", text: code, lang: "ts" },
    ];
    const pieces = split(tree, (it) => toMarkdown(it).length <= 2000).map(toMarkdown);
    assert(pieces.length >= 4);
    for (const piece of pieces) {
      assert(piece.length <= 2000);
      assert.equal((piece.match(/```/g) ?? []).length % 2, 0, piece);
      assert.equal((piece.match(/\*\*/g) ?? []).length % 2, 0, piece);
    }
    assert.equal(pieces.join("\n").match(/line \d+/g)?.length, 400);
  });

  test("no row of signs takes for ever", () => {
    for (const sign of [
      "*",
      "_",
      "**a",
      "||",
      "`",
      "[",
      "[a](",
      "> ",
      "- ",
      "<@",
      "~~",
      "\\",
      "```",
      "*_",
    ]) {
      fromMarkdown(sign.repeat(4000 / sign.length), names);
    }
  });
});
