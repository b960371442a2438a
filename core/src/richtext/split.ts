import type { RichText } from "../adapter/index.ts";
import { bordersOf } from "./split-borders.ts";
import type { Border } from "./split-borders.ts";
import { slice } from "./slice.ts";

/**
 * Pieces that each fit, cut where it hurts least: between blocks, lines, sentences, words, and only
 * then between graphemes. Marks go on in the next piece. `fits` should say yes to every part of what
 * it says yes to; a single grapheme that it refuses is a piece all the same, so this always ends.
 */
export const split = (text: RichText, fits: (piece: RichText) => boolean): readonly RichText[] => {
  if (fits(text)) return [text];
  const borders = bordersOf(text);
  const { end, levels } = borders;
  const pieces: RichText[] = [];
  let from = 0;
  while (from < end) {
    const rest = slice(text, from, end);
    if (fits(rest)) {
      pieces.push(rest);
      break;
    }
    const start = from;
    const good = (border: Border) => fits(slice(text, start, border.end));
    const border =
      levels.map((level) => furthest(level, start, good)).find((found) => found !== undefined) ??
      furthest(borders.graphemes(), start, good) ??
      borders.graphemes().find((one) => one.end > start);
    const cut = border ?? { end, next: end };
    pieces.push(slice(text, start, cut.end));
    from = cut.next;
  }
  return pieces.length === 0 ? [text] : pieces;
};

/** The last border after `start` that is good, looked for near `start` first. */
const furthest = (
  borders: readonly Border[],
  start: number,
  good: (border: Border) => boolean,
): Border | undefined => {
  const first = firstAfter(borders, start);
  let best: Border | undefined;
  let low = first;
  let high = first;
  for (let step = 1; ; step *= 2) {
    const border = borders[high];
    if (border === undefined || !good(border)) break;
    best = border;
    low = high + 1;
    high += step;
  }
  high = Math.min(high, borders.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const border = borders[middle];
    if (border !== undefined && good(border)) {
      best = border;
      low = middle + 1;
    } else high = middle;
  }
  return best;
};

const firstAfter = (borders: readonly Border[], start: number): number => {
  let low = 0;
  let high = borders.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((borders[middle]?.end ?? Infinity) > start) high = middle;
    else low = middle + 1;
  }
  return low;
};
