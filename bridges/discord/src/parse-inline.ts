import type { Inline } from "@bridgebox/core/adapter";
import { channelRef, userOf } from "./ids.ts";

/** How people, roles and channels are called; `undefined`: nobody knows. */
export interface Names {
  user(id: string): string | undefined;
  role(id: string): string | undefined;
  channel(id: string): string | undefined;
  /** Whether `@everyone` and `@here` mean everybody in this message. */
  readonly everyone: boolean;
}

/** Marks inside each other deeper than this stay text. */
const deepest = 12;

type Rule = readonly [
  pattern: RegExp,
  make: (
    match: RegExpExecArray,
    inner: (text: string) => readonly Inline[],
    names: Names,
  ) => Inline | undefined,
];

const text = (written: string): Inline => ({ t: "text", text: written });

/** In the order in which Discord's client tries them. */
const rules: readonly Rule[] = [
  [/\\([^0-9A-Za-z\s])/y, ([, sign = ""]) => text(sign)],
  [/<(https?:\/\/[^\s<>]+)>/y, ([, url = ""]) => ({ t: "link", url, of: [text(url)] })],
  [
    /<@!?(\d{1,20})>/y,
    ([, id = ""], _inner, names) => ({
      t: "user",
      id: userOf(id),
      text: `@${names.user(id) ?? "somebody"}`,
    }),
  ],
  [
    /<@&(\d{1,20})>/y,
    ([, id = ""], _inner, names) => ({
      t: "group",
      id,
      text: `@${names.role(id) ?? "deleted-role"}`,
    }),
  ],
  [
    /<#(\d{1,20})>/y,
    ([, id = ""], _inner, names) => ({
      t: "chat",
      ref: channelRef(id),
      text: `#${names.channel(id) ?? "unknown"}`,
    }),
  ],
  [
    /<(a?):(\w{1,64}):(\d{1,20})>/y,
    ([, moving, name = "", id = ""]) => ({
      t: "emoji",
      name,
      media: { locator: { kind: "emoji", id, animated: moving === "a" } },
    }),
  ],
  [/<t:(-?\d{1,13})(?::[tTdDfFR])?>/y, ([whole, seconds]) => moment(whole, Number(seconds) * 1000)],
  [/<\/([^:>\n]{1,100}):\d{1,20}>/y, ([, command = ""]) => text(`/${command}`)],
  [/<id:(customize|browse|guide|linked-roles)(?::\d+)?>/y, ([, place = ""]) => text(`#${place}`)],
  [
    /(`+)([\s\S]*?[^`])\1(?!`)/y,
    ([, , code = ""]) => ({ t: "code", text: code.replace(/^ (?=`)/, "").replace(/(?<=`) $/, "") }),
  ],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/y, ([, of = ""], inner) => ({ t: "bold", of: inner(of) })],
  [/__((?:\\[\s\S]|[^\\])+?)__(?!_)/y, ([, of = ""], inner) => ({ t: "underline", of: inner(of) })],
  [
    /\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/y,
    ([, of = ""], inner) => ({ t: "italic", of: inner(of) }),
  ],
  [
    /_((?:__|\\[\s\S]|[^\\_])+?)_(?![0-9A-Za-z_])/y,
    ([, of = ""], inner) => ({ t: "italic", of: inner(of) }),
  ],
  [/~~([\s\S]+?)~~(?!~)/y, ([, of = ""], inner) => ({ t: "strike", of: inner(of) })],
  [/\|\|([\s\S]+?)\|\|/y, ([, of = ""], inner) => ({ t: "spoiler", of: inner(of) })],
  [
    /\[((?:\\.|[^[\]\\])+)\]\(<?(https?:\/\/[^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?: +"[^"\n]*")?\)/y,
    ([, label = "", url = ""], inner) => ({ t: "link", url, of: inner(label) }),
  ],
  [/https?:\/\/[^\s<]+/y, ([found]) => bareLink(found)],
  [
    /@(everyone|here)(?!\w)/y,
    ([, whom], _inner, names) =>
      names.everyone
        ? { t: "everyone", scope: whom === "here" ? "here" : "all", allowed: true }
        : undefined,
  ],
  [/\n/y, () => ({ t: "break" })],
];

/** Everything that begins no rule, in one go. */
const ordinary = /[^\\<`*_~|[h@\n]+|\w+/y;

const moment = (written: string, at: number): Inline | undefined => {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return text(written);
  return { t: "time", at, text: `${date.toISOString().slice(0, 16).replace("T", " ")} UTC` };
};

/** An address in running text, without the signs that end the sentence around it. */
const bareLink = (found: string): Inline => {
  let url = found;
  for (;;) {
    const open = url.split("(").length;
    const close = url.split(")").length;
    if (/[.,:;"'\]*_~|]$/.test(url) || (url.endsWith(")") && close > open)) url = url.slice(0, -1);
    else break;
  }
  return { t: "link", url, of: [text(url)] };
};

/** The text of one paragraph, marks and all. */
export const parseInlines = (source: string, names: Names, depth = 0): readonly Inline[] => {
  const out: Inline[] = [];
  const inner = (of: string): readonly Inline[] => parseInlines(of, names, depth + 1);
  let at = 0;
  const push = (inline: Inline): void => {
    const last = out.at(-1);
    if (inline.t === "text" && last?.t === "text") {
      out[out.length - 1] = text(last.text + inline.text);
    } else out.push(inline);
  };
  while (at < source.length) {
    const taken = depth < deepest ? byRule(source, at, { inner, names }) : undefined;
    if (taken !== undefined) {
      push(taken.inline);
      at += taken.length;
      continue;
    }
    ordinary.lastIndex = at;
    const run = ordinary.exec(source)?.[0] ?? String.fromCodePoint(source.codePointAt(at) ?? 0);
    // A word may hold the beginning of an address: only up to there.
    const address = run.indexOf("http", 1);
    const piece = address > 0 ? run.slice(0, address) : run;
    push(text(piece));
    at += piece.length;
  }
  return out;
};

const byRule = (
  source: string,
  at: number,
  { inner, names }: { readonly inner: (of: string) => readonly Inline[]; readonly names: Names },
): { readonly inline: Inline; readonly length: number } | undefined => {
  for (const [pattern, make] of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) continue;
    const inline = make(match, inner, names);
    if (inline === undefined) continue;
    const shorter =
      inline.t === "link" && match[0].startsWith("http") ? inline.url.length : undefined;
    return { inline, length: shorter ?? match[0].length };
  }
  return undefined;
};
