import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chatId, userId } from "../adapter/index.ts";
import type { Block, Inline, RichText } from "../adapter/index.ts";
import { fromHtml, substitute, toHtml } from "./index.ts";

const t = (text: string): Inline => ({ t: "text", text });
const mark = (
  kind: "bold" | "italic" | "underline" | "strike",
  ...of: readonly Inline[]
): Inline => ({
  t: kind,
  of,
});
const para = (...of: readonly Inline[]): Block => ({ t: "para", of });
const br: Inline = { t: "break" };
const code = (text: string): Inline => ({ t: "code", text });
const link = (url: string, ...of: readonly Inline[]): Inline => ({ t: "link", url, of });
const spoiler = (reason: string | undefined, ...of: readonly Inline[]): Inline => ({
  t: "spoiler",
  of,
  ...(reason !== undefined && { reason }),
});
const colour = (
  fg: string | undefined,
  bg: string | undefined,
  ...of: readonly Inline[]
): Inline => ({
  t: "colour",
  ...(fg !== undefined && { fg }),
  ...(bg !== undefined && { bg }),
  of,
});
const person: Inline = { t: "user", id: userId("@a:b.example"), text: "Ann" };
const chat: Inline = { t: "chat", ref: { id: chatId("#r:b.example") }, text: "room" };
const emoji: Inline = {
  t: "emoji",
  name: "blob",
  media: { locator: { mxc: "mxc://b.example/x" } },
};
const list = (ordered: boolean, ...items: readonly (readonly Block[])[]): Block => ({
  t: "list",
  ordered,
  items,
});
const rule: Block = { t: "rule" };
const row = (...cells: readonly (readonly Inline[])[]) => cells;

const toOptions = {
  user: (id: string, text: string) => ({ href: `https://matrix.to/#/${id}`, text }),
  chat: ({ id }: { id: string }, text: string) => ({ href: `https://matrix.to/#/${id}`, text }),
  emoji: () => "mxc://b.example/x",
};
const fromOptions = {
  pill: (target: string, text: string): Inline =>
    target.startsWith("@")
      ? { t: "user", id: userId(target), text }
      : { t: "chat", ref: { id: chatId(target) }, text },
  emoji: (mxc: string, name: string): Inline => ({ t: "emoji", name, media: { locator: { mxc } } }),
};

/** What a tree is in HTML, and what that HTML is as a tree: the same. */
const same: readonly (readonly [string, RichText])[] = [
  ["<strong>a</strong>", [para(mark("bold", t("a")))]],
  ["<em>a</em>", [para(mark("italic", t("a")))]],
  ["<u>a</u>", [para(mark("underline", t("a")))]],
  ["<del>a</del>", [para(mark("strike", t("a")))]],
  ["a<strong>b</strong>c", [para(t("a"), mark("bold", t("b")), t("c"))]],
  ["<strong>a</strong> <em>b</em>", [para(mark("bold", t("a")), t(" "), mark("italic", t("b")))]],
  ["<strong>a<em>b</em></strong>", [para(mark("bold", t("a"), mark("italic", t("b"))))]],
  [
    "<strong><em><u><del>a</del></u></em></strong>",
    [para(mark("bold", mark("italic", mark("underline", mark("strike", t("a"))))))],
  ],
  ["<strong>a<br>b</strong>", [para(mark("bold", t("a"), br, t("b")))]],
  ["<strong>a</strong><br><br>b", [para(mark("bold", t("a")), br, br, t("b"))]],
  ["<code>a</code>", [para(code("a"))]],
  ["<code>a  b</code>", [para(code("a  b"))]],
  ['<code>&lt;b&gt; &amp; "x"</code>'.replaceAll('"', "&quot;"), [para(code('<b> & "x"'))]],
  ["x <code>*_~`</code> y", [para(t("x "), code("*_~`"), t(" y"))]],
  ["<strong><code>a</code></strong>", [para(mark("bold", code("a")))]],
  ["<span data-mx-spoiler>a</span>", [para(spoiler(undefined, t("a")))]],
  ['<span data-mx-spoiler="plot">a</span>', [para(spoiler("plot", t("a")))]],
  ['<span data-mx-spoiler="&lt;&quot;&amp;&gt;">a</span>', [para(spoiler('<"&>', t("a")))]],
  [
    "<span data-mx-spoiler><strong>a</strong> b</span>",
    [para(spoiler(undefined, mark("bold", t("a")), t(" b")))],
  ],
  ['<span data-mx-color="#ff00aa">a</span>', [para(colour("#ff00aa", undefined, t("a")))]],
  ['<span data-mx-bg-color="#00ff00">a</span>', [para(colour(undefined, "#00ff00", t("a")))]],
  [
    '<span data-mx-color="#ff00aa" data-mx-bg-color="#00ff00">a</span>',
    [para(colour("#ff00aa", "#00ff00", t("a")))],
  ],
  ['<a href="https://a.example/x">y</a>', [para(link("https://a.example/x", t("y")))]],
  [
    '<a href="https://a.example/?a=1&amp;b=2">y</a>',
    [para(link("https://a.example/?a=1&b=2", t("y")))],
  ],
  [
    '<a href="https://a.example/x"><strong>y</strong></a>',
    [para(link("https://a.example/x", mark("bold", t("y"))))],
  ],
  [
    '<strong><a href="https://a.example/x">y</a></strong>',
    [para(mark("bold", link("https://a.example/x", t("y"))))],
  ],
  ['<a href="mailto:a@b.example">m</a>', [para(link("mailto:a@b.example", t("m")))]],
  ['<a href="tel:+1555">m</a>', [para(link("tel:+1555", t("m")))]],
  ['<a href="geo:1,2">m</a>', [para(link("geo:1,2", t("m")))]],
  ['<a href="https://matrix.to/#/@a:b.example">Ann</a>', [para(person)]],
  ['<a href="https://matrix.to/#/#r:b.example">room</a>', [para(chat)]],
  [
    'hi <a href="https://matrix.to/#/@a:b.example">Ann</a>, see <a href="https://matrix.to/#/#r:b.example">room</a>!',
    [para(t("hi "), person, t(", see "), chat, t("!"))],
  ],
  [
    '<img data-mx-emoticon src="mxc://b.example/x" alt=":blob:" title=":blob:" height="32">',
    [para(emoji)],
  ],
  [
    'a <img data-mx-emoticon src="mxc://b.example/x" alt=":blob:" title=":blob:" height="32"> b',
    [para(t("a "), emoji, t(" b"))],
  ],
  ["<h1>a</h1>", [{ t: "heading", level: 1, of: [t("a")] }]],
  ["<h6><em>a</em></h6>", [{ t: "heading", level: 6, of: [mark("italic", t("a"))] }]],
  ["<h2>a</h2><p>b</p>", [{ t: "heading", level: 2, of: [t("a")] }, para(t("b"))]],
  ["<p>a</p><hr><p>b</p>", [para(t("a")), rule, para(t("b"))]],
  ["<hr>", [rule]],
  ["<p><strong>a</strong></p><p>b</p>", [para(mark("bold", t("a"))), para(t("b"))]],
  ["<blockquote><p>a</p></blockquote>", [{ t: "quote", of: [para(t("a"))] }]],
  [
    "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>",
    [{ t: "quote", of: [para(t("a")), para(t("b"))] }, para(t("c"))],
  ],
  [
    "<blockquote><blockquote><p>a</p></blockquote><p>b</p></blockquote>",
    [{ t: "quote", of: [{ t: "quote", of: [para(t("a"))] }, para(t("b"))] }],
  ],
  [
    "<blockquote><ul><li>a</li></ul></blockquote>",
    [{ t: "quote", of: [list(false, [para(t("a"))])] }],
  ],
  ["<pre><code>a\nb\n</code></pre>", [{ t: "pre", text: "a\nb" }]],
  ["<pre><code>  a\n\n\tb\n</code></pre>", [{ t: "pre", text: "  a\n\n\tb" }]],
  [
    '<pre><code class="language-ts">let a;\n</code></pre>',
    [{ t: "pre", text: "let a;", lang: "ts" }],
  ],
  ["<pre><code>&lt;b&gt;\n</code></pre>", [{ t: "pre", text: "<b>" }]],
  ["<pre><code>\n</code></pre>", [{ t: "pre", text: "" }]],
  ["<ul><li>a</li><li>b</li></ul>", [list(false, [para(t("a"))], [para(t("b"))])]],
  ["<ol><li>a</li></ol>", [list(true, [para(t("a"))])]],
  [
    '<ol start="7"><li>a</li></ol>',
    [{ t: "list", ordered: true, start: 7, items: [[para(t("a"))]] }],
  ],
  [
    '<ol start="0"><li>a</li></ol>',
    [{ t: "list", ordered: true, start: 0, items: [[para(t("a"))]] }],
  ],
  [
    "<ul><li>a<ol><li>b</li></ol></li></ul>",
    [list(false, [para(t("a")), list(true, [para(t("b"))])])],
  ],
  ["<ul><li>a<p>b</p></li></ul>", [list(false, [para(t("a")), para(t("b"))])]],
  [
    "<ul><li>a<pre><code>b\n</code></pre></li></ul>",
    [list(false, [para(t("a")), { t: "pre", text: "b" }])],
  ],
  [
    "<ul><li><strong>a</strong><br>b</li></ul>",
    [list(false, [para(mark("bold", t("a")), br, t("b"))])],
  ],
  ["<ul><li></li></ul>", [list(false, [])]],
  [
    "<table><tbody><tr><td>a</td><td><em>b</em></td></tr></tbody></table>",
    [{ t: "table", header: false, rows: [row([t("a")], [mark("italic", t("b"))])] }],
  ],
  [
    "<table><thead><tr><th>h</th></tr></thead><tbody><tr><td>c</td></tr></tbody></table>",
    [{ t: "table", header: true, rows: [row([t("h")]), row([t("c")])] }],
  ],
  [
    "<table><thead><tr><th>h</th></tr></thead></table>",
    [{ t: "table", header: true, rows: [row([t("h")])] }],
  ],
  [
    "<table><tbody><tr><td></td><td>a<br>b</td></tr></tbody></table>",
    [{ t: "table", header: false, rows: [row([], [t("a"), br, t("b")])] }],
  ],
  ["<p>@room</p><hr>", [para(t("@room")), rule]],
  ["<strong>👩‍👩‍👧 日本語 e\u0301</strong>", [para(mark("bold", t("👩‍👩‍👧 日本語 e\u0301")))]],
  ["<strong>a\u00a0b</strong>", [para(mark("bold", t("a\u00a0b")))]],
  ["<strong>&amp;lt; &amp;amp;</strong>", [para(mark("bold", t("&lt; &amp;")))]],
];

describe("a tree and its HTML are the same thing", () => {
  for (const [html, tree] of same) {
    test(html, () => {
      assert.equal(toHtml(tree, toOptions).html, html);
      assert.deepEqual(fromHtml(html, fromOptions), tree);
    });
  }
});

/** What only one of the two can say. */
const written: readonly (readonly [string | undefined, string, RichText])[] = [
  [undefined, "@room", [para({ t: "everyone", scope: "all", allowed: true })]],
  [undefined, "@here", [para({ t: "everyone", scope: "here", allowed: false })]],
  [undefined, "@team", [para({ t: "group", id: "G", text: "@team" })]],
  [undefined, "at noon", [para({ t: "time", at: 1, text: "at noon" })]],
  [undefined, "https://a.example/", [para(link("https://a.example/", t("https://a.example/")))]],
  [undefined, "a\nb", [para(t("a"), br, t("b"))]],
  [undefined, "a\n\nb", [para(t("a")), para(t("b"))]],
  ["a", "a", [para(colour("red", "javascript:x", t("a")))]],
  ["a", "a (x:y)", [para(link("x:y", t("a")))]],
  [
    "<strong>@room</strong>",
    "@room",
    [para(mark("bold", { t: "everyone", scope: "all", allowed: false }))],
  ],
  [
    "<blockquote><p>a</p></blockquote>",
    "> a",
    [{ t: "quote", collapsed: true, of: [para(t("a"))] }],
  ],
];

describe("a tree is written", () => {
  for (const [html, body, tree] of written) {
    test(JSON.stringify(tree), () => assert.deepEqual(toHtml(tree, toOptions), { body, html }));
  }
});

/** Pictures that are not the homeserver's own, and what else may stand in an image. */
const pictures: readonly (readonly [string, RichText])[] = [
  ['<img data-mx-emoticon src="https://evil.example/x" alt=":a:">', [para(t(":a:"))]],
  ['<img data-mx-emoticon src="mxc://b.example/../x" alt=":a:">', [para(t(":a:"))]],
  [
    '<img data-mx-emoticon src="mxc://b.example/x" >',
    [para({ t: "emoji", name: "emoji", media: { locator: { mxc: "mxc://b.example/x" } } })],
  ],
  ['<img src="mxc://b.example/x" alt="cat">', [para(t("cat"))]],
  ['<img data-mx-emoticon alt=":a:">', [para(t(":a:"))]],
];

describe("a picture is read", () => {
  for (const [html, tree] of pictures)
    test(html, () => assert.deepEqual(fromHtml(html, fromOptions), tree));
});

describe("a word that stands for something else", () => {
  const everyone: Inline = { t: "everyone", scope: "all", allowed: true };
  const cases: readonly (readonly [RichText, RichText])[] = [
    [[para(t("@room"))], [para(everyone)]],
    [[para(t("hi @room!"))], [para(t("hi "), everyone, t("!"))]],
    [[para(t("@roomy a@room @room"))], [para(t("@roomy a@room "), everyone)]],
    [[para(mark("bold", t("@room")))], [para(mark("bold", everyone))]],
    [[para(code("@room"))], [para(code("@room"))]],
    [[{ t: "pre", text: "@room" }], [{ t: "pre", text: "@room" }]],
    [[list(false, [para(t("@room"))])], [list(false, [para(everyone)])]],
    [[{ t: "quote", of: [para(t("@room"))] }], [{ t: "quote", of: [para(everyone)] }]],
    [
      [{ t: "table", header: false, rows: [row([t("@room")])] }],
      [{ t: "table", header: false, rows: [row([everyone])] }],
    ],
  ];
  for (const [given, expected] of cases)
    test(JSON.stringify(given), () =>
      assert.deepEqual(substitute(given, "@room", everyone), expected),
    );
});
