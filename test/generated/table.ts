/** A Markdown table as the formatter leaves it: columns of one width, one sign of a pipe per border. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => {
  const all = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, at) => Math.max(3, ...all.map((row) => widthOf(row[at] ?? ""))));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, at) => padded(row[at] ?? "", width)).join(" | ")} |`;
  const [first = [], ...rest] = all;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)];
};

/** What stands in a cell ends no cell. */
const cell = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim();

const widthOf = (text: string): number => Array.from(text).length;

const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - widthOf(text)));

/** Lines as the text of a file. */
export const page = (lines: readonly string[]): string => `${lines.join("\n").trimEnd()}\n`;
