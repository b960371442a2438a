import type { Block, Inline, RichText } from "../adapter/index.ts";
import { rewrap } from "./look.ts";
import { isBare } from "./to-plain.ts";

/** Stands for what has no text of its own and cannot be cut. */
const whole = "\ufffc";

/** The text that counts positions in a tree: what cannot be cut is one character of it. */
export const flat = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) => {
      if (inline.t === "text" || inline.t === "code") return inline.text;
      if (inline.t === "break") return "\n";
      return "of" in inline ? flat(inline.of) : whole;
    })
    .join("");

/** Positions in an inline; each block's are those of its parts one after another. */
const width = (inline: Inline): number => {
  if (inline.t === "text" || inline.t === "code") return inline.text.length;
  return "of" in inline ? sum(inline.of, width) : 1;
};

/** Positions in a block. */
export const blockWidth = (block: Block): number => {
  switch (block.t) {
    case "para":
    case "heading":
      return sum(block.of, width);
    case "quote":
      return sum(block.of, blockWidth);
    case "pre":
      return block.text.length;
    case "list":
      return sum(block.items, itemWidth);
    case "table":
      return sum(block.rows, rowWidth);
    case "rule":
      return 1;
  }
};

const itemWidth = (item: RichText): number => sum(item, blockWidth);
const cellWidth = (cell: readonly Inline[]): number => sum(cell, width);
const rowWidth = (row: readonly (readonly Inline[])[]): number => sum(row, cellWidth);

const sum = <T>(items: readonly T[], width: (item: T) => number): number =>
  items.reduce((total, item) => total + width(item), 0);

/** The part from one position to before another, under the same marks and in the same blocks. */
export const slice = (text: RichText, from: number, to: number): RichText =>
  within(text, blockWidth, [from, to]).flatMap(([block, part]) => sliceBlock(block, part));

type Span = readonly [from: number, to: number];

/** The items that a span touches, each with its own share of it. */
const within = <T>(
  items: readonly T[],
  width: (item: T) => number,
  [from, to]: Span,
): readonly (readonly [T, Span, number])[] => {
  const found: (readonly [T, Span, number])[] = [];
  let at = 0;
  for (const [index, item] of items.entries()) {
    if (at >= to) break;
    const size = width(item);
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, size);
    if (end > start) found.push([item, [start, end], index]);
    at += size;
  }
  return found;
};

const sliceBlock = (block: Block, span: Span): readonly Block[] => {
  switch (block.t) {
    case "para":
    case "heading":
      return [{ ...block, of: sliceLine(block.of, span) }];
    case "quote":
      return [{ ...block, of: slice(block.of, ...span) }];
    case "pre":
      return [{ ...block, text: block.text.slice(...span) }];
    case "list": {
      const items = within(block.items, itemWidth, span);
      const skipped = items[0]?.[2] ?? 0;
      const start = (block.start ?? 1) + skipped;
      return [
        {
          ...block,
          items: items.map(([item, part]) => slice(item, ...part)),
          ...(block.ordered && skipped > 0 && { start }),
        },
      ];
    }
    case "table": {
      const rows = within(block.rows, rowWidth, span);
      return [
        {
          ...block,
          header: block.header && rows[0]?.[2] === 0,
          rows: rows.map(([row, part]) =>
            within(row, cellWidth, part).map(([cell, inner]) => sliceLine(cell, inner)),
          ),
        },
      ];
    }
    case "rule":
      return [block];
  }
};

const sliceLine = (line: readonly Inline[], span: Span): readonly Inline[] =>
  within(line, width, span).map(([inline, part]) => {
    if (inline.t === "text" || inline.t === "code") {
      return { ...inline, text: inline.text.slice(...part) };
    }
    if (!("of" in inline)) return inline;
    const of = sliceLine(inline.of, part);
    // Half an address is no link, and all of it behind each half says it twice.
    const halved = inline.t === "link" && isBare(inline) && part[1] - part[0] < width(inline);
    return halved ? (of[0] ?? inline) : rewrap(inline, of);
  });
