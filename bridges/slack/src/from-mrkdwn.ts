import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { signOf } from "./emoji.ts";
import { isConversation, isPerson, userOf } from "./ids.ts";
import { unescaped } from "./mrkdwn.ts";
import type { Names } from "./names.ts";

/** Slack's markup as a tree; what is no markup stays as it was written. */
export const fromMrkdwn = (text: string, names: Names): RichText => {
  const blocks: Block[] = [];
  let at = 0;
  for (const found of text.matchAll(/```\n?([^]*?)\n?```/g)) {
    readLines(blocks, text.slice(at, found.index).replace(/\n$/, ""), names);
    const inside = found[1] ?? "";
    if (inside.trim() !== "")
      blocks.push({
        t: "pre",
        text: unescaped(withoutLinks(inside, /<([^>|]*)(?:\|([^>]*))?>/g)),
      });
    at = found.index + found[0].length;
  }
  readLines(blocks, text.slice(at).replace(at > 0 ? /^\n/ : "", ""), names);
  return blocks;
};

const quote = /^(?:&gt;|>) ?/;

const readLines = (blocks: Block[], text: string, names: Names): void => {
  if (text.trim() === "") return;
  let lines: string[] = [];
  let quoted = false;
  const flush = (): void => {
    const isSaid = (line: string): boolean => line !== "";
    const whole = lines
      .slice(Math.max(lines.findIndex(isSaid), 0), lines.findLastIndex(isSaid) + 1)
      .join("\n");
    lines = [];
    if (whole === "") return;
    const paras = whole
      .split(/\n{2,}/)
      .map((para): Block => ({ t: "para", of: inlinesOf(para, names) }));
    if (quoted) blocks.push({ t: "quote", of: paras });
    else blocks.push(...paras);
  };
  for (const line of text.split("\n")) {
    const mark = quote.exec(line);
    if ((mark !== null) !== quoted) flush();
    quoted = mark !== null;
    lines.push(mark ? line.slice(mark[0].length) : line);
  }
  flush();
};

/** One run of markup, without blocks. */
export const inlinesOf = (text: string, names: Names, depth = 0): readonly Inline[] => {
  const out: Inline[] = [];
  const closers = new Map<string, Int32Array>();
  let plain = "";
  const flush = (): void => {
    for (const [index, line] of plain.split("\n").entries()) {
      if (index > 0) out.push({ t: "break" });
      if (line !== "") out.push({ t: "text", text: unescaped(line) });
    }
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    const piece = depth > 20 ? undefined : pieceAt(text, at, { names, depth, closers });
    if (piece) {
      flush();
      out.push(...piece.of);
      at = piece.end;
    } else {
      plain += text[at] ?? "";
      at += 1;
    }
  }
  flush();
  return out;
};

interface Piece {
  readonly of: readonly Inline[];
  readonly end: number;
}

interface Reading {
  readonly names: Names;
  readonly depth: number;
  /** For each mark that was met in this text: `closersOf` it. */
  readonly closers: Map<string, Int32Array>;
}

const styles: Readonly<Record<string, "bold" | "italic" | "strike">> = {
  "*": "bold",
  _: "italic",
  "~": "strike",
};

const pieceAt = (text: string, at: number, reading: Reading): Piece | undefined => {
  const char = text[at] ?? "";
  if (char === "<") return entityAt(text, at, reading);
  if (char === "`") return codeAt(text, at);
  if (char === ":")
    return word.test(text[at - 1] ?? "") ? undefined : emojiAt(text, at, reading.names);
  const style = styles[char];
  return style === undefined ? undefined : styledAt(text, at, { style, reading });
};

const word = /[\p{L}\p{N}]/u;

const styledAt = (
  text: string,
  at: number,
  { style, reading }: { readonly style: "bold" | "italic" | "strike"; readonly reading: Reading },
): Piece | undefined => {
  const mark = text[at] ?? "";
  if (word.test(text[at - 1] ?? "") || /[\s]|^$/.test(text[at + 1] ?? "") || text[at + 1] === mark)
    return undefined;
  const closers = reading.closers.get(mark) ?? closersOf(text, mark);
  reading.closers.set(mark, closers);
  const end = closers[at + 1] ?? -1;
  if (end < 0) return undefined;
  const of = inlinesOf(text.slice(at + 1, end), reading.names, reading.depth + 1);
  return { of: [{ t: style, of }], end: end + 1 };
};

/**
 * For each place in a text, where a style that is open there ends, or -1: on the same line, and not
 * between `<` and `>`. From the end back, so that a text of nothing but marks is gone through once.
 */
const closersOf = (text: string, mark: string): Int32Array => {
  const closers = new Int32Array(text.length + 1).fill(-1);
  let close = -1;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const char = text[at];
    if (char === "\n") continue;
    if (char === ">") close = at;
    const closes =
      char === mark && !/\s/.test(text[at - 1] ?? "") && !word.test(text[at + 1] ?? "");
    const next = char === "<" && close > at ? close + 1 : at + 1;
    closers[at] = closes ? at : (closers[next] ?? -1);
  }
  return closers;
};

const codeAt = (text: string, at: number): Piece | undefined => {
  const end = text.indexOf("`", at + 1);
  const inside = text.slice(at + 1, end);
  if (end < 0 || inside === "" || inside.includes("\n")) return undefined;
  return {
    of: [{ t: "code", text: unescaped(withoutLinks(inside, /<([^>|!@#][^>|]*)(?:\|([^>]*))?>/g)) }],
    end: end + 1,
  };
};

/** Behind the last `>` there is none, and none is looked for from each `<` again. */
const withoutLinks = (text: string, link: RegExp): string => {
  const end = text.lastIndexOf(">") + 1;
  const shown = text
    .slice(0, end)
    .replaceAll(link, (_all, url: string, label?: string) => label ?? url);
  return shown + text.slice(end);
};

const emojiAt = (text: string, at: number, names: Names): Piece | undefined => {
  const found = /^:([\p{L}\d_+'-]{1,100})(::skin-tone-[2-6])?:/u.exec(text.slice(at, at + 130));
  const [all, name, tone = ""] = found ?? [];
  if (all === undefined || name === undefined) return undefined;
  const of = emojiNamed(`${name}${tone}`, names);
  return of && { of: [of], end: at + all.length };
};

/** The sign itself, or the picture of a workspace's own; nothing where it is unknown. */
export const emojiNamed = (name: string, names: Names): Inline | undefined => {
  const sign = signOf(name);
  if (sign !== undefined) return { t: "text", text: sign };
  const media = names.emoji(name);
  return media && { t: "emoji", name: `:${name}:`, media };
};

const entity = /<([^<>]+)>/y;

const entityAt = (text: string, at: number, reading: Reading): Piece | undefined => {
  entity.lastIndex = at;
  const inside = entity.exec(text)?.[1];
  if (inside === undefined) return undefined;
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : unescaped(inside.slice(bar + 1));
  const of = entityOf({ target, label }, reading);
  return of && { of, end: at + inside.length + 2 };
};

const entityOf = (
  { target, label }: { readonly target: string; readonly label: string },
  { names }: Reading,
): readonly Inline[] | undefined => {
  const sigil = target[0];
  const id = target.slice(1);
  if (sigil === "@" && isPerson(id)) return [personOf(id, names, label)];
  if (sigil === "#" && isConversation(id)) return [chatOf(id, names, label)];
  if (sigil === "!") return [specialOf(id, label, names)];
  if (!/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const url = unescaped(target);
  return [{ t: "link", url, of: [{ t: "text", text: label === "" ? url : label }] }];
};

/** `<!here>`, `<!subteam^S1>`, `<!date^1392734382^{date}|…>`. */
const specialOf = (what: string, label: string, names: Names): Inline => {
  const [name = "", first = ""] = what.split("^");
  if (name === "channel" || name === "everyone") return everyone("all");
  if (name === "here") return everyone("here");
  if (name === "subteam") return groupOf(first, names, label);
  if (name === "date" && /^\d{1,12}$/.test(first)) {
    const at = Number(first) * 1000;
    return { t: "time", at, text: label === "" ? new Date(at).toISOString() : label };
  }
  return { t: "text", text: label === "" ? `<${what}>` : label };
};

/** From outside it calls nobody here: what becomes of it is decided by the core. */
export const everyone = (scope: "all" | "here"): Inline => ({
  t: "everyone",
  scope,
  allowed: false,
});

export const personOf = (id: string, names: Names, label: string): Inline => {
  const name = names.person(id) ?? (label === "" ? id : label.replace(/^@/, ""));
  return { t: "user", id: userOf(id), text: `@${name}` };
};

export const groupOf = (id: string, names: Names, label: string): Inline => {
  const handle = names.group(id);
  const shown = label === "" ? "@group" : label;
  return { t: "group", id, text: handle === undefined ? shown : `@${handle}` };
};

export const chatOf = (id: string, names: Names, label: string): Inline => {
  const { ref, name } = names.chat(id);
  const shown = name ?? (label === "" ? id : label.replace(/^#/, ""));
  return { t: "chat", ref, text: `#${shown}` };
};
