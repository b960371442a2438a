/** What stands between two places of a source: the text, if it is one, and where it ends. */
export interface Piece {
  /** A text or template, with its holes as they stand in the source. Absent: something else. */
  readonly text?: string;
  readonly end: number;
}

/** Marks a hole of a template, with what stands in it. No sentence has such a sign. */
const open = "\u0001";
const close = "\u0002";

/** The text with each hole as `fill` has it. */
export const filled = (text: string, fill: (hole: string) => string): string =>
  text.replaceAll(new RegExp(`${open}([^${open}${close}]*)${close}`, "g"), (_all, hole: string) =>
    fill(hole),
  );

/** The text or template that begins there. */
export const literalAt = (source: string, from: number): Piece => {
  const quote = source[from];
  if (quote !== '"' && quote !== "`") return { end: from };
  let said = "";
  for (let at = from + 1; at < source.length; at += 1) {
    const sign = source[at];
    if (sign === quote) return { text: said.trim(), end: at + 1 };
    if (sign === "\\") {
      at += 1;
      said += source[at] ?? "";
    } else if (quote === "`" && sign === "$" && source[at + 1] === "{") {
      const begin = at + 2;
      at = endOfHole(source, begin);
      const hole = source.slice(begin, at).trim();
      said += `${open}${/^\w+$/.test(hole) ? hole : ""}${close}`;
    } else said += sign ?? "";
  }
  return { end: from };
};

/** Texts that are put together by `+`, as one. */
export const textAt = (source: string, from: number): Piece => {
  let said: string | undefined;
  let at = from;
  for (;;) {
    const piece = literalAt(source, at);
    if (piece.text === undefined) return { ...(said === undefined ? {} : { text: said }), end: at };
    said = said === undefined ? piece.text : `${said} ${piece.text}`;
    const plus = /^\s*\+\s*/.exec(source.slice(piece.end, piece.end + 200));
    if (plus === null) return { text: said, end: piece.end };
    at = piece.end + plus[0].length;
  }
};

/** Where the brace that closes a hole of a template stands. */
const endOfHole = (source: string, from: number): number => endOfNest(source, from, "{", "}");

const endOfNest = (source: string, from: number, begins: string, ends: string): number => {
  let nested = 1;
  let at = from;
  for (; at < source.length && nested > 0; at += 1) {
    if (source[at] === begins) nested += 1;
    if (source[at] === ends) nested -= 1;
  }
  return at - 1;
};

/** What stands there, one after the other, until its parenthesis or brace closes. */
export const listAt = (source: string, from: number): readonly string[] => {
  const found: string[] = [];
  let nested = 0;
  let begin = from;
  for (let at = from; at < source.length; at += 1) {
    const sign = source[at] ?? "";
    if (sign === '"' || sign === "`") {
      at = Math.max(at, literalAt(source, at).end - 1);
      continue;
    }
    if ("([{".includes(sign)) nested += 1;
    else if (")]}".includes(sign) && nested > 0) nested -= 1;
    else if (nested === 0 && ",)]}".includes(sign)) {
      const one = source.slice(begin, at).trim();
      if (one !== "") found.push(one);
      if (sign !== ",") return found;
      begin = at + 1;
    }
  }
  return found;
};
