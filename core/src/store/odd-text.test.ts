import assert from "node:assert/strict";
import { test } from "node:test";
import { decoded, encoded } from "./odd-text.ts";

const texts = [
  "",
  "plain ü 😀",
  "\u0000",
  "a\u0000b\u0000",
  "\u0010",
  "\u00100000",
  "\u0010\u0000",
  "\ud800",
  "\udc00\ud800",
  "😀\ud83d",
  "0010",
];

test("every text comes back, and no two are written alike", () => {
  const written = texts.map(encoded);
  assert.deepEqual(written.map(decoded), texts);
  assert.equal(new Set(written).size, texts.length);
});

test("what is written has nothing in it that the database refuses", () => {
  for (const text of texts.map(encoded)) {
    assert.ok(text.isWellFormed() && !text.includes("\u0000"));
  }
});

test("a common text is written as it is", () => {
  assert.equal(encoded("Grüße, 你好 😀\n\t"), "Grüße, 你好 😀\n\t");
});
