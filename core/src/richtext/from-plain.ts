import type { Inline, RichText } from "../adapter/index.ts";
import { findUrls } from "./links.ts";

/** Everything that some client draws as a line break: what could forge a line of its own. */
export const newline: RegExp = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u;

/** One paragraph, with a `break` for each newline and its web links as links. */
export const fromPlain = (text: string): RichText =>
  text === "" ? [] : [{ t: "para", of: withBreaks(text, withLinks) }];

/** Like `fromPlain`, for sentences of ours: links are not looked for. */
export const paragraphs = (text: string): RichText =>
  text === "" ? [] : [{ t: "para", of: withBreaks(text, (line) => [{ t: "text", text: line }]) }];

const withBreaks = (text: string, line: (text: string) => readonly Inline[]): readonly Inline[] =>
  text
    .split(newline)
    .flatMap((part, index): readonly Inline[] => [
      ...(index > 0 ? [{ t: "break" } as const] : []),
      ...(part === "" ? [] : line(part)),
    ]);

const withLinks = (line: string): readonly Inline[] => {
  const parts: Inline[] = [];
  let done = 0;
  for (const { from, to } of findUrls(line)) {
    if (from > done) parts.push({ t: "text", text: line.slice(done, from) });
    const url = line.slice(from, to);
    parts.push({ t: "link", url, of: [{ t: "text", text: url }] });
    done = to;
  }
  if (done < line.length) parts.push({ t: "text", text: line.slice(done) });
  return parts;
};
