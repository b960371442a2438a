import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { userId } from "../adapter/index.ts";
import type { Inline } from "../adapter/index.ts";
import { fromHtml, fromPlain, mentions, toHtml, toPlain } from "./index.ts";

const pill = (target: string, text: string): Inline | undefined =>
  target.startsWith("@") ? { t: "user", id: userId(target), text } : undefined;

const user = (id: string, text: string) => ({ href: `https://matrix.to/#/${id}`, text });

const read = (html: string) => fromHtml(html, { pill });
const write = (html: string) => toHtml(read(html), { user });

/** HTML in, HTML out; `same` where it is already in the form we write. */
const same = "same";
const html: readonly (readonly [string, string])[] = [
  ["<strong>a</strong>", same],
  ["<b>a</b>", "<strong>a</strong>"],
  ["<em>a</em>", same],
  ["<i>a</i>", "<em>a</em>"],
  ["<u>a</u>", same],
  ["<ins>a</ins>", "<u>a</u>"],
  ["<del>a</del>", same],
  ["<s>a</s>", "<del>a</del>"],
  ["<strike>a</strike>", "<del>a</del>"],
  ["<strong><em><u><del>a</del></u></em></strong>", same],
  ["<b>a<i>b</b>c</i>", "<strong>a<em>b</em></strong><em>c</em>"],
  ["<b>a", "<strong>a</strong>"],
  ["<b></b>x<i>y</i>", "x<em>y</em>"],
  ["<code>a &lt; b</code>", same],
  ["<code><b>a</b></code>", "<code>a</code>"],
  ["<code>a\nb</code>", "<code>a b</code>"],
  ["<span data-mx-spoiler>x</span>", same],
  ['<span data-mx-spoiler="why">x</span>', same],
  ['<span data-mx-spoiler="">x</span>', "<span data-mx-spoiler>x</span>"],
  ['<span data-mx-spoiler="&quot;&lt;">x</span>', '<span data-mx-spoiler="&quot;&lt;">x</span>'],
  ['<span data-mx-color="#ff0000">x</span>', same],
  ['<span data-mx-bg-color="#00ff00">x</span>', same],
  ['<span data-mx-color="#ff0000" data-mx-bg-color="#00ff00">x</span>', same],
  ['<font color="#FF0000">x</font>', '<span data-mx-color="#ff0000">x</span>'],
  ['<font data-mx-color="#FF0000">x</font>', '<span data-mx-color="#ff0000">x</span>'],
  ['<b><span data-mx-color="red">x</span></b>', "<strong>x</strong>"],
  ['<b><span style="color:red" onclick="x()">x</span></b>', "<strong>x</strong>"],
  [
    '<span data-mx-spoiler data-mx-color="#ff0000">x</span>',
    '<span data-mx-spoiler><span data-mx-color="#ff0000">x</span></span>',
  ],
  ["<h1>a</h1>", same],
  ["<h2>a</h2><h3>b</h3><h4>c</h4><h5>d</h5><h6>e</h6>", same],
  ["<h1><b>a</b></h1>", "<h1><strong>a</strong></h1>"],
  ["<h7>a</h7><hr>", "<p>a</p><hr>"],
  ["<blockquote><p>a</p></blockquote>", same],
  ["<blockquote>a</blockquote>", "<blockquote><p>a</p></blockquote>"],
  ["<blockquote><blockquote><p>a</p></blockquote><p>b</p></blockquote>", same],
  ["<blockquote></blockquote><b>x</b>", "<strong>x</strong>"],
  ["<pre><code>a\nb\n</code></pre>", same],
  ['<pre><code class="language-ts">let a;\n</code></pre>', same],
  [
    '<pre><code class="x language-c++ y">a\n</code></pre>',
    '<pre><code class="language-c++">a\n</code></pre>',
  ],
  ['<pre><code class="language-&quot;&gt;">a\n</code></pre>', "<pre><code>a\n</code></pre>"],
  ["<pre>a</pre>", "<pre><code>a\n</code></pre>"],
  ["<pre>a<br>b</pre>", "<pre><code>a\nb\n</code></pre>"],
  ["<pre>\n\n  a</pre>", "<pre><code>\n  a\n</code></pre>"],
  ["<pre><code>&lt;b&gt;\n</code></pre>", same],
  ["<ul><li>a</li><li>b</li></ul>", same],
  ["<ol><li>a</li></ol>", same],
  ['<ol start="3"><li>a</li></ol>', same],
  ['<ol start="1"><li>a</li></ol>', "<ol><li>a</li></ol>"],
  ['<ol start="-1"><li>a</li></ol>', "<ol><li>a</li></ol>"],
  ['<ol start="1e999"><li>a</li></ol>', "<ol><li>a</li></ol>"],
  ["<ul><li>a<ul><li>b</li></ul></li></ul>", same],
  ["<ul><li><p>a</p></li></ul>", "<ul><li>a</li></ul>"],
  ["<ul><li><p>a</p><p>b</p></li></ul>", "<ul><li>a<p>b</p></li></ul>"],
  ["<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"],
  ["<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "<ul><li>a</li><li>b</li></ul>"],
  ["<ul></ul><b>x</b>", "<strong>x</strong>"],
  ["<ul><li></li></ul>", same],
  ["<ul><li><pre><code>x\n</code></pre></li></ul>", same],
  ["<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", same],
  ["<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>", same],
  [
    "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>",
    "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
  ],
  [
    "<table><caption>c</caption><tr><td>a</td></tr></table>",
    "<p>c</p><table><tbody><tr><td>a</td></tr></tbody></table>",
  ],
  ["<table></table><b>x</b>", "<strong>x</strong>"],
  [
    "<table><tr><td><p>a</p><p>b</p></td></tr></table>",
    "<table><tbody><tr><td>a<br>b</td></tr></tbody></table>",
  ],
  ["<hr>", same],
  ["<p>a</p><hr><p>b</p>", same],
  ["<b>a</b><br>b", "<strong>a</strong><br>b"],
  ["<b>a</b><br><br>b", "<strong>a</strong><br><br>b"],
  ["<b>a</b><br>", "<strong>a</strong>"],
  ["<b>a</b> \n <br> b", "<strong>a</strong><br>b"],
  ["<p><b>a</b></p><p>b</p>", "<p><strong>a</strong></p><p>b</p>"],
  ["<div><b>a</b></div><div>b</div>", "<p><strong>a</strong></p><p>b</p>"],
  ["<b><p>a</p>b</b>", "<p><strong>a</strong></p><p><strong>b</strong></p>"],
  ["<b><ul><li>a</li></ul></b>", "<ul><li><strong>a</strong></li></ul>"],
  ["  <b> a </b>  b  ", "<strong>a </strong>b"],
  ["<b>a</b>\n\nb", "<strong>a</strong> b"],
  ["<b>a</b>&nbsp; b", "<strong>a</strong>\u00a0 b"],
  ["<b>a</b><sup>2</sup><sub>x</sub>", "<strong>a</strong>2x"],
  ["<mx-reply><blockquote>old</blockquote></mx-reply><b>new</b>", "<strong>new</strong>"],
  ["<b>a</b><script>alert(1)</script>", "<strong>a</strong>"],
  ["<b>a</b><style>p{}</style>", "<strong>a</strong>"],
  ["<b>a</b><iframe src=x>y</iframe>", "<strong>a</strong>"],
  ["<b>a</b><svg><script>x</script><text>t</text></svg>", "<strong>a</strong>"],
  ["<b>a</b><math><mi>x</mi></math>", "<strong>a</strong>"],
  ["<b>a</b><template>t</template><!-- c -->", "<strong>a</strong>"],
  ["<b>a</b><object>o</object><video>v</video>", "<strong>a</strong>"],
  ["<blink><b>a</b></blink>", "<strong>a</strong>"],
  ["<details><summary>s</summary><b>b</b></details>", "<p>s</p><p><strong>b</strong></p>"],
  ['<b>a</b><img src="mxc://x/y" alt="cat">', "<strong>a</strong>cat"],
  [
    '<b>a</b><img data-mx-emoticon src="mxc://x/y" alt=":cat:" title=":dog:">',
    "<strong>a</strong>:cat:",
  ],
  ['<b>a</b><img src=x onerror="alert(1)">', "<strong>a</strong>"],
  ['<a href="https://a.example/?b=1&amp;c=2">x</a>', same],
  ['<a href="mailto:a@b.example">x</a>', same],
  ['<a href="matrix:r/room:a.example">x</a>', same],
  ['<b><a href="javascript:alert(1)">x</a></b>', "<strong>x</strong>"],
  ['<b><a href="java\nscript:alert(1)">x</a></b>', "<strong>x</strong>"],
  ['<b><a href=" JaVaScRiPt:alert(1)">x</a></b>', "<strong>x</strong>"],
  ['<b><a href="data:text/html,x">x</a></b>', "<strong>x</strong>"],
  ['<b><a href="vbscript:x">x</a></b>', "<strong>x</strong>"],
  ['<b><a href="//evil.example">x</a></b>', "<strong>x</strong>"],
  ['<b><a href="/relative">x</a></b>', "<strong>x</strong>"],
  ["<b><a>x</a></b>", "<strong>x</strong>"],
  ['<a href="https://a.example/&quot;onclick=x">y</a>', same],
  [
    '<a href="https://a.example/"><b>x</b></a>',
    '<a href="https://a.example/"><strong>x</strong></a>',
  ],
  ['<a href="https://a.example/"></a><b>x</b>', "<strong>x</strong>"],
  ['<a href="https://matrix.to/#/@a:b.example">A</a>', same],
  [
    '<a href="https://matrix.to/#/%40a%3Ab.example">A</a>',
    '<a href="https://matrix.to/#/@a:b.example">A</a>',
  ],
  [
    '<a href="https://matrix.to/#/@a:b.example?via=c">A</a>',
    '<a href="https://matrix.to/#/@a:b.example">A</a>',
  ],
  ['<a href="matrix:u/a:b.example">A</a>', '<a href="https://matrix.to/#/@a:b.example">A</a>'],
  [
    '<a href="https://matrix.to/#/@a:b.example"><b>A</b></a>',
    '<a href="https://matrix.to/#/@a:b.example">A</a>',
  ],
  ['<a href="https://matrix.to/#/#room:b.example">r</a>', same],
  ['<a href="https://matrix.to/#/!room:b.example/$event">e</a>', same],
  ['<a href="https://matrix.to/#/%E0%A4%A">bad</a>', same],
  ["<b>&lt;script&gt;</b>", "<strong>&lt;script&gt;</strong>"],
  ["<b>a &amp; b</b>", "<strong>a &amp; b</strong>"],
  ["<td><b>stray</b></td>", "<strong>stray</strong>"],
  ["<noscript><b>x</b></noscript>", "<strong>x</strong>"],
  ["<textarea><b>x</b></textarea><i>y</i>", "&lt;b&gt;x&lt;/b&gt;<em>y</em>"],
];

describe("HTML to tree to HTML", () => {
  for (const [given, expected] of html) {
    test(given, () => {
      assert.equal(write(given).html, expected === same ? given : expected);
    });
  }
});

describe("HTML that says no more than plain text", () => {
  const plain: readonly (readonly [string, string])[] = [
    ["a", "a"],
    ["a<br>b", "a\nb"],
    ["<p>a</p><p>b</p>", "a\n\nb"],
    ["a &lt; b", "a < b"],
    ["<unknown>a</unknown>", "a"],
    ["", ""],
    ["<script>x</script>", ""],
  ];
  for (const [given, body] of plain) {
    test(given, () => assert.deepEqual(write(given), { body, html: undefined }));
  }
});

describe("the plain body", () => {
  const bodies: readonly (readonly [string, string])[] = [
    ["<b>a</b> <i>b</i>", "a b"],
    ["<blockquote>a<br>b</blockquote>c", "> a\n> b\n\nc"],
    ["<blockquote><blockquote>a</blockquote></blockquote>", "> > a"],
    ["<pre><code class=language-ts>a\nb\n</code></pre>", "```ts\na\nb\n```"],
    ["<code>a</code>", "`a`"],
    ["<code>a`b</code>", "`` a`b ``"],
    ["<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c"],
    ["<ol start=9><li>a<li>b</ol>", "9. a\n10. b"],
    ["<h2>a</h2>", "## a"],
    ["a<hr>b", "a\n\n---\n\nb"],
    ["<table><tr><td>a<td>b<tr><td>c</table>", "a | b\nc"],
    ["<span data-mx-spoiler>secret</span>!", "[spoiler]!"],
    ["<span data-mx-spoiler=why>secret</span>!", "[spoiler: why]!"],
    ["<a href=https://a.example/>text</a>", "text (https://a.example/)"],
    ["<a href=https://a.example/>https://a.example/</a>", "https://a.example/"],
    ["<a href=https://matrix.to/#/@a:b.c>A</a>: hi", "A: hi"],
  ];
  for (const [given, body] of bodies) test(given, () => assert.equal(write(given).body, body));
});

describe("hostile HTML", () => {
  test("what is too deep is text, with nothing lost", () => {
    const tree = read(`${"<b><blockquote>".repeat(300)}deep`);
    assert.match(toPlain(tree), /deep$/);
    assert.match(toHtml(tree, { user }).body, /deep$/);
  });

  test("thousands of open tags and too large a text are read without markup", () => {
    assert.match(toPlain(read(`${"<b>".repeat(20_000)}deep`)), /deep$/);
    assert.equal(toPlain(read("x".repeat(70_000))).length, 65_536);
  });

  test("a tree that is too deep is written as text", () => {
    let inline: Inline = { t: "text", text: "<deep>" };
    for (let depth = 0; depth < 20_000; depth += 1) inline = { t: "bold", of: [inline] };
    const { html } = toHtml([{ t: "para", of: [inline] }], { user });
    assert.equal(html?.match(/<strong>/g)?.length, 100);
    assert.match(html ?? "", /&lt;deep&gt;/);
  });

  test("a link in a tree with a scheme that runs is written as text", () => {
    for (const url of ["javascript:alert(1)", "data:text/html,x", "x", "", "file:///etc/passwd"]) {
      const of: Inline[] = [
        { t: "bold", of: [{ t: "link", url, of: [{ t: "text", text: "y" }] }] },
      ];
      assert.equal(toHtml([{ t: "para", of }], { user }).html, "<strong>y</strong>");
    }
  });

  test("names, reasons, languages and colours cannot end their attribute", () => {
    const evil = `"><img src=x onerror=alert(1)>`;
    const { html = "" } = toHtml(
      [
        {
          t: "para",
          of: [
            { t: "spoiler", reason: evil, of: [{ t: "text", text: evil }] },
            { t: "colour", fg: evil, bg: evil, of: [{ t: "text", text: evil }] },
            { t: "user", id: userId("a"), text: evil },
            { t: "code", text: evil },
            { t: "link", url: `https://x.example/${evil}`, of: [{ t: "text", text: evil }] },
          ],
        },
        { t: "pre", text: evil, lang: evil },
      ],
      { user },
    );
    assert.doesNotMatch(html, /<img/);
    assert.doesNotMatch(html, /"[^"<>]*<img/);
  });

  test("controls do not reach the homeserver", () => {
    const { body } = toHtml(fromPlain("a\0b\u0007c\ud800d"), { user });
    assert.equal(body, "abc\ufffdd");
  });
});

test("an unresolved person is a name and no pill", () => {
  const tree = read('hi <a href="https://matrix.to/#/@a:b.example">A</a>');
  assert.deepEqual(mentions(tree), ["@a:b.example"]);
  assert.deepEqual(toHtml(tree, { user: () => undefined }), { body: "hi A", html: undefined });
});
