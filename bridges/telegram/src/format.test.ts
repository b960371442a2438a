import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, userId, type Block, type Inline, type RichText } from "@bridgebox/core/adapter";
import { fromMarked, toMarked } from "./format.ts";
import { bodyFromJson, bodyToJson } from "./body.ts";
import { splitMarked, type Mark, type Marked } from "./marks.ts";

const t = (text: string): Inline => ({ t: "text", text });
const para = (...of: Inline[]): Block => ({ t: "para", of });
const mark = (
  type: Mark["type"],
  offset: number,
  length: number,
  more: Partial<Mark> = {},
): Mark => ({
  type,
  offset,
  length,
  ...more,
});

interface Row {
  readonly name: string;
  readonly tree: RichText;
  readonly text: string;
  readonly marks?: readonly Mark[];
}

/** The same in both directions. */
const both: readonly Row[] = [
  { name: "plain", tree: [para(t("hello"))], text: "hello" },
  {
    name: "bold",
    tree: [para(t("a "), { t: "bold", of: [t("b")] }, t(" c"))],
    text: "a b c",
    marks: [mark("bold", 2, 1)],
  },
  {
    name: "italic",
    tree: [para({ t: "italic", of: [t("b")] })],
    text: "b",
    marks: [mark("italic", 0, 1)],
  },
  {
    name: "underline",
    tree: [para({ t: "underline", of: [t("b")] })],
    text: "b",
    marks: [mark("underline", 0, 1)],
  },
  {
    name: "strike",
    tree: [para({ t: "strike", of: [t("b")] })],
    text: "b",
    marks: [mark("strike", 0, 1)],
  },
  {
    name: "spoiler",
    tree: [para({ t: "spoiler", of: [t("b")] })],
    text: "b",
    marks: [mark("spoiler", 0, 1)],
  },
  {
    name: "code",
    tree: [para({ t: "code", text: "x()" })],
    text: "x()",
    marks: [mark("code", 0, 3)],
  },
  {
    name: "pre",
    tree: [{ t: "pre", text: "a\nb", lang: "js" }],
    text: "a\nb",
    marks: [mark("pre", 0, 3, { language: "js" })],
  },
  {
    name: "link",
    tree: [para({ t: "link", url: "https://e.org/", of: [t("here")] })],
    text: "here",
    marks: [mark("link", 0, 4, { url: "https://e.org/" })],
  },
  {
    name: "person",
    tree: [para(t("hi "), { t: "user", id: userId("42"), text: "Bob" })],
    text: "hi Bob",
    marks: [mark("user", 3, 3, { user: "42" })],
  },
  { name: "break", tree: [para(t("a"), { t: "break" }, t("b"))], text: "a\nb" },
  {
    name: "quote",
    tree: [{ t: "quote", of: [para(t("said"))] }, para(t("so"))],
    text: "said\nso",
    marks: [mark("quote", 0, 4)],
  },
  {
    name: "collapsed quote",
    tree: [{ t: "quote", collapsed: true, of: [para(t("long"))] }],
    text: "long",
    marks: [mark("quote", 0, 4, { collapsed: true })],
  },
  {
    name: "text, code, text",
    tree: [para(t("a")), { t: "pre", text: "c" }, para(t("b"))],
    text: "a\nc\nb",
    marks: [mark("pre", 2, 1)],
  },
  {
    name: "nested",
    tree: [para({ t: "bold", of: [t("a"), { t: "italic", of: [t("b")] }] })],
    text: "ab",
    marks: [mark("bold", 0, 2), mark("italic", 1, 1)],
  },
  {
    name: "beyond the basic plane",
    tree: [para(t("👩‍👩‍👧 "), { t: "bold", of: [t("𝕏")] })],
    text: "👩‍👩‍👧 𝕏",
    marks: [mark("bold", 9, 2)],
  },
  {
    name: "hostile text stays text",
    tree: [para(t("<b>&lt;\u202Egnp\u200B</b> [x](javascript:1)"))],
    text: "<b>&lt;\u202Egnp\u200B</b> [x](javascript:1)",
  },
];

for (const { name, tree, text, marks = [] } of both) {
  test(`to Telegram: ${name}`, () => assert.deepEqual(toMarked(tree), { text, marks }));
  test(`from Telegram: ${name}`, () => assert.deepEqual(fromMarked({ text, marks }), tree));
}

const outward: readonly Row[] = [
  {
    name: "a quote in a quote",
    tree: [{ t: "quote", of: [{ t: "quote", of: [para(t("inner"))] }, para(t("outer"))] }],
    text: "> inner\nouter",
    marks: [mark("quote", 0, 13)],
  },
  { name: "paragraphs", tree: [para(t("a")), para(t("b"))], text: "a\n\nb" },
  {
    name: "heading",
    tree: [{ t: "heading", level: 2, of: [t("T")] }, para(t("b"))],
    text: "T\n\nb",
    marks: [mark("bold", 0, 1)],
  },
  {
    name: "bullets",
    tree: [{ t: "list", ordered: false, items: [[para(t("a"))], [para(t("b"))]] }],
    text: "• a\n• b",
  },
  {
    name: "numbers",
    tree: [{ t: "list", ordered: true, start: 3, items: [[para(t("a"))], [para(t("b"))]] }],
    text: "3. a\n4. b",
  },
  {
    name: "nested list",
    tree: [
      {
        t: "list",
        ordered: false,
        items: [[para(t("a")), { t: "list", ordered: true, items: [[para(t("b"))]] }]],
      },
    ],
    text: "• a\n   1. b",
  },
  {
    name: "table",
    tree: [
      {
        t: "table",
        header: true,
        rows: [
          [[t("a")], [t("b")]],
          [[t("c")], [t("d")]],
        ],
      },
    ],
    text: "a | b\nc | d",
  },
  { name: "rule", tree: [para(t("a")), { t: "rule" }, para(t("b"))], text: "a\n\n———\n\nb" },
  { name: "colour", tree: [para({ t: "colour", fg: "#ff0000", of: [t("red")] })], text: "red" },
  {
    name: "bare link",
    tree: [para({ t: "link", url: "https://e.org/", of: [t("https://e.org/")] })],
    text: "https://e.org/",
  },
  {
    name: "everyone",
    tree: [para({ t: "everyone", scope: "all", allowed: true })],
    text: "@everyone",
  },
  {
    name: "emoji",
    tree: [para({ t: "emoji", name: "party", media: { locator: 1 } })],
    text: ":party:",
  },
  { name: "chat", tree: [para({ t: "chat", ref: { id: chatId("x") }, text: "#x" })], text: "#x" },
  { name: "group", tree: [para({ t: "group", id: "1", text: "@team" })], text: "@team" },
  { name: "time", tree: [para({ t: "time", at: 0, text: "noon" })], text: "noon" },
  {
    name: "a channel as a person",
    tree: [para({ t: "user", id: userId("channel:5"), text: "News" })],
    text: "News",
  },
  {
    name: "somebody of another network",
    tree: [para({ t: "user", id: userId("nick!"), text: "nick" })],
    text: "nick",
  },
];

for (const { name, tree, text, marks = [] } of outward) {
  test(`only to Telegram: ${name}`, () => assert.deepEqual(toMarked(tree), { text, marks }));
}

const inward: readonly (Row & { readonly known?: string })[] = [
  {
    name: "found link",
    text: "see e.org",
    marks: [mark("url", 4, 5)],
    tree: [para(t("see "), { t: "link", url: "https://e.org", of: [t("e.org")] })],
  },
  {
    name: "found address",
    text: "a@e.org",
    marks: [mark("email", 0, 7)],
    tree: [para({ t: "link", url: "mailto:a@e.org", of: [t("a@e.org")] })],
  },
  {
    name: "known @name",
    text: "@bobby!",
    marks: [mark("mention", 0, 6)],
    known: "42",
    tree: [para({ t: "user", id: userId("42"), text: "@bobby" }, t("!"))],
  },
  {
    name: "unknown @name",
    text: "@bobby",
    marks: [mark("mention", 0, 6)],
    tree: [para(t("@bobby"))],
  },
  {
    name: "a malformed person",
    text: "Bob",
    marks: [mark("user", 0, 3, { user: "-1" })],
    tree: [para(t("Bob"))],
  },
  {
    name: "overlap",
    text: "abc",
    marks: [mark("bold", 0, 2), mark("italic", 1, 2)],
    tree: [
      para(
        { t: "bold", of: [t("a"), { t: "italic", of: [t("b")] }] },
        { t: "italic", of: [t("c")] },
      ),
    ],
  },
  {
    name: "outside the text",
    text: "ab",
    marks: [mark("bold", 1, 99)],
    tree: [para(t("a"), { t: "bold", of: [t("b")] })],
  },
  {
    name: "before the text",
    text: "ab",
    marks: [mark("bold", -3, 4)],
    tree: [para({ t: "bold", of: [t("a")] }, t("b"))],
  },
  { name: "empty", text: "ab", marks: [mark("bold", 1, 0)], tree: [para(t("ab"))] },
  {
    name: "overlapping blocks",
    text: "abcd",
    marks: [mark("quote", 0, 3), mark("pre", 2, 2)],
    tree: [{ t: "quote", of: [para(t("abc"))] }, para(t("d"))],
  },
  { name: "nothing", text: "", tree: [] },
];

for (const { name, tree, text, marks = [], known } of inward) {
  test(`only from Telegram: ${name}`, () =>
    assert.deepEqual(
      fromMarked({ text, marks }, () => known),
      tree,
    ));
}

let seed = 11;
const random = (below: number): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
};
const pick = <T>(list: readonly T[], fallback: T): T => list[random(list.length)] ?? fallback;

const randomMarked = (words: number): Marked => {
  const alphabet = ["word", "𝕏", "é", "👩‍👩‍👧", " ", "\n", "longer word", ". "];
  const text = Array.from({ length: words }, () => pick(alphabet, "x")).join("");
  const types: readonly Mark["type"][] = ["bold", "italic", "underline", "strike", "spoiler"];
  const marks = Array.from({ length: random(6) }, () => {
    const offset = random(text.length + 1);
    return mark(pick(types, "bold"), offset, random(text.length - offset + 1));
  });
  return { text, marks };
};

test("property: the text survives, and what was made once is stable", () => {
  for (let round = 0; round < 500; round += 1) {
    const marked = randomMarked(1 + random(30));
    const once = toMarked(fromMarked(marked));
    assert.equal(once.text, marked.text);
    const twice = toMarked(fromMarked(once));
    assert.deepEqual(twice.text, once.text);
    assert.deepEqual(fromMarked(twice), fromMarked(once));
    for (const each of once.marks) {
      assert.ok(each.offset >= 0 && each.length > 0);
      assert.ok(each.offset + each.length <= once.text.length);
    }
  }
});

test("property: every unit keeps its marks through the tree", () => {
  const types = ["bold", "italic", "underline", "strike", "spoiler"] as const;
  for (let round = 0; round < 300; round += 1) {
    const marked = randomMarked(1 + random(12));
    const back = toMarked(fromMarked(marked));
    for (const type of types) {
      for (let unit = 0; unit < marked.text.length; unit += 1) {
        if (marked.text[unit] === "\n") continue;
        const has = ({ marks }: Marked) =>
          marks.some(
            (each) => each.type === type && each.offset <= unit && unit < each.offset + each.length,
          );
        assert.equal(has(back), has(marked), JSON.stringify({ marked, back, unit, type }));
      }
    }
  }
});

test("property: pieces fit, lose nothing but white space at the cuts, and cut no character", () => {
  for (let round = 0; round < 200; round += 1) {
    const marked = randomMarked(20 + random(200));
    const max = 20 + random(60);
    const pieces = splitMarked(marked, max);
    assert.equal(
      pieces
        .map(({ text }) => text)
        .join("")
        .replace(/\s/g, ""),
      marked.text.replace(/\s/g, ""),
    );
    for (const { text, marks } of pieces) {
      assert.ok(text.length <= max, `${text.length} > ${max}`);
      assert.ok(text.isWellFormed(), "a surrogate pair was cut");
      for (const each of marks)
        assert.ok(each.length > 0 && each.offset + each.length <= text.length);
    }
  }
});

test("a piece ends at a paragraph before it ends at a line, a word or a character", () => {
  const of = (text: string) => splitMarked({ text, marks: [] }, 20).map((each) => each.text);
  assert.deepEqual(of("one two three\n\nfour five\nsix seven"), [
    "one two three",
    "four five\nsix seven",
  ]);
  assert.deepEqual(of("one two three\nfour five six"), ["one two three", "four five six"]);
  assert.deepEqual(of("one two three four five six"), ["one two three four", "five six"]);
  assert.deepEqual(of("x".repeat(25)), ["x".repeat(20), "x".repeat(5)]);
  assert.deepEqual(of(`${"x".repeat(19)}👩‍👩‍👧`), ["x".repeat(19), "👩‍👩‍👧"]);
});

test("a body comes back from the store as it was, and rubbish does not", () => {
  const body = { text: "hi", marks: [mark("link", 0, 2, { url: "https://e.org/" })], replyTo: 7 };
  assert.deepEqual(bodyFromJson(bodyToJson(body)), body);
  for (const rubbish of [null, 1, "x", [], {}, { text: 1 }]) {
    assert.equal(bodyFromJson(rubbish), undefined);
  }
  assert.deepEqual(
    bodyFromJson({ text: "x", marks: [1, {}, { type: "evil", offset: 0, length: 1 }] })?.marks,
    [],
  );
});
