import { defaultTreeAdapter, html as names, parseFragment } from "parse5";
import type { DefaultTreeAdapterTypes as Dom } from "parse5";
import type { Block, Inline, RichText } from "../adapter/index.ts";
import { fromPlain } from "./from-plain.ts";
import { linkTarget, safeUrl } from "./links.ts";
import { blocksIn, breakBlocks, linesIn, marked } from "./html-flow.ts";
import type { Flow } from "./html-flow.ts";

export interface FromHtmlOptions {
  /** The mention that a link to that `@user:server`, `#alias:server` or `!room` stands for. */
  pill(target: string, text: string): Inline | undefined;
  /** The picture among the words that an `mxc:` address stands for; absent: its name as text. */
  emoji?(mxc: string, name: string): Inline | undefined;
}

/**
 * A formatted body as a tree. Knows what clients must know (Matrix 1.11, 11.2.1.7), unwraps what it
 * does not, drops what runs or embeds, and never throws: what is too large or too deep is text.
 */
export const fromHtml = (html: string, options: FromHtmlOptions): RichText => {
  if (html.length > largest || nesting(html) > nestedMost) return fromPlain(stripped(html));
  const body = defaultTreeAdapter.createElement("body", names.NS.HTML, []);
  const fragment = parseFragment(body, html, { scriptingEnabled: false });
  return blocksIn(children(fragment, { options, depth: 0 }));
};

/** More than a whole event may weigh on the homeserver. */
const largest = 65_536;
const deepest = 100;
/** Open tags at once: the parser's time grows with their square. */
const nestedMost = 4000;

const nesting = (html: string): number => html.split("<").length - html.split("</").length;

const stripped = (html: string): string => html.slice(0, largest).replaceAll(/<[^<>]*>/g, " ");

interface Reading {
  readonly options: FromHtmlOptions;
  readonly depth: number;
}

type Reader = (element: Dom.Element, reading: Reading) => Flow;

const isElement = (node: Dom.ChildNode): node is Dom.Element => "tagName" in node;
const isText = (node: Dom.ChildNode): node is Dom.TextNode => node.nodeName === "#text";

const children = (parent: Dom.ParentNode, reading: Reading): Flow =>
  parent.childNodes.flatMap((child): Flow => {
    if (isText(child)) return [{ t: "text", text: child.value }];
    if (!isElement(child)) return [];
    if (reading.depth >= deepest) return [{ t: "text", text: textOf(child) }];
    const reader = Object.hasOwn(readers, child.tagName) ? readers[child.tagName] : undefined;
    return (reader ?? children)(child, { ...reading, depth: reading.depth + 1 });
  });

/** All text inside, without recursion, as what is inside may be as deep as it likes. */
const textOf = (from: Dom.ParentNode): string => {
  let text = "";
  const open: Dom.ChildNode[] = from.childNodes.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isText(node)) text += node.value;
    else if (isElement(node) && !dropped.has(node.tagName)) {
      if (node.tagName === "br") text += "\n";
      for (const child of node.childNodes.toReversed()) open.push(child);
    }
  }
  return text;
};

const attribute = (element: Dom.Element, name: string): string | undefined =>
  element.attrs.find((attr) => attr.name === name)?.value;

const mark =
  (t: "bold" | "italic" | "underline" | "strike"): Reader =>
  (element, reading) =>
    marked(children(element, reading), (of) => ({ t, of }));

const hex = (value: string | undefined): string | undefined =>
  value !== undefined && /^#[0-9a-f]{6}$/i.test(value) ? value.toLowerCase() : undefined;

const span: Reader = (element, reading) => {
  const fg = hex(attribute(element, "data-mx-color") ?? attribute(element, "color"));
  const bg = hex(attribute(element, "data-mx-bg-color"));
  const reason = attribute(element, "data-mx-spoiler");
  let flow = children(element, reading);
  if (fg !== undefined || bg !== undefined) {
    const colours = { ...(fg !== undefined && { fg }), ...(bg !== undefined && { bg }) };
    flow = marked(flow, (of) => ({ t: "colour", ...colours, of }));
  }
  if (reason === undefined) return flow;
  return marked(flow, (of) => ({ t: "spoiler", of, ...(reason !== "" && { reason }) }));
};

const anchor: Reader = (element, reading) => {
  const href = attribute(element, "href");
  const url = href === undefined ? undefined : safeUrl(href);
  const flow = children(element, reading);
  if (url === undefined) return flow;
  const target = linkTarget(url);
  const pill = target === undefined ? undefined : reading.options.pill(target, textOf(element));
  return pill ? [pill] : marked(flow, (of) => ({ t: "link", url, of }));
};

/** Only the homeserver's own pictures: another address would tell who reads it. */
const mxc = /^mxc:\/\/[^\s/]+\/[\w-]+$/;

const image: Reader = (element, { options }) => {
  const text = attribute(element, "alt") || attribute(element, "title") || "";
  const src = attribute(element, "src") ?? "";
  const isEmoji = attribute(element, "data-mx-emoticon") !== undefined && mxc.test(src);
  const name = text.replaceAll(/^:|:$/g, "") || "emoji";
  const emoji = isEmoji ? options.emoji?.(src, name) : undefined;
  if (emoji) return [emoji];
  return text === "" ? [] : [{ t: "text", text }];
};

const paragraph: Reader = (element, reading) => blocksIn(children(element, reading));

const heading =
  (level: 1 | 2 | 3 | 4 | 5 | 6): Reader =>
  (element, reading) =>
    linesIn(children(element, reading)).map((of) => ({ t: "heading", level, of }));

const pre: Reader = (element) => {
  const code = element.childNodes.find(isElement);
  const lang = /(?:^|\s)language-([\w+#.-]{1,40})(?:\s|$)/.exec(
    (code && attribute(code, "class")) ?? "",
  )?.[1];
  const text = textOf(element).replace(/\n$/, "");
  return [{ t: "pre", text, ...(lang !== undefined && { lang }) }];
};

const list =
  (ordered: boolean): Reader =>
  (element, reading) => {
    const items: (readonly Block[])[] = [];
    for (const child of element.childNodes) {
      if (isElement(child) && child.tagName === "li") {
        items.push(blocksIn(children(child, { ...reading, depth: reading.depth + 1 })));
        continue;
      }
      const stray = blocksIn(children({ ...element, childNodes: [child] }, reading));
      if (stray.length > 0) items.push([...(items.pop() ?? []), ...stray]);
    }
    const start = Number(attribute(element, "start") ?? "1");
    const counted = ordered && Number.isSafeInteger(start) && start >= 0 && start !== 1;
    return items.length === 0 ? [] : [{ t: "list", ordered, items, ...(counted && { start }) }];
  };

const table: Reader = (element, reading) => {
  const rows: { readonly head: boolean; readonly cells: (readonly Inline[])[] }[] = [];
  const before: Block[] = [];
  const visit = (parent: Dom.Element, inHead: boolean): void => {
    for (const child of parent.childNodes.filter(isElement)) {
      if (child.tagName === "caption") before.push(...blocksIn(children(child, reading)));
      else if (child.tagName === "tr") rows.push(tableRow(child, inHead, reading));
      else if (/^t(?:head|body|foot)$/.test(child.tagName)) visit(child, child.tagName === "thead");
    }
  };
  visit(element, false);
  if (rows.length === 0) return before;
  const header = rows[0]?.head === true;
  return [...before, { t: "table", header, rows: rows.map(({ cells }) => cells) }];
};

const tableRow = (row: Dom.Element, inHead: boolean, reading: Reading) => {
  const cells = row.childNodes.filter(isElement);
  const deeper = { ...reading, depth: reading.depth + 3 };
  return {
    head: inHead || (cells.length > 0 && cells.every((cell) => cell.tagName === "th")),
    cells: cells.map((cell) => breakBlocks(children(cell, deeper))),
  };
};

const nothing: Reader = () => [];

const dropped: ReadonlySet<string> = new Set(
  "audio canvas embed frameset head iframe math mx-reply noembed noframes object script style svg template title video".split(
    " ",
  ),
);

const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries([...dropped].map((tag) => [tag, nothing])),
  ...Object.fromEntries(
    "p div section article header footer main details summary address center dl dt dd figure fieldset form"
      .split(" ")
      .map((tag) => [tag, paragraph]),
  ),
  b: mark("bold"),
  strong: mark("bold"),
  i: mark("italic"),
  em: mark("italic"),
  u: mark("underline"),
  ins: mark("underline"),
  s: mark("strike"),
  del: mark("strike"),
  strike: mark("strike"),
  span,
  font: span,
  a: anchor,
  img: image,
  br: () => [{ t: "break" }],
  hr: () => [{ t: "rule" }],
  code: (element) => {
    const text = textOf(element).replaceAll("\n", " ");
    return text === "" ? [] : [{ t: "code", text }];
  },
  pre,
  blockquote: (element, reading) => {
    const of = blocksIn(children(element, reading));
    return of.length === 0 ? [] : [{ t: "quote", of }];
  },
  ul: list(false),
  ol: list(true),
  table,
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
};
