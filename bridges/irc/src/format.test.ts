import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Inline, Part, RichText } from "@bridgebox/core/adapter";
import { firstPart, userId } from "@bridgebox/core/adapter";
import { parseText } from "./format.ts";
import { renderPart } from "./render.ts";
import { split } from "./split.ts";

const people = {
  nickAt: (word: string) =>
    word.toLowerCase() === "alice" ? { user: userId("alice"), nick: "Alice" } : undefined,
};

function parsed(text: string): readonly Inline[] {
  const [block] = parseText(text, people);
  assert.equal(block?.t, "para");
  return block.of;
}

const t = (text: string): Inline => ({ t: "text", text });

describe("what comes from IRC", () => {
  const link = (url: string): Inline => ({ t: "link", url, of: [t(url)] });
  const table: readonly (readonly [string, readonly Inline[]])[] = [
    ["plain", [t("plain")]],
    ["a\x02b\x02c", [t("a"), { t: "bold", of: [t("b")] }, t("c")]],
    ["\x02\x1dx\x0fy", [{ t: "bold", of: [{ t: "italic", of: [t("x")] }] }, t("y")]],
    [
      "\x1fu\x1f\x1es",
      [
        { t: "underline", of: [t("u")] },
        { t: "strike", of: [t("s")] },
      ],
    ],
    ["\x11code\x11", [{ t: "code", text: "code" }]],
    ["\x0304red\x03 no", [{ t: "colour", fg: "#ff0000", of: [t("red")] }, t(" no")]],
    ["\x034,12x", [{ t: "colour", fg: "#ff0000", bg: "#0000fc", of: [t("x")] }]],
    ["\x0399,99x", [t("x")]],
    ["\x04ABCDEFx", [{ t: "colour", fg: "#abcdef", of: [t("x")] }]],
    ["\x0304,hello", [{ t: "colour", fg: "#ff0000", of: [t(",hello")] }]],
    ["\x16r\x16n", [{ t: "colour", fg: "#ffffff", bg: "#000000", of: [t("r")] }, t("n")]],
    ["a\x07\x1b\x00b", [t("ab")]],
    ["alice: hi", [{ t: "user", id: userId("alice"), text: "alice" }, t(": hi")]],
    ["hi Alice!", [t("hi "), { t: "user", id: userId("alice"), text: "Alice" }, t("!")]],
    ["hi alice and malice", [t("hi alice and malice")]],
    ["see https://x.example/a_(b). ok", [t("see "), link("https://x.example/a_(b)"), t(". ok")]],
    ["javascript:alert(1)", [t("javascript:alert(1)")]],
    ["<b>&amp;", [t("<b>&amp;")]],
  ];
  for (const [text, expected] of table) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parsed(text), expected));
  }
});

const spelling = { nick: () => "Alice", url: () => "https://media.example/1" };

const lines = (text: RichText): readonly string[] => {
  const part: Part = { id: firstPart, kind: "text", text };
  return renderPart(part, spelling).flatMap((line) => split(line, 400));
};

describe("what goes to IRC", () => {
  const para = (...of: Inline[]): RichText => [{ t: "para", of }];
  const table: readonly (readonly [string, RichText, readonly string[]])[] = [
    ["marks", para({ t: "bold", of: [{ t: "italic", of: [t("x")] }] }, t("y")), ["\x02\x1dx\x0fy"]],
    ["colour", para({ t: "colour", fg: "#ff0000", of: [t("x")] }), ["\x0304x"]],
    [
      "a mention",
      para({ t: "user", id: userId("alice"), text: "@alice:hs" }, t(" hi")),
      ["Alice hi"],
    ],
    [
      "a link",
      para({ t: "link", url: "https://x.example", of: [t("here")] }),
      ["here <https://x.example>"],
    ],
    ["a bare link", para({ t: "link", url: "https://x.example", of: [] }), ["https://x.example"]],
    ["line breaks", para(t("a\r\nb\rc\u2028d"), { t: "break" }, t("e")), ["a", "b", "c", "d", "e"]],
    ["control characters", para(t("a\x00\x01\x02\x03\x0f\x16b\x7f")), ["ab"]],
    ["code", [{ t: "pre", text: "if x\n  y\n" }], ["\x11if x", "\x11  y"]],
    ["a quote", [{ t: "quote", of: para(t("q\nr")) }], ["> q", "> r"]],
    [
      "a list",
      [{ t: "list", ordered: true, start: 3, items: [para(t("x")), para(t("y"))] }],
      ["3. x", "4. y"],
    ],
    ["a heading", [{ t: "heading", level: 1, of: [t("h")] }], ["\x02h"]],
    ["a table", [{ t: "table", header: true, rows: [[[t("a")], [t("b")]]] }], ["a | b"]],
    ["everyone", para({ t: "everyone", scope: "all", allowed: true }), ["everyone"]],
  ];
  for (const [name, text, expected] of table) {
    it(`writes ${name}`, () => assert.deepEqual(lines(text), expected));
  }

  it("comes back as it left", () => {
    const samples: readonly RichText[] = [
      para(t("a "), { t: "bold", of: [t("b")] }, t(" c")),
      para({ t: "colour", fg: "#ff0000", bg: "#0000fc", of: [t("1,2")] }, t("3")),
      para({ t: "bold", of: [{ t: "strike", of: [{ t: "code", text: "x" }] }] }),
      para({ t: "colour", fg: "#74003a", of: [t("x")] }),
    ];
    for (const sample of samples.slice(0, 3)) {
      const [line = ""] = lines(sample);
      assert.deepEqual(parseText(line, people), sample);
    }
    assert.deepEqual(lines(samples[3] ?? []), ["\x0339x"]);
  });
});
