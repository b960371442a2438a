import assert from "node:assert/strict";
import { test } from "node:test";

import { plainOf, spansOf } from "./discord-look.ts";

const link = "https://discord.com/channels/1/2/3";

test("an answer of a webhook looks as Discord shows it: a small line with a link, and the words", () => {
  assert.deepEqual(spansOf(`-# ↩ [Bob](${link}): what is 2\\*2?\nfour`), [
    { text: "↩ ", small: true },
    { text: "Bob", small: true, link },
    { text: ": what is 2*2?", small: true },
    { text: "\nfour" },
  ]);
  assert.equal(plainOf(`-# ↩ [Bob](${link}): hi\nfour`), "↩ Bob: hi\nfour");
});

test("what Discord takes for no link, no small line and no escape is shown as it is", () => {
  for (const text of [
    "[text](javascript:alert(1))",
    "[text] (https://x.org)",
    "[two\nlines](https://x.org)",
    "a -# b",
    "-# ",
    "C:\\Users",
    "",
  ])
    assert.deepEqual(spansOf(text), text === "" ? [] : [{ text }], text);
  assert.deepEqual(spansOf("[a\\]b](<https://x.org/>)"), [{ text: "a]b", link: "https://x.org/" }]);
});
