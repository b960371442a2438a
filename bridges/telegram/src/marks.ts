import type { Json } from "@bridgebox/core/adapter";

/** Formatting of a stretch of text, counted in UTF-16 units as TL's entities are. */
export interface Mark {
  readonly type: MarkType;
  readonly offset: number;
  readonly length: number;
  /** Of a `link`. */
  readonly url?: string;
  /** Of a `pre`. */
  readonly language?: string;
  /** Of a `user`: their number. */
  readonly user?: string;
  /** Of an `emoji`: the number of its picture. */
  readonly emoji?: string;
  /** Of a `quote`. */
  readonly collapsed?: boolean;
}

const types = [
  "bold",
  "italic",
  "underline",
  "strike",
  "spoiler",
  "code",
  "pre",
  "link",
  "url",
  "email",
  "mention",
  "user",
  "quote",
  "emoji",
] as const;

/** `link` has its own address; `url`, `email` and `mention` are found in the text by Telegram. */
export type MarkType = (typeof types)[number];

/** Text with its formatting: what one Telegram message is. */
export interface Marked {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/** A mark as the core stored it; nothing of anything else. */
export const parseMark = (value: Json): Mark | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = new Map<string, Json>(Object.entries(value));
  const type = types.find((each) => each === fields.get("type"));
  const offset = fields.get("offset");
  const length = fields.get("length");
  if (type === undefined || typeof offset !== "number" || typeof length !== "number") {
    return undefined;
  }
  const text = (key: "url" | "language" | "user" | "emoji") => {
    const field = fields.get(key);
    return typeof field === "string" ? { [key]: field } : {};
  };
  return {
    type,
    offset,
    length,
    ...text("url"),
    ...text("language"),
    ...text("user"),
    ...text("emoji"),
    ...(fields.get("collapsed") === true ? { collapsed: true } : {}),
  };
};

/** The part of a marked text between two places, its marks cut to it. */
export const slice = ({ text, marks }: Marked, from: number, to: number): Marked => ({
  text: text.slice(from, to),
  marks: marks.flatMap((mark) => {
    const start = Math.max(mark.offset, from);
    const end = Math.min(mark.offset + mark.length, to);
    return end > start ? [{ ...mark, offset: start - from, length: end - start }] : [];
  }),
});

/** Telegram trims both ends by itself; doing it first keeps the marks right and the text findable. */
export const trimmed = (marked: Marked): Marked => {
  const start = marked.text.length - marked.text.trimStart().length;
  const end = marked.text.trimEnd().length;
  return slice(marked, start, Math.max(start, end));
};

/** Pieces of at most `max` UTF-16 units, cut at the best border: paragraph, line, word, grapheme. */
export const splitMarked = (whole: Marked, max: number): readonly Marked[] => {
  const pieces: Marked[] = [];
  let rest = trimmed(whole);
  while (rest.text.length > max) {
    const cut = border(rest.text, max);
    pieces.push(trimmed(slice(rest, 0, cut)));
    rest = trimmed(slice(rest, cut, rest.text.length));
  }
  pieces.push(rest);
  const full = pieces.filter((piece) => piece.text !== "");
  return full.length > 0 ? full : [{ text: "", marks: [] }];
};

const border = (text: string, max: number): number => {
  const head = text.slice(0, max + 1);
  for (const mark of ["\n\n", "\n", " "]) {
    const at = head.lastIndexOf(mark);
    if (at > max / 2 && at <= max) return at;
  }
  return graphemeBorder(text, max);
};

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The last grapheme border within `max`; one grapheme that is longer is cut between code points. */
const graphemeBorder = (text: string, max: number): number => {
  const from = Math.max(0, max - 64);
  const near = graphemes.segment(text.slice(from, max + 64));
  let best = 0;
  for (const { index } of near) {
    if (from + index > max) break;
    if (index > 0) best = from + index;
  }
  if (best > 0) return best;
  const code = text.charCodeAt(max - 1);
  const high = code >= 0xd800 && code <= 0xdbff;
  return high && max > 1 ? max - 1 : max;
};
