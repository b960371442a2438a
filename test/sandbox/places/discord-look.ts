import type { Span } from "../types.ts";

/** `[text](https://…)`, also with `<…>` around the address, and any character with a backslash before it. */
const pattern = /\[((?:\\.|[^[\]\n\\])+)\]\(<?(https?:\/\/[^\s<>()]+)>?\)|\\([!-/:-@[-`{-~])/g;

/**
 * A message's text as Discord's clients show it, as far as it is bridged: masked links by their words, small lines
 * (`-# `), escaped signs without the backslash.
 * https://support.discord.com/hc/articles/210298617
 */
export const spansOf = (content: string): readonly Span[] => {
  const spans: Span[] = [];
  for (const [index, line] of content.split("\n").entries()) {
    const small = /^-# (?=\S)/.test(line);
    if (index > 0) push(spans, "\n", {});
    lineInto(spans, small ? line.slice(3) : line, small ? { small } : {});
  }
  return spans;
};

type Look = Omit<Span, "text">;

const lineInto = (spans: Span[], line: string, look: Look): void => {
  let at = 0;
  for (const match of line.matchAll(pattern)) {
    push(spans, line.slice(at, match.index), look);
    const [whole, words, link, sign] = match;
    if (words !== undefined && link !== undefined)
      push(spans, words.replaceAll(/\\([!-/:-@[-`{-~])/g, "$1"), { ...look, link });
    else push(spans, sign ?? "", look);
    at = match.index + whole.length;
  }
  push(spans, line.slice(at), look);
};

/** What looks the same is one. */
const push = (spans: Span[], text: string, look: Look): void => {
  const last = spans.at(-1);
  if (text === "") return;
  if (last && last.link === undefined && look.link === undefined && last.small === look.small)
    spans[spans.length - 1] = { ...last, text: last.text + text };
  else spans.push({ text, ...look });
};

/** The same without looks. */
export const plainOf = (content: string): string =>
  spansOf(content)
    .map(({ text }) => text)
    .join("");
