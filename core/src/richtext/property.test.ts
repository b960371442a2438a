import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, userId } from "../adapter/index.ts";
import type { Block, ChatRef, Inline, RichText } from "../adapter/index.ts";
import { cleanName, fromHtml, fromPlain, prefixed, split, toHtml, toPlain } from "./index.ts";

/** Runs a property on many seeds; a failure names its seed, and `SEED=n` runs just that one. */
const property = (name: string, runs: number, holds: (random: Random) => void): void => {
  test(name, () => {
    const given = Number(process.env["SEED"] ?? Number.NaN);
    const first = Number.isInteger(given) ? given : 1;
    for (let seed = first; seed < first + (Number.isInteger(given) ? 1 : runs); seed += 1) {
      try {
        holds(generator(seed));
      } catch (cause) {
        throw new Error(`${name} failed with SEED=${seed}`, { cause });
      }
    }
  });
};

interface Random {
  below(limit: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  many<T>(most: number, make: () => T): readonly T[];
}

/** Mulberry32: small, seeded, good enough to choose test data. */
const generator = (seed: number): Random => {
  let state = seed * 0x9e3779b9;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return {
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    many: (most, make) => Array.from({ length: 1 + below(most) }, make),
  };
};

const scraps = [
  "a",
  "word",
  "two words",
  "<",
  ">",
  "&",
  '"',
  "'",
  "&lt;",
  "<b>",
  "</p>",
  "<script>x",
  "<!--",
  "]]>",
  "javascript:alert(1)",
  "https://a.example/?q=1&r=2",
  "@room",
  "`",
  "*",
  "👩‍👩‍👧",
  "🏳️‍🌈",
  "e\u0301",
  "日本語",
  "\u202e",
  "\u200b",
  "\0",
  "\n",
  "x".repeat(30),
  "Sentence. Another! ",
] as const;

const words = (random: Random): string => random.many(4, () => random.pick(scraps)).join("");
/** What HTML does not change: no white space to collapse, no controls. */
const calm = (random: Random): string => words(random).replaceAll(/[\s\p{Cc}]+/gu, "_");

const inline = (random: Random, text: (random: Random) => string, depth: number): Inline => {
  const of = () => inlines(random, text, depth + 1);
  switch (random.below(depth > 3 ? 3 : 12)) {
    case 0:
    case 1:
      return { t: "text", text: text(random) };
    case 2:
      return { t: "code", text: calm(random) };
    case 3:
      return { t: "bold", of: of() };
    case 4:
      return { t: "italic", of: of() };
    case 5:
      return { t: "spoiler", of: of(), reason: calm(random) };
    case 6:
      return { t: "colour", fg: "#00ff00", of: of() };
    case 7:
      return { t: "strike", of: of() };
    case 8:
      return { t: "underline", of: of() };
    case 9:
      return { t: "emoji", name: "blob", media: { locator: { mxc: "mxc://x.example/b" } } };
    case 10:
      return { t: "chat", ref: { id: chatId("#r:x.example") }, text: calm(random) };
    default:
      return { t: "user", id: userId("@u:x.example"), text: calm(random) };
  }
};

const inlines = (random: Random, text: (random: Random) => string, depth: number) => {
  const all: Inline[] = [];
  for (const next of random.many(3, () => inline(random, text, depth))) {
    const last = all.at(-1);
    if (last?.t === "text" && next.t === "text") {
      all[all.length - 1] = { t: "text", text: last.text + next.text };
    } else all.push(next);
  }
  return all;
};

const block = (random: Random, text: (random: Random) => string, depth: number): Block => {
  const of = () => inlines(random, text, 0);
  const blocks = () => random.many(2, () => block(random, text, depth + 1));
  switch (random.below(depth > 2 ? 3 : 7)) {
    case 0:
      return { t: "para", of: of() };
    case 1:
      return { t: "heading", level: 2, of: of() };
    case 2:
      return { t: "pre", text: `${calm(random)}\n${calm(random)}`, lang: "x-1" };
    case 3:
      return { t: "quote", of: blocks() };
    case 4:
      return { t: "list", ordered: true, start: 3, items: [blocks(), blocks()] };
    case 5:
      return { t: "table", header: true, rows: [[of(), of()], [of()]] };
    default:
      return { t: "list", ordered: false, items: [blocks()] };
  }
};

const tree = (random: Random, text: (random: Random) => string): RichText =>
  random.many(3, () => block(random, text, 0));

const user = (id: string, text: string) => ({ href: `https://matrix.to/#/${id}`, text });
const pill = (target: string, text: string): Inline =>
  target.startsWith("#")
    ? { t: "chat", ref: { id: chatId(target) }, text }
    : { t: "user", id: userId(target), text };
const chat = ({ id }: ChatRef, text: string) => ({ href: `https://matrix.to/#/${id}`, text });
const emoji = { to: () => "mxc://x.example/b", from: picture };

function picture(mxc: string, name: string): Inline {
  return { t: "emoji", name, media: { locator: { mxc } } };
}
const bare = (text: string): string => text.replaceAll(/\s/gu, "");

property("what is written is read as it was", 400, (random) => {
  const given: RichText = [{ t: "rule" }, ...tree(random, calm)];
  const { html } = toHtml(given, { user, chat, emoji: emoji.to });
  assert(html !== undefined);
  assert.deepEqual(fromHtml(html, { pill, emoji: emoji.from }), given);
});

property("nothing becomes markup that was not made by a mark", 400, (random) => {
  const { html = "" } = toHtml([{ t: "rule" }, ...tree(random, words)], {
    user,
    chat,
    emoji: emoji.to,
  });
  const left = (html ?? "").replaceAll(
    /<\/?(?:strong|em|u|del|code|pre|h2|blockquote|[ou]l|li|p|br|hr|span|table|thead|tbody|t[hdr]|a|img)(?: [a-z-]+(?:="[^"<>]*")?)*>/g,
    "",
  );
  assert.doesNotMatch(left, /[<>]/);
  assert.doesNotMatch(html ?? "", /<(?:script|b>|!--)|href="(?!https:\/\/)/);
});

property("any string is read as HTML without throwing, twice the same", 400, (random) => {
  const html = random
    .many(12, () =>
      random.pick([
        ...scraps,
        "<p>",
        "<a href=",
        "<table><tr>",
        "<li>",
        "</b>",
        "<pre>",
        "<mx-reply>",
      ]),
    )
    .join("");
  const once = toHtml(fromHtml(html, { pill, emoji: emoji.from }), { user, chat, emoji: emoji.to });
  if (once.html === undefined) return;
  assert.equal(
    toHtml(fromHtml(once.html, { pill, emoji: emoji.from }), { user, chat, emoji: emoji.to }).html,
    once.html,
  );
});

property("plain text is what it was", 300, (random) => {
  const text = words(random).replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n");
  assert.equal(toPlain(fromPlain(text)), text);
});

property("pieces join to the same text, each fits or is one grapheme", 300, (random) => {
  const text =
    random.below(2) === 0 ? [] : fromPlain(random.many(30, () => words(random)).join(" "));
  const given: RichText = [...text, { t: "para", of: inlines(random, words, 0) }];
  const max = 1 + random.below(60);
  const fits = (piece: RichText) => Buffer.byteLength(toPlain(piece)) <= max;
  const pieces = split(given, fits);
  const segments = new Intl.Segmenter("und", { granularity: "grapheme" });
  for (const piece of pieces) {
    const plain = toPlain(piece);
    assert(plain.isWellFormed());
    assert.doesNotMatch(plain, /^(?:\u200d|\ufe0f|\u0301)|\u200d$/u);
    // Marks of the plain form aside: the fence of a code is not of the text.
    const leaf = plain.replaceAll("`", "").trim();
    const one = Array.from(segments.segment(leaf)).length <= 1 || isAtom(piece);
    assert(fits(piece) || one, JSON.stringify(piece));
  }
  const joined = bare(pieces.map(toPlain).join(""));
  assert.equal(joined.replaceAll("`", ""), bare(toPlain(given)).replaceAll("`", ""));
});

const isAtom = (piece: RichText): boolean => {
  const inner = (all: readonly Inline[]): boolean =>
    all.length === 1 &&
    all.every(
      (it) =>
        it.t === "user" ||
        it.t === "link" ||
        it.t === "emoji" ||
        it.t === "chat" ||
        ("of" in it && inner(it.of)),
    );
  return piece.every((it) => it.t === "para" && inner(it.of));
};

property("no line of a prefixed text is without its speaker", 300, (random) => {
  for (const block of tree(random, words)) {
    const said = toPlain(prefixed([block], [{ t: "text", text: "<Ann> " }], "line"));
    for (const line of said.split(/[\n\r\v\f\u0085\u2028\u2029]/)) assert.match(line, /^<Ann> /);
  }
});

property("every line of a longer text stands in its speaker's quote", 400, (random) => {
  const given = random.below(3) === 0 ? fromPlain(words(random)) : tree(random, words);
  const said = toPlain(prefixed(given, [{ t: "text", text: "Ann: " }], "once"));
  const [first = "", ...more] = said.split(/[\n\r\v\f\u0085\u2028\u2029]/);
  assert.match(first, /^(?:# |## )?Ann:/);
  for (const line of more) assert.match(line, /^(?:>|$)/, JSON.stringify(said));
});

property("a clean name has nothing unseen, and is clean already", 300, (random) => {
  const name = cleanName(words(random) + words(random));
  assert.doesNotMatch(name.replaceAll("\u200d", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.equal(cleanName(name), name);
});
