import type { Block, Inline, RichText } from "../adapter/index.ts";
import { newline } from "./from-plain.ts";
import { rewrap, within } from "./look.ts";
import { toPlain } from "./to-plain.ts";

type Line = readonly Inline[];

/**
 * Says who speaks: before the first line, or, where each line becomes a message of its own, before
 * every line there can be, so that no newline forges a speaker. With `once`, a later line cannot
 * begin in bold, the look that a prefix has.
 */
export const prefixed = (text: RichText, prefix: Line, each: "line" | "once"): RichText => {
  if (each === "line") return text.map((block) => everywhere(block, prefix));
  const [first, ...rest] = text;
  if (first?.t !== "para" && first?.t !== "heading") {
    return [{ t: "para", of: prefix }, ...text.map(unforged)];
  }
  const [line = [], ...more] = lines(first.of);
  const of = joined([[...prefix, ...line], ...more.map(withoutLeadingBold)]);
  return [{ ...first, of }, ...rest.map(unforged)];
};

/** One line of text per piece; a mark that spans several is on each of them. */
export const lines = (of: Line): readonly Line[] => {
  const found: Inline[][] = [[]];
  const add = (line: number, inline: Inline) => {
    if (line > 0) found.push([]);
    found.at(-1)?.push(inline);
  };
  for (const inline of of) {
    if (inline.t === "break") found.push([]);
    else if (inline.t === "text") {
      inline.text.split(newline).forEach((text, line) => add(line, { ...inline, text }));
    } else if ("of" in inline) {
      lines(inline.of).forEach((inner, line) => add(line, rewrap(inline, inner)));
    } else add(0, oneLine(inline));
  }
  return found;
};

const everyNewline = new RegExp(newline.source, "gu");

/** A name with a newline in it is still one name. */
const oneLine = (inline: Inline): Inline =>
  "text" in inline ? { ...inline, text: inline.text.replaceAll(everyNewline, " ") } : inline;

const joined = (all: readonly Line[]): Line =>
  all.flatMap((line, index) => (index === 0 ? line : [{ t: "break" }, ...line]));

const everywhere = (block: Block, prefix: Line): Block => {
  const each = (of: Line): Line => joined(lines(of).map((line) => [...prefix, ...line]));
  switch (block.t) {
    case "para":
    case "heading":
      return { ...block, of: each(block.of) };
    case "quote":
      return { ...block, of: block.of.map((inner) => everywhere(inner, prefix)) };
    case "list":
      return { ...block, items: block.items.map((item) => everyItem(item, prefix)) };
    case "table":
      return {
        ...block,
        rows: block.rows.map(([first = [], ...cells]) => [
          each(first),
          ...cells.map((cell) => joinedBySpace(cell)),
        ]),
      };
    case "pre": {
      const words = toPlain([{ t: "para", of: prefix }]);
      return {
        ...block,
        text: block.text
          .split(newline)
          .map((line) => words + line)
          .join("\n"),
      };
    }
    case "rule":
      return { t: "para", of: [...prefix, { t: "text", text: "---" }] };
  }
};

const everyItem = (item: RichText, prefix: Line): RichText =>
  item.length === 0 ? [{ t: "para", of: prefix }] : item.map((inner) => everywhere(inner, prefix));

const joinedBySpace = (cell: Line): Line =>
  lines(cell).flatMap((line, index) => (index === 0 ? line : [{ t: "text", text: " " }, ...line]));

const unforged = (block: Block): Block => {
  const plain = (of: Line): Line => joined(lines(of).map(withoutLeadingBold));
  switch (block.t) {
    case "para":
      return { ...block, of: plain(block.of) };
    case "quote":
      return { ...block, of: block.of.map(unforged) };
    case "list":
      return { ...block, items: block.items.map((item) => item.map(unforged)) };
    case "heading":
      return { t: "para", of: plain(block.of) };
    case "table":
      return { ...block, rows: block.rows.map((row) => row.map(plain)) };
    default:
      return block;
  }
};

const withoutLeadingBold = (line: Line): Line => {
  const [first, ...rest] = line;
  if (first === undefined) return line;
  if (first.t === "bold") return withoutLeadingBold([...first.of, ...rest]);
  if (isBlank(first)) return [first, ...withoutLeadingBold(rest)];
  return "of" in first ? [rewrap(first, withoutLeadingBold(first.of)), ...rest] : line;
};

const isBlank = (inline: Inline): boolean =>
  (inline.t === "text" && inline.text.trim() === "") ||
  ("of" in inline && within(inline).every(isBlank));
