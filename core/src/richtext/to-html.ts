import type { Block, ChatRef, Inline, MediaRef, RichText, UserId } from "../adapter/index.ts";
import { newline } from "./from-plain.ts";
import { safeUrl } from "./links.ts";
import { isBare, plainInlines, writePlain } from "./to-plain.ts";
import type { PlainWords } from "./to-plain.ts";

/** A pill: where it leads and what it says. */
export interface Pill {
  readonly href: string;
  readonly text: string;
}

export interface HtmlOptions {
  /** The pill of a remote person, or nothing to write the name as text. */
  user(id: UserId, text: string): Pill | undefined;
  chat?(ref: ChatRef, text: string): Pill | undefined;
  /** The `mxc:` address of a picture among the words; absent: its name as text. */
  emoji?(media: MediaRef): string | undefined;
}

/**
 * The body and formatted body of a message, by the tags that clients must know (Matrix 1.11, 11.2.1.7).
 * `html` is absent where the body says it all. What is behind a spoiler is not in the body, as
 * notifications and old clients would show it. Mentions are the caller's: a name here rings nobody.
 */
export const toHtml = (
  text: RichText,
  options: HtmlOptions,
): { readonly body: string; readonly html: string | undefined } => {
  const words: PlainWords = {
    user: (id, text) => options.user(id, text)?.text ?? text,
    chat: (ref, text) => options.chat?.(ref, text)?.text ?? text,
    spoilers: "hidden",
  };
  const body = withoutControls(writePlain(text, words).replaceAll(everyNewline, "\n"));
  const pen: Pen = { options, words };
  const only = text.length === 1 ? text[0] : undefined;
  const html = () =>
    only?.t === "para" ? inlines(only.of, pen, 0) : text.map((it) => block(it, pen, 0)).join("");
  return { body, html: isPlain(text, options) ? undefined : html() };
};

interface Pen {
  readonly options: HtmlOptions;
  readonly words: PlainWords;
}

const everyNewline = new RegExp(newline.source, "gu");
/** As deep as clients are told to follow. */
const deepest = 100;

const isPlain = (text: RichText, options: HtmlOptions): boolean =>
  text.every((block) => block.t === "para" && block.of.every((it) => saysNoMore(it, options)));

const saysNoMore = (inline: Inline, options: HtmlOptions): boolean => {
  if (inline.t === "user") return options.user(inline.id, inline.text) === undefined;
  if (inline.t === "chat") return options.chat?.(inline.ref, inline.text) === undefined;
  if (inline.t === "link") return isBare(inline);
  if (inline.t === "emoji") return options.emoji?.(inline.media) === undefined;
  return !("of" in inline) && inline.t !== "code";
};

const block = (it: Block, pen: Pen, depth: number): string => {
  if (depth >= deepest) return `<p>${shown(writePlain([it], pen.words))}</p>`;
  switch (it.t) {
    case "para":
      return `<p>${inlines(it.of, pen, depth + 1)}</p>`;
    case "heading":
      return `<h${it.level}>${inlines(it.of, pen, depth + 1)}</h${it.level}>`;
    case "quote":
      return `<blockquote>${blocks(it.of, pen, depth + 1)}</blockquote>`;
    case "pre":
      return `<pre><code${languageOf(it.lang)}>${escaped(it.text)}\n</code></pre>`;
    case "list":
      return list(it, pen, depth + 1);
    case "table":
      return table(it, pen, depth + 3);
    case "rule":
      return "<hr>";
  }
};

const blocks = (text: RichText, pen: Pen, depth: number): string =>
  text.map((it) => block(it, pen, depth)).join("");

const languageOf = (lang: string | undefined): string =>
  lang !== undefined && /^[\w+#.-]{1,40}$/.test(lang) ? ` class="language-${lang}"` : "";

const list = (it: Extract<Block, { t: "list" }>, pen: Pen, depth: number): string => {
  const items = it.items.map((item) => {
    const [first, ...rest] = item;
    const head = first?.t === "para" ? inlines(first.of, pen, depth + 1) : undefined;
    return `<li>${head === undefined ? blocks(item, pen, depth + 1) : head + blocks(rest, pen, depth + 1)}</li>`;
  });
  const start = it.start !== undefined && it.start !== 1 ? ` start="${Math.trunc(it.start)}"` : "";
  return it.ordered ? `<ol${start}>${items.join("")}</ol>` : `<ul>${items.join("")}</ul>`;
};

const table = (it: Extract<Block, { t: "table" }>, pen: Pen, depth: number): string => {
  const row = (cells: readonly (readonly Inline[])[], tag: "td" | "th") =>
    `<tr>${cells.map((cell) => `<${tag}>${inlines(cell, pen, depth)}</${tag}>`).join("")}</tr>`;
  const [first, ...rest] = it.rows;
  if (!it.header || !first) {
    return `<table><tbody>${it.rows.map((cells) => row(cells, "td")).join("")}</tbody></table>`;
  }
  const body = rest.map((cells) => row(cells, "td")).join("");
  return `<table><thead>${row(first, "th")}</thead>${body && `<tbody>${body}</tbody>`}</table>`;
};

const inlines = (line: readonly Inline[], pen: Pen, depth: number): string =>
  line.map((it) => inline(it, pen, depth)).join("");

const tags = { bold: "strong", italic: "em", underline: "u", strike: "del" } as const;

const inline = (it: Inline, pen: Pen, depth: number): string => {
  if (depth >= deepest) return shown(plainInlines([it], pen.words));
  switch (it.t) {
    case "bold":
    case "italic":
    case "underline":
    case "strike":
      return `<${tags[it.t]}>${inlines(it.of, pen, depth + 1)}</${tags[it.t]}>`;
    case "spoiler": {
      const reason = it.reason === undefined ? "" : `="${escaped(it.reason)}"`;
      return `<span data-mx-spoiler${reason}>${inlines(it.of, pen, depth + 1)}</span>`;
    }
    case "code":
      return `<code>${escaped(it.text)}</code>`;
    case "colour": {
      const marks = colour("data-mx-color", it.fg) + colour("data-mx-bg-color", it.bg);
      const of = inlines(it.of, pen, depth + 1);
      return marks === "" ? of : `<span${marks}>${of}</span>`;
    }
    case "link":
      return link(it, pen, depth + 1);
    case "user":
      return pill(pen.options.user(it.id, it.text), it.text);
    case "chat":
      return pill(pen.options.chat?.(it.ref, it.text), it.text);
    case "emoji":
      return picture(it, pen);
    default:
      return shown(plainInlines([it], pen.words));
  }
};

/** As large as the line, with its name for whoever does not see it (MSC2545). */
const picture = (it: Extract<Inline, { t: "emoji" }>, pen: Pen): string => {
  const name = plainInlines([it], pen.words);
  const mxc = pen.options.emoji?.(it.media);
  if (mxc === undefined) return shown(name);
  const text = escaped(name);
  return `<img data-mx-emoticon src="${escaped(mxc)}" alt="${text}" title="${text}" height="32">`;
};

const colour = (name: string, value: string | undefined): string =>
  value !== undefined && /^#[0-9a-f]{6}$/i.test(value) ? ` ${name}="${value.toLowerCase()}"` : "";

const link = (it: Extract<Inline, { t: "link" }>, pen: Pen, depth: number): string => {
  const url = safeUrl(it.url);
  const of = inlines(it.of, pen, depth);
  if (url === undefined) return of;
  return `<a href="${escaped(url)}">${of === "" ? escaped(url) : of}</a>`;
};

const pill = (made: Pill | undefined, text: string): string => {
  const href = made && safeUrl(made.href);
  if (made === undefined || href === undefined) return shown(made?.text ?? text);
  return `<a href="${escaped(href)}">${shown(made.text)}</a>`;
};

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text as it may stand in HTML, also inside an attribute. */
export const escaped = (text: string): string =>
  withoutControls(text.replaceAll(everyNewline, "\n")).replaceAll(
    /[&<>"]/g,
    (char) => entities[char] ?? "",
  );

const shown = (text: string): string => escaped(text).replaceAll("\n", "<br>");

// oxlint-disable-next-line no-control-regex -- controls are what it is about
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
const withoutControls = (text: string): string => text.toWellFormed().replaceAll(controls, "");
