import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Inline, RichText } from "../adapter/index.ts";
import {
  cleanName,
  empty,
  fromHtml,
  fromPlain,
  looksLike,
  prefixed,
  split,
  toHtml,
  toPlain,
} from "./index.ts";

const read = (html: string): RichText => fromHtml(html, { pill: () => undefined });
const write = (text: RichText) => toHtml(text, { user: () => undefined });
const speaker: readonly Inline[] = [{ t: "bold", of: [{ t: "text", text: "Ann: " }] }];

describe("plain text to tree", () => {
  test("every kind of newline is a break", () => {
    assert.equal(toPlain(fromPlain("a\nb\r\nc\rd\u2028e\u0085f")), "a\nb\nc\nd\ne\nf");
  });

  const links: readonly (readonly [string, readonly string[]])[] = [
    ["see https://a.example/x.", ["https://a.example/x"]],
    ["(https://a.example/b_(c))", ["https://a.example/b_(c)"]],
    ["http://a.example, https://b.example!", ["http://a.example", "https://b.example"]],
    ["<https://a.example>", ["https://a.example"]],
    ["https:// x", []],
    ["javascript:alert(1)", []],
    ["none", []],
  ];
  for (const [text, urls] of links) {
    test(text, () => {
      const [block] = fromPlain(text);
      assert(block?.t === "para");
      assert.deepEqual(
        block.of.flatMap((it) => (it.t === "link" ? [it.url] : [])),
        urls,
      );
      assert.equal(toPlain([block]), text);
    });
  }
});

describe("a relay prefix", () => {
  const everyLine: readonly (readonly [string, string])[] = [
    ["a", "Ann: a"],
    ["a<br>b", "Ann: a\nAnn: b"],
    ["<p>a</p><p>b</p>", "Ann: a\n\nAnn: b"],
    ["<i>a<br>b</i>", "Ann: a\nAnn: b"],
    ["<ul><li>a</li><li></li></ul>", "Ann: - a\nAnn: - "],
    ["<blockquote>a<br>b</blockquote>", "Ann: > a\nAnn: > b"],
    ["<pre>a\nb</pre>", "Ann: `a`\nAnn: `b`"],
    ["<h1>a</h1>", "Ann: a"],
    ["<ol><li>a<ul><li>b</li></ul></li></ol>", "Ann: 1. a\nAnn:    - b"],
    ["<table><tr><td>a<br>x</td><td>b</td></tr></table>", "Ann: a x | b"],
  ];
  for (const [html, plain] of everyLine) {
    test(`before every line of ${html}`, () => {
      assert.equal(toPlain(prefixed(read(html), speaker, "line")), plain);
    });
  }

  test("newlines hidden in text are lines too", () => {
    const text: RichText = [{ t: "para", of: [{ t: "text", text: "a\nb\u2028c\rd" }] }];
    assert.equal(toPlain(prefixed(text, speaker, "line")), "Ann: a\nAnn: b\nAnn: c\nAnn: d");
  });

  const quoted = (html: string): string =>
    `<p><strong>Ann: </strong></p><blockquote>${html}</blockquote>`;
  const once: readonly (readonly [string, string])[] = [
    ["a", "<strong>Ann: </strong>a"],
    ["<b>a</b>", "<strong>Ann: </strong><strong>a</strong>"],
    ["<h1>a</h1>", "<h1><strong>Ann: </strong>a</h1>"],
    ["a<br>Bob: forged", quoted("<p>a<br>Bob: forged</p>")],
    ["a<br><b>Bob: </b>forged", quoted("<p>a<br><strong>Bob: </strong>forged</p>")],
    ["<p>a</p><p>Bob: x</p>", quoted("<p>a</p><p>Bob: x</p>")],
    ["<ul><li>Bob: x</li></ul>", quoted("<ul><li>Bob: x</li></ul>")],
    ["<pre>a</pre>", quoted("<pre><code>a\n</code></pre>")],
    ["<blockquote>a</blockquote>", quoted("<blockquote><p>a</p></blockquote>")],
    ["a<h1>Bob: x</h1>", quoted("<p>a</p><h1>Bob: x</h1>")],
    ["", "<strong>Ann: </strong>"],
  ];
  for (const [html, expected] of once) {
    test(`once before ${html}`, () => {
      assert.equal(write(prefixed(read(html), speaker, "once")).html, expected);
    });
  }
});

describe("splitting", () => {
  const upTo = (max: number) => (piece: RichText) => toPlain(piece).length <= max;
  const cuts: readonly (readonly [string, number, readonly string[]])[] = [
    ["<p>one</p><p>two</p><p>three</p>", 9, ["one\n\ntwo", "three"]],
    ["one<br>two<br>three", 8, ["one\ntwo", "three"]],
    ["One. Two. Three.", 10, ["One. Two.", "Three."]],
    ["one two three", 8, ["one two", "three"]],
    ["abcdefgh", 3, ["abc", "def", "gh"]],
    ["<ol><li>one</li><li>two</li></ol>", 7, ["1. one", "2. two"]],
    ["<pre>one\ntwo</pre>", 11, ["```\none\n```", "```\ntwo\n```"]],
    ["👩‍👩‍👧👩‍👩‍👧", 8, ["👩‍👩‍👧", "👩‍👩‍👧"]],
    ["e\u0301e\u0301e\u0301", 3, ["e\u0301", "e\u0301", "e\u0301"]],
  ];
  for (const [html, max, pieces] of cuts) {
    test(`${html} to ${max}`, () => {
      assert.deepEqual(split(read(html), upTo(max)).map(toPlain), pieces);
    });
  }

  test("marks go on in the next piece", () => {
    const pieces = split(read("<b>one <i>two three</i></b>"), upTo(8));
    assert.deepEqual(
      pieces.map((it) => write(it).html),
      ["<strong>one <em>two</em></strong>", "<strong><em>three</em></strong>"],
    );
  });

  test("what never fits is cut into graphemes, and it ends", () => {
    assert.deepEqual(split(fromPlain("a👍🏽b"), () => false).map(toPlain), ["a", "👍🏽", "b"]);
    assert.deepEqual(
      split([], () => false),
      [[]],
    );
    assert.deepEqual(split([{ t: "rule" }], () => false).map(toPlain), ["---"]);
  });
});

describe("a clean name", () => {
  const names: readonly (readonly [string, string])[] = [
    ["Alice", "Alice"],
    ["  Alice \t\n Smith ", "Alice Smith"],
    ["a\u202eb\u2066c\u200fd", "abcd"],
    ["a\u200bb\ufeffc\u2060d\u00ade", "abcde"],
    ["a\u{e0041}\u{e007f}b", "ab"],
    ["a\0b\u0007c\u009fd", "abcd"],
    ["👩‍👩‍👧 x", "👩‍👩‍👧 x"],
    ["🏳️‍🌈", "🏳️‍🌈"],
    ["a\u200db", "ab"],
    ["\u3164\u115f\u2800", ""],
    ["a\ud800b", "ab"],
    ["محمد", "محمد"],
    [`e${"\u0301".repeat(500)}`, `é${"\u0301".repeat(8)}`.normalize("NFC")],
    ["x".repeat(100_000), "x".repeat(100)],
    ["👩‍👩‍👧".repeat(200), "👩‍👩‍👧".repeat(100)],
  ];
  for (const [given, clean] of names) {
    test(JSON.stringify(given.slice(0, 20)), () => assert.equal(cleanName(given), clean));
  }
});

test("what is empty", () => {
  for (const html of ["", " ", "<b> </b>", "<p></p>", "<ul><li></li></ul>", "<br>"]) {
    assert.equal(empty(read(html)), true, html);
  }
  for (const html of ["a", "<hr>", "<code>x</code>", "<pre>x</pre>", "<ul><li>a</li></ul>"]) {
    assert.equal(empty(read(html)), false, html);
  }
});

describe("look-alikes", () => {
  const same: readonly (readonly [string, string])[] = [
    ["Bridgebox", "BRIDGEBOX"],
    ["Bridgebox", "Вridgеbох"],
    ["Bridgebox", "Br1dge\u200bb0x"],
    ["Bridgebox", "  B r i d g e-b o x!"],
    ["Carl", "Сагl"],
    ["Carl", "Car\u0301I"],
    ["modern", "rnodern"],
    ["admin", "ａｄｍｉｎ"],
  ];
  for (const [one, other] of same)
    test(`${one} and ${other}`, () => assert.equal(looksLike(one, other), true));
  const different: readonly (readonly [string, string])[] = [
    ["Carl", "Carla"],
    ["", ""],
    ["!!!", "???"],
    ["Анна", "Иван"],
  ];
  for (const [one, other] of different)
    test(`not ${one} and ${other}`, () => assert.equal(looksLike(one, other), false));
});
