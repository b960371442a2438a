import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { isConversation } from "./ids.ts";
import { isEmojiName } from "./emoji.ts";

type Style = Readonly<Partial<Record<"bold" | "italic" | "strike" | "code", true>>>;
type Element = Readonly<Record<string, unknown>> & { readonly type: string };
type Part =
  | {
      readonly type: "rich_text_section" | "rich_text_quote" | "rich_text_preformatted";
      readonly elements: readonly Element[];
    }
  | {
      readonly type: "rich_text_list";
      readonly style: "bullet" | "ordered";
      readonly indent: number;
      readonly offset?: number;
      readonly elements: readonly Part[];
    };

/** A block of Slack's (docs.slack.dev/reference/block-kit/blocks/rich-text-block). */
export interface RichTextBlock {
  readonly type: "rich_text";
  readonly elements: readonly Part[];
}

/**
 * A tree as Slack's own structure. Its texts are literal, so nothing that somebody wrote can become a
 * mention: mentions are only what the tree says is one.
 */
export const toBlock = (text: RichText): RichTextBlock => ({
  type: "rich_text",
  elements: merged(text.flatMap((block) => partsOf(block, 0))),
});

/** Paragraphs that follow each other are one section: Slack draws no space between two. */
const merged = (parts: readonly Part[]): readonly Part[] => {
  const out: Part[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (part.type === "rich_text_section" && last?.type === "rich_text_section")
      out[out.length - 1] = {
        ...last,
        elements: [...last.elements, literal("\n\n", {}), ...part.elements],
      };
    else out.push(part);
  }
  return out.filter(({ elements }) => elements.length > 0);
};

const partsOf = (block: Block, indent: number): readonly Part[] => {
  switch (block.t) {
    case "para":
      return [{ type: "rich_text_section", elements: elementsOf(block.of, {}) }];
    case "heading":
      return [{ type: "rich_text_section", elements: elementsOf(block.of, { bold: true }) }];
    case "quote":
      return [{ type: "rich_text_quote", elements: flattened(block.of) }];
    case "pre":
      return [
        {
          type: "rich_text_preformatted",
          elements: texts(block.text === "" ? " " : block.text, {}),
        },
      ];
    case "list":
      return listParts(block, indent);
    case "table":
      return [{ type: "rich_text_section", elements: block.rows.flatMap(rowOf) }];
    case "rule":
      return [{ type: "rich_text_section", elements: [literal("———", {})] }];
  }
};

type List = Extract<Block, { t: "list" }>;

/** Slack's lists do not nest: one that is deeper follows, with its indent. */
const listParts = (list: List, indent: number): readonly Part[] => {
  const style = list.ordered ? "ordered" : "bullet";
  const parts: Part[] = [];
  let items: Part[] = [];
  let done = (list.start ?? 1) - 1;
  const flush = (): void => {
    if (items.length === 0) return;
    const offset = list.ordered && done > 0 ? { offset: done } : {};
    parts.push({
      type: "rich_text_list",
      style,
      indent: Math.min(indent, 8),
      ...offset,
      elements: items,
    });
    done += items.length;
    items = [];
  };
  for (const item of list.items) {
    const nested = item.filter((block): block is List => block.t === "list");
    const own = flattened(item.filter((block) => block.t !== "list"));
    items.push({ type: "rich_text_section", elements: own.length > 0 ? own : [literal(" ", {})] });
    if (nested.length === 0) continue;
    flush();
    parts.push(...nested.flatMap((inner) => listParts(inner, indent + 1)));
  }
  flush();
  return parts;
};

/** Blocks in a place that takes one run of text only. */
const flattened = (blocks: RichText): readonly Element[] =>
  blocks.flatMap((block, index) => {
    const parts = partsOf(block, 0);
    const lines = parts.flatMap((part, place) => [
      ...(place > 0 ? [literal("\n", {})] : []),
      ...runOf(part),
    ]);
    return index === 0 ? lines : [literal("\n\n", {}), ...lines];
  });

const runOf = (part: Part): readonly Element[] => {
  if (part.type === "rich_text_preformatted")
    return part.elements.map((each) => ({ ...each, style: { code: true } }));
  if (part.type !== "rich_text_list") return part.elements;
  const first = part.offset ?? 0;
  return part.elements.flatMap((item, index) => [
    literal(
      `${index > 0 ? "\n" : ""}${part.style === "ordered" ? `${first + index + 1}. ` : "• "}`,
      {},
    ),
    ...runOf(item),
  ]);
};

const rowOf = (row: readonly (readonly Inline[])[], index: number): readonly Element[] => [
  ...(index > 0 ? [literal("\n", {})] : []),
  ...row.flatMap((cell, column) => [
    ...(column > 0 ? [literal(" | ", {})] : []),
    ...elementsOf(cell, {}),
  ]),
];

const elementsOf = (inlines: readonly Inline[], style: Style): readonly Element[] =>
  joined(inlines.flatMap((inline) => elementOf(inline, style)));

const elementOf = (inline: Inline, style: Style): readonly Element[] => {
  switch (inline.t) {
    case "text":
    case "time":
      return texts(inline.text, style);
    case "code":
      return texts(inline.text, { ...style, code: true });
    case "break":
      return [literal("\n", {})];
    case "bold":
    case "italic":
    case "strike":
      return elementsOf(inline.of, { ...style, [inline.t]: true });
    case "underline":
    case "spoiler":
    case "colour":
      return elementsOf(inline.of, style);
    case "link":
      return linkOf(inline, style);
    case "user":
      return /^[UW][A-Z0-9]{8,30}$/.test(inline.id)
        ? [{ type: "user", user_id: inline.id, ...styled(style) }]
        : texts(inline.text, style);
    case "chat":
      return isConversation(inline.ref.id)
        ? [{ type: "channel", channel_id: inline.ref.id, ...styled(style) }]
        : texts(inline.text, style);
    case "group":
      return /^S[A-Z0-9]{8,30}$/.test(inline.id)
        ? [{ type: "usergroup", usergroup_id: inline.id, ...styled(style) }]
        : texts(inline.text, style);
    case "everyone": {
      const range = inline.scope === "here" ? "here" : "channel";
      if (!inline.allowed) return texts(`@${range}`, style);
      return [{ type: "broadcast", range, ...styled(style) }];
    }
    case "emoji": {
      const name = inline.name.replaceAll(/^:|:$/g, "");
      return isEmojiName(name)
        ? [{ type: "emoji", name, ...styled(style) }]
        : texts(`:${name}:`, style);
    }
  }
};

const linkOf = (link: Extract<Inline, { t: "link" }>, style: Style): readonly Element[] => {
  const inside = elementsOf(link.of, style);
  const shown = inside
    .map((each) => (typeof each["text"] === "string" ? each["text"] : ""))
    .join("");
  if (!isWebLink(link.url)) return inside;
  const marks = inside.every(
    (each) => JSON.stringify(each["style"]) === JSON.stringify(inside[0]?.["style"]),
  );
  const own = marks ? (inside[0]?.["style"] as Style | undefined) : undefined;
  const label = shown === "" || shown === link.url ? {} : { text: shown };
  return [{ type: "link", url: link.url, ...label, ...styled(own ?? style) }];
};

/** What Slack opens; everything else stays text. */
export const isWebLink = (url: string): boolean =>
  /^(?:https?|mailto|tel|ftp):/i.test(url) &&
  url.length <= 3000 &&
  !/[\s<>|\p{Cc}]/u.test(url) &&
  URL.canParse(url);

const literal = (text: string, style: Style): Element => ({ type: "text", text, ...styled(style) });

const styled = (style: Style): { readonly style?: Style } =>
  Object.keys(style).length === 0 ? {} : { style };

const texts = (text: string, style: Style): readonly Element[] => {
  const clean = cleanText(text);
  return clean === "" ? [] : [literal(clean, style)];
};

/** Without controls and halves of characters, which Slack would refuse or show as something else. */
export const cleanText = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029\v\f]/g, "\n")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "");

/** Neighbours with the same style are one. */
const joined = (elements: readonly Element[]): readonly Element[] => {
  const out: Element[] = [];
  for (const element of elements) {
    const last = out.at(-1);
    const same =
      last?.type === "text" &&
      element.type === "text" &&
      JSON.stringify(last["style"]) === JSON.stringify(element["style"]);
    if (same)
      out[out.length - 1] = { ...last, text: `${String(last["text"])}${String(element["text"])}` };
    else out.push(element);
  }
  return out;
};
