import type { Style } from "./format.ts";
import { plainStyle } from "./format.ts";
import { colourNumber } from "./colours.ts";

/** Text of one style; never with a line break in it. */
export interface Styled {
  readonly text: string;
  readonly style: Style;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The codes that lead from plain text to a style. */
function opening({ bold, italic, underline, strike, mono, fg, bg }: Style): string {
  const front = fg === undefined ? undefined : colourNumber(fg);
  const back = bg === undefined ? undefined : colourNumber(bg);
  const colour =
    front === undefined && back === undefined
      ? ""
      : `\x03${front ?? "99"}${back === undefined ? "" : `,${back}`}`;
  return `${bold ? "\x02" : ""}${italic ? "\x1d" : ""}${underline ? "\x1f" : ""}${strike ? "\x1e" : ""}${mono ? "\x11" : ""}${colour}`;
}

interface Dress {
  readonly codes: string;
  readonly colour: boolean;
}

interface Atom {
  readonly text: string;
  readonly dress: Dress;
}

const plain: Dress = { codes: "", colour: false };

/** What has to stand between two pieces of text. */
function between(from: Dress, to: Dress, text: string): string {
  if (from.codes === to.codes) return "";
  const reset = from.codes === "" ? "" : "\x0f";
  const guard = to.colour && text.startsWith(",") ? "\x02\x02" : "";
  return `${reset}${to.codes}${guard}`;
}

const ascii = /^[\x20-\x7e]*$/;

function* pieces(text: string, budget: number): Iterable<string> {
  // Each letter is a grapheme of its own there, and most text is.
  if (ascii.test(text)) return yield* text;
  for (const { segment } of graphemes.segment(text)) {
    if (Buffer.byteLength(segment) <= budget) yield segment;
    else yield* segment;
  }
}

function encode(atoms: readonly Atom[], closed = false): string {
  let dress = plain;
  let line = "";
  for (const atom of atoms) {
    line += between(dress, atom.dress, atom.text) + atom.text;
    dress = atom.dress;
  }
  return closed && dress.codes !== "" ? `${line}\x0f` : line;
}

/** How many of the first atoms stay on this line: up to the last space if that is not far back. */
function cut(atoms: readonly Atom[]): number {
  const space = atoms.findLastIndex(({ text }) => text === " ");
  return space > atoms.length / 2 ? space : atoms.length;
}

/**
 * One line of styled text as lines of at most `budget` bytes, cut between graphemes and rather at a
 * space; a style that goes on is opened again on the next line. `seamless`: put together without
 * anything between they are the whole line again, so no space is dropped and each ends its styles.
 */
export function split(
  line: readonly Styled[],
  budget: number,
  { seamless = false }: { readonly seamless?: boolean } = {},
): readonly string[] {
  const only = line.length === 1 ? line[0] : undefined;
  if (only && only.style === plainStyle && Buffer.byteLength(only.text) <= budget) {
    return only.text === "" ? [] : [only.text];
  }
  const lines: string[] = [];
  let atoms: Atom[] = [];
  let bytes = 0;
  const end = (keep: number) => {
    lines.push(encode(atoms.slice(0, keep), seamless));
    const rest = atoms.slice(keep);
    atoms = rest[0]?.text === " " && !seamless ? rest.slice(1) : rest;
    bytes = Buffer.byteLength(encode(atoms));
  };
  for (const { text, style } of line) {
    const codes = opening(style);
    const dress = { codes, colour: codes.includes("\x03") };
    for (const piece of pieces(text, budget - 24)) {
      const closing = seamless ? 1 : 0;
      const cost = () =>
        Buffer.byteLength(between(atoms.at(-1)?.dress ?? plain, dress, piece) + piece) + closing;
      let more = cost();
      if (bytes + more > budget && piece === " " && !seamless) {
        end(atoms.length);
        continue;
      }
      while (bytes + more > budget && atoms.length > 0) {
        end(cut(atoms));
        more = cost();
      }
      bytes += more;
      atoms.push({ text: piece, dress });
    }
  }
  if (atoms.length > 0) lines.push(encode(atoms, seamless && lines.length > 0));
  return lines.filter((text) => text !== "");
}
