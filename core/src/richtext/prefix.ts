import type { Block, Inline, RichText } from "../adapter/index.ts";
import { newline } from "./from-plain.ts";
import { rewrap } from "./look.ts";

type Line = readonly Inline[];

/**
 * Says who speaks, so that no newline forges another speaker. `line`: before every line there can be,
 * and before its own mark, where each becomes a message of its own. `once`: before a text of one line; a longer one stands under
 * its speaker's name as a quote, whose lines no network shows as if they stood by themselves.
 */
export const prefixed = (text: RichText, prefix: Line, each: "line" | "once"): RichText => {
  if (each === "line")
    return text.map((block) => {
      const led = linesOf(block).map((line) => [...prefix, ...line]);
      return { t: "para", of: joined(led) };
    });
  const [first, ...rest] = text;
  if (first === undefined) return [{ t: "para", of: prefix }];
  if (rest.length === 0 && (first.t === "para" || first.t === "heading")) {
    const [line = [], ...more] = lines(first.of);
    if (more.length === 0) return [{ ...first, of: [...prefix, ...line] }];
  }
  return [
    { t: "para", of: withoutEnd(prefix) },
    { t: "quote", of: text.map(inSight) },
  ];
};

/** Nothing follows it in its line. */
const withoutEnd = (line: Line): Line => {
  const last = line.at(-1);
  if (last?.t !== "text") return line;
  const text = last.text.trimEnd();
  return [...line.slice(0, -1), ...(text === "" ? [] : [{ ...last, text }])];
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

/** The lines of a block as a network without blocks shows them, each with what marks it. */
const linesOf = (block: Block): readonly Line[] => {
  switch (block.t) {
    case "para":
      return lines(block.of);
    case "heading":
      return lines(block.of).map((of): Line => [{ t: "bold", of }]);
    case "quote":
      return block.of.flatMap(linesOf).map((line) => [word("> "), ...line]);
    case "list":
      return block.items.flatMap((item, index) => {
        const mark = block.ordered ? `${(block.start ?? 1) + index}. ` : "- ";
        const [first = [], ...more] = item.flatMap(linesOf);
        const indent = word(" ".repeat(mark.length));
        return [[word(mark), ...first], ...more.map((line) => [indent, ...line])];
      });
    case "table":
      return block.rows.map((row) =>
        row.flatMap((cell, at) => [...(at === 0 ? [] : [word(" | ")]), ...joinedBySpace(cell)]),
      );
    case "pre":
      return block.text
        .split(newline)
        .map((text): Line => (text.trim() === "" ? [] : [{ t: "code", text }]));
    case "rule":
      return [[word("---")]];
  }
};

const word = (text: string): Inline => ({ t: "text", text });

const joinedBySpace = (cell: Line): Line =>
  lines(cell).flatMap((line, index) => (index === 0 ? line : [word(" "), ...line]));

/** Every line break in it is one that whoever draws a quote can see. */
const inSight = (block: Block): Block => {
  const seen = (of: Line): Line => joined(lines(of));
  switch (block.t) {
    case "para":
    case "heading":
      return { ...block, of: seen(block.of) };
    case "quote":
      return { ...block, of: block.of.map(inSight) };
    case "list":
      return { ...block, items: block.items.map((item) => item.map(inSight)) };
    case "table":
      return { ...block, rows: block.rows.map((row) => row.map(joinedBySpace)) };
    case "pre":
      return { ...block, text: block.text.split(newline).join("\n") };
    case "rule":
      return block;
  }
};
