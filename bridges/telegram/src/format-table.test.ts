import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { userId, type Block, type Inline, type RichText } from "@bridgebox/core/adapter";
import { entitiesOf, marksOf } from "./api/entities.ts";
import { Api, long } from "./api/tl.ts";
import { fromMarked, toMarked } from "./format.ts";
import { emojiRef } from "./locator.ts";

type Entity = Api.TypeMessageEntity;
type Row = readonly [name: string, tree: RichText, text: string, entities: readonly Entity[]];

const t = (text: string): Inline => ({ t: "text", text });
const br: Inline = { t: "break" };
const p = (...of: Inline[]): Block => ({ t: "para", of });
const quote = (...of: Inline[]): Block => ({ t: "quote", of: [p(...of)] });
const at = (offset: number, length: number) => ({ offset, length });

const simple = {
  bold: Api.MessageEntityBold,
  italic: Api.MessageEntityItalic,
  underline: Api.MessageEntityUnderline,
  strike: Api.MessageEntityStrike,
  spoiler: Api.MessageEntitySpoiler,
} as const;
type Simple = keyof typeof simple;
const names: readonly Simple[] = ["bold", "italic", "underline", "strike", "spoiler"];
const wrap = (type: Simple, ...of: Inline[]): Inline => ({ t: type, of });
const entity = (type: Simple, offset: number, length: number): Entity =>
  new simple[type](at(offset, length));

const family = "👩‍👩‍👧";

/** Each mark at each place that it can have in a line. */
const places: readonly Row[] = names.flatMap((name): readonly Row[] => [
  [`${name} is all`, [p(wrap(name, t("abc")))], "abc", [entity(name, 0, 3)]],
  [`${name} begins`, [p(wrap(name, t("ab")), t("c"))], "abc", [entity(name, 0, 2)]],
  [`${name} ends`, [p(t("a"), wrap(name, t("bc")))], "abc", [entity(name, 1, 2)]],
  [
    `${name} behind what is beyond the basic plane`,
    [p(t(`${family}𝕏 `), wrap(name, t("é")))],
    `${family}𝕏 é`,
    [entity(name, family.length + 3, 1)],
  ],
  [
    `${name} over an emoji of many units`,
    [p(wrap(name, t(family)), t("!"))],
    `${family}!`,
    [entity(name, 0, family.length)],
  ],
  [
    `${name} over two lines`,
    [p(t("a"), wrap(name, t("b"), br, t("c")), t("d"))],
    "ab\ncd",
    [entity(name, 1, 3)],
  ],
  [
    `${name} twice`,
    [p(wrap(name, t("a")), t(" "), wrap(name, t("b")))],
    "a b",
    [entity(name, 0, 1), entity(name, 2, 1)],
  ],
]);

/** Each mark inside of each other one. */
const nested: readonly Row[] = names.flatMap((outer) =>
  names.flatMap((inner): readonly Row[] =>
    outer === inner
      ? []
      : [
          [
            `${inner} inside of ${outer}`,
            [p(wrap(outer, t("a"), wrap(inner, t("b")), t("c")))],
            "abc",
            [entity(outer, 0, 3), entity(inner, 1, 1)],
          ],
        ],
  ),
);

const link = (url: string, ...of: Inline[]): Inline => ({ t: "link", url, of });
const links: readonly Row[] = [
  "https://example.org/",
  "https://example.org/?a=1&b=2#c",
  "http://[2001:db8::1]:8080/x",
  "https://example.org/%F0%9F%8E%89",
  "mailto:a@example.org",
  "tg://resolve?domain=bobby",
].flatMap((url): readonly Row[] => [
  [
    `a link to ${url}`,
    [p(t("a "), link(url, t("b")), t(" c"))],
    "a b c",
    [new Api.MessageEntityTextUrl({ ...at(2, 1), url })],
  ],
  [
    `a bold link to ${url}`,
    [p(link(url, wrap("bold", t("b"))))],
    "b",
    [new Api.MessageEntityTextUrl({ ...at(0, 1), url }), entity("bold", 0, 1)],
  ],
]);

const codes: readonly Row[] = [
  ...["x()", "a b", "<b>&", "`", "𝕏", "日本語"].map((code): Row => [
    `code ${code}`,
    [p(t("a "), { t: "code", text: code })],
    `a ${code}`,
    [new Api.MessageEntityCode(at(2, code.length))],
  ]),
  ...["", "js", "c++", "objective-c", "text/plain"].map((lang): Row => [
    `a block in ${lang || "no language"}`,
    [p(t("a")), { t: "pre", text: "let x;\n\n  y", ...(lang ? { lang } : {}) }, p(t("b"))],
    "a\nlet x;\n\n  y\nb",
    [new Api.MessageEntityPre({ ...at(2, 11), language: lang })],
  ]),
];

const quotes: readonly Row[] = [
  ["a quote", [quote(t("a"))], "a", [new Api.MessageEntityBlockquote(at(0, 1))]],
  [
    "a quote that is folded",
    [{ t: "quote", collapsed: true, of: [p(t("a"), br, t("b"))] }],
    "a\nb",
    [new Api.MessageEntityBlockquote({ ...at(0, 3), collapsed: true })],
  ],
  [
    "a quote between texts",
    [p(t("a")), quote(t("b")), p(t("c"))],
    "a\nb\nc",
    [new Api.MessageEntityBlockquote(at(2, 1))],
  ],
  [
    "two quotes",
    [quote(t("a")), quote(t("b"))],
    "a\nb",
    [new Api.MessageEntityBlockquote(at(0, 1)), new Api.MessageEntityBlockquote(at(2, 1))],
  ],
  [
    "a quote and a block",
    [quote(t("a")), { t: "pre", text: "b" }],
    "a\nb",
    [
      new Api.MessageEntityBlockquote(at(0, 1)),
      new Api.MessageEntityPre({ ...at(2, 1), language: "" }),
    ],
  ],
  ...names.map((name): Row => [
    `${name} inside of a quote`,
    [quote(t("a"), wrap(name, t("b")))],
    "ab",
    [new Api.MessageEntityBlockquote(at(0, 2)), entity(name, 1, 1)],
  ]),
];

const fox = (id: string): Inline => ({ t: "emoji", name: "🦊", media: emojiRef(id) });
const custom = (offset: number, id: string): Entity =>
  new Api.MessageEntityCustomEmoji({ ...at(offset, 2), documentId: long(id) });
const emoji: readonly Row[] = [
  ["a custom emoji", [p(fox("5368324170671202286"))], "🦊", [custom(0, "5368324170671202286")]],
  ["a custom emoji in text", [p(t("a "), fox("7"), t(" b"))], "a 🦊 b", [custom(2, "7")]],
  ["two custom emoji", [p(fox("7"), fox("8"))], "🦊🦊", [custom(0, "7"), custom(2, "8")]],
  [
    "a custom emoji in a spoiler",
    [p(wrap("spoiler", t("a"), fox("7")))],
    "a🦊",
    [entity("spoiler", 0, 3), custom(1, "7")],
  ],
  ["a custom emoji and its plain one", [p(fox("7"), t("🦊"))], "🦊🦊", [custom(0, "7")]],
];

const bob = (text: string): Inline => ({ t: "user", id: userId("42"), text });
const people: readonly Row[] = ["Bob", "Bob Ross", "𝔹ob", "@bobby", "Боб"].flatMap(
  (name): readonly Row[] => [
    [
      `the person ${name}`,
      [p(t("hi "), bob(name), t("!"))],
      `hi ${name}!`,
      [new Api.MessageEntityMentionName({ ...at(3, name.length), userId: long(42) })],
    ],
    [
      `the person ${name} in bold`,
      [p(wrap("bold", t("hi "), bob(name)))],
      `hi ${name}`,
      [
        entity("bold", 0, 3 + name.length),
        new Api.MessageEntityMentionName({ ...at(3, name.length), userId: long(42) }),
      ],
    ],
  ],
);

const plain: readonly Row[] = [
  "hello",
  "two words",
  "<b>bold</b> & <script>alert(1)</script>",
  "*a* _b_ `c` ~d~ ||e|| [f](https://g.example)",
  "@everyone @here <!channel>",
  "\u202Egnp.exe\u202C",
  "zero\u200Bwidth",
  "日本語とрусский",
  family,
  "  indented",
].map((text): Row => [`the text ${JSON.stringify(text)}`, [p(t(text))], text, []]);

const rows = [...places, ...nested, ...links, ...codes, ...quotes, ...emoji, ...people, ...plain];

/** What everybody else sees of our entities: a person without the key to them. */
const asSeen = (entities: readonly Entity[]): readonly Entity[] =>
  entities.map((each) => {
    if (!(each instanceof Api.InputMessageEntityMentionName)) return each;
    const { userId: who, offset, length } = each;
    assert.ok(who instanceof Api.InputUser);
    return new Api.MessageEntityMentionName({ offset, length, userId: who.userId });
  });

const bytes = (entities: readonly Entity[]): readonly string[] =>
  entities.map((each) => `${each.className} ${each.getBytes().toString("hex")}`);

const known = async (id: string) => new Api.InputUser({ userId: long(id), accessHash: long(1) });

describe(`a table of ${rows.length} texts`, () => {
  test("it is a table of at least a hundred", () => assert.ok(rows.length >= 100));

  for (const [name, tree, text, entities] of rows) {
    test(`to Telegram: ${name}`, async () => {
      const marked = toMarked(tree);
      assert.equal(marked.text, text);
      const made = asSeen(await entitiesOf(marked.marks, known));
      assert.deepEqual(bytes(made), bytes(entities));
    });

    test(`from Telegram: ${name}`, () =>
      assert.deepEqual(fromMarked({ text, marks: marksOf(entities) }), tree));
  }
});
