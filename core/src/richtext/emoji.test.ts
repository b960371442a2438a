import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bareEmoji, fullEmoji } from "./index.ts";

/** Bare and full. */
const emoji: readonly (readonly [string, string])[] = [
  ["\u2764", "\u2764\ufe0f"],
  ["👍", "👍"],
  ["👍🏽", "👍🏽"],
  ["\u261d🏽", "\u261d🏽"],
  ["\u2714", "\u2714\ufe0f"],
  ["1\u20e3", "1\ufe0f\u20e3"],
  ["\u2764\u200d🔥", "\u2764\ufe0f\u200d🔥"],
  ["🏳\u200d🌈", "🏳\ufe0f\u200d🌈"],
  ["👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"],
  ["🇫🇮", "🇫🇮"],
  [":blob:", ":blob:"],
  ["+1", "+1"],
  ["#", "#"],
];

describe("an emoji", () => {
  for (const [bare, full] of emoji) {
    test(`${full} is written in full, and compared without`, () => {
      assert.equal(fullEmoji(bare), full);
      assert.equal(fullEmoji(full), full);
      assert.equal(bareEmoji(full), bare);
    });
  }
});
