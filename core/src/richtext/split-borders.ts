import type { Block, Inline, RichText } from "../adapter/index.ts";
import { blockWidth, flat } from "./slice.ts";

/** A place to cut: the piece ends at `end`, the next begins at `next`; what is between is not missed. */
export interface Border {
  readonly end: number;
  readonly next: number;
}

export interface Borders {
  readonly end: number;
  /** Blocks, nested blocks, lines, sentences, words; each in order. */
  readonly levels: readonly (readonly Border[])[];
  graphemes(): readonly Border[];
}

interface Run {
  readonly at: number;
  readonly text: string;
}

/** Every place where a tree may be cut. Graphemes are counted only if asked for. */
export const bordersOf = (text: RichText): Borders => {
  const runs: Run[] = [];
  const nested: Border[] = [];
  const outer: Border[] = [];
  let at = 0;
  const border = (to: Border[]) => to.push({ end: at, next: at });
  const line = (inlines: readonly Inline[]) => {
    const text = flat(inlines);
    runs.push({ at, text });
    at += text.length;
    border(nested);
  };
  const visit = (block: Block): void => {
    if (block.t === "para" || block.t === "heading") line(block.of);
    else if (block.t === "quote") block.of.forEach(visit);
    else if (block.t === "list") block.items.forEach((item) => item.forEach(visit));
    else if (block.t === "table") block.rows.forEach((row) => row.forEach(line));
    else {
      if (block.t === "pre") runs.push({ at, text: block.text });
      at += blockWidth(block);
      border(nested);
    }
  };
  for (const block of text) {
    visit(block);
    border(outer);
  }
  let counted: readonly Border[] | undefined;
  return {
    end: at,
    levels: [
      outer,
      nested,
      between(runs, newlines),
      between(runs, sentences),
      between(runs, words),
    ],
    graphemes: () => (counted ??= between(runs, graphemes)),
  };
};

const between = (
  runs: readonly Run[],
  find: (text: string) => readonly Border[],
): readonly Border[] =>
  runs.flatMap(({ at, text }) => [
    ...find(text).map(({ end, next }) => ({ end: at + end, next: at + next })),
    { end: at + text.length, next: at + text.length },
  ]);

const matches = (text: string, pattern: RegExp): readonly Border[] =>
  Array.from(text.matchAll(pattern), (match) => ({
    end: match.index,
    next: match.index + match[0].length,
  }));

const newlines = (text: string) => matches(text, /\r?\n/g);
/** One space is enough to part two words; more of them may mean something. */
const words = (text: string) => matches(text, /[^\S\u00a0\u202f]/gu);

const segmenter = {
  sentence: new Intl.Segmenter("und", { granularity: "sentence" }),
  grapheme: new Intl.Segmenter("und", { granularity: "grapheme" }),
};

const sentences = (text: string): readonly Border[] =>
  Array.from(segmenter.sentence.segment(text), ({ index, segment }) => ({
    end: index + segment.trimEnd().length,
    next: index + segment.length,
  })).filter(({ end }) => end > 0);

const graphemes = (text: string): readonly Border[] =>
  Array.from(segmenter.grapheme.segment(text), ({ index, segment }) => ({
    end: index + segment.length,
    next: index + segment.length,
  }));
