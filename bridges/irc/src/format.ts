import type { Inline, RichText, UserId } from "@bridgebox/core/adapter";
import { palette } from "./colours.ts";

export interface Style {
  readonly bold: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly mono: boolean;
  /** `#rrggbb` */
  readonly fg: string | undefined;
  readonly bg: string | undefined;
}

export const plainStyle: Style = {
  bold: false,
  italic: false,
  underline: false,
  strike: false,
  mono: false,
  fg: undefined,
  bg: undefined,
};

interface Run {
  readonly style: Style;
  readonly text: string;
}

export interface People {
  /** Somebody on the channel who is called that, in whatever case. */
  nickAt(word: string): { readonly user: UserId; readonly nick: string } | undefined;
}

const marks: Readonly<Record<string, keyof Style>> = {
  "\x02": "bold",
  "\x1d": "italic",
  "\x1f": "underline",
  "\x1e": "strike",
  "\x11": "mono",
};

const numbers = /(\d{1,2})(?:,(\d{1,2}))?/y;
const hexes = /([0-9a-f]{6})(?:,([0-9a-f]{6}))?/iy;

/** What follows a colour code at that place and belongs to it. */
function argumentsOf(sign: string, text: string, at: number): RegExpExecArray | null {
  if (sign !== "\x03" && sign !== "\x04") return null;
  const pattern = sign === "\x03" ? numbers : hexes;
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function coloured(style: Style, sign: string, args: RegExpExecArray | null): Style {
  if (args === null) return { ...style, fg: undefined, bg: undefined };
  const colour = (given: string | undefined, old: string | undefined) => {
    if (given === undefined) return old;
    return sign === "\x03" ? palette[Number(given)] : `#${given.toLowerCase()}`;
  };
  return { ...style, fg: colour(args[1], style.fg), bg: colour(args[2], style.bg) };
}

function reversed(style: Style): Style {
  return style.fg === "#ffffff" && style.bg === "#000000"
    ? { ...style, fg: undefined, bg: undefined }
    : { ...style, fg: style.bg ?? "#ffffff", bg: style.fg ?? "#000000" };
}

function next(style: Style, sign: string, args: RegExpExecArray | null): Style {
  if (sign === "\x0f") return plainStyle;
  if (sign === "\x16") return reversed(style);
  if (sign === "\x03" || sign === "\x04") return coloured(style, sign, args);
  const mark = marks[sign];
  return mark === undefined ? style : { ...style, [mark]: style[mark] !== true };
}

const sameStyle = (a: Style, b: Style): boolean =>
  a.bold === b.bold &&
  a.italic === b.italic &&
  a.underline === b.underline &&
  a.strike === b.strike &&
  a.mono === b.mono &&
  a.fg === b.fg &&
  a.bg === b.bg;

function runsOf(text: string): readonly Run[] {
  const runs: Run[] = [];
  let style = plainStyle;
  let from = 0;
  const push = (end: number) => {
    const piece = text.slice(from, end);
    const last = runs.at(-1);
    if (piece === "") return;
    if (last && sameStyle(last.style, style)) {
      runs[runs.length - 1] = { style, text: last.text + piece };
    } else {
      runs.push({ style, text: piece });
    }
  };
  for (const match of text.matchAll(/\p{Cc}/gu)) {
    const [sign] = match;
    if (sign === "\t") continue;
    push(match.index);
    const args = argumentsOf(sign, text, match.index + 1);
    style = next(style, sign, args);
    from = match.index + 1 + (args?.[0].length ?? 0);
  }
  push(text.length);
  return runs;
}

/** The words of a line without its codes. */
export const stripCodes = (text: string): string =>
  runsOf(text)
    .map((run) => run.text)
    .join("");

const url = /\bhttps?:\/\/[^\s<>"]+/gi;
const word = /[\p{L}\p{N}_[\]{}\\|^`-]+/gu;

/** A link does not end in the punctuation of the sentence around it. */
function trimmed(link: string): string {
  let end = link.replace(/[.,;:!?'*_]+$/, "");
  while (end.endsWith(")") && end.split(")").length > end.split("(").length) end = end.slice(0, -1);
  return end;
}

/** Text between links: nicks of people on the channel. At the start of a line any case will do. */
function mentions(text: string, people: People, atStart: boolean): readonly Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(word)) {
    const person = people.nickAt(match[0]);
    const end = match.index + match[0].length;
    const addressed = atStart && match.index <= 1 && /^[:,]/.test(text.slice(end));
    if (person === undefined || (!addressed && person.nick !== match[0])) continue;
    if (match.index > from) parts.push({ t: "text", text: text.slice(from, match.index) });
    parts.push({ t: "user", id: person.user, text: match[0] });
    from = end;
  }
  if (from < text.length) parts.push({ t: "text", text: text.slice(from) });
  return parts;
}

function words(text: string, people: People, atStart: boolean): readonly Inline[] {
  if (!/https?:\/\//i.test(text)) return mentions(text, people, atStart);
  const parts: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(url)) {
    const link = trimmed(match[0]);
    if (match.index > from) {
      parts.push(...mentions(text.slice(from, match.index), people, atStart && from === 0));
    }
    parts.push({ t: "link", url: link, of: [{ t: "text", text: link }] });
    from = match.index + link.length;
  }
  return from < text.length
    ? [...parts, ...mentions(text.slice(from), people, atStart && from === 0)]
    : parts;
}

function dressed(run: Run, people: People, atStart: boolean): readonly Inline[] {
  const { style, text } = run;
  let of: readonly Inline[] = style.mono ? [{ t: "code", text }] : words(text, people, atStart);
  if (style.fg !== undefined || style.bg !== undefined) {
    const { fg, bg } = style;
    const colours = { ...(fg === undefined ? {} : { fg }), ...(bg === undefined ? {} : { bg }) };
    // The same colour before and behind hides the words: what people do here instead of a spoiler.
    of = fg !== undefined && fg === bg ? [{ t: "spoiler", of }] : [{ t: "colour", ...colours, of }];
  }
  for (const t of ["strike", "underline", "italic", "bold"] as const) {
    if (style[t]) of = [{ t, of }];
  }
  return of;
}

/** A line as it came from IRC, as rich text. Control characters never pass. */
export function parseText(text: string, people: People): RichText {
  const runs = runsOf(text);
  return [{ t: "para", of: runs.flatMap((run, at) => dressed(run, people, at === 0)) }];
}
