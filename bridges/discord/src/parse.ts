import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { parseInlines } from "./parse-inline.ts";
import type { Names } from "./parse-inline.ts";

/** Deeper lists than this are flat. */
const deepest = 8;

/** Discord's markdown as the tree (support.discord.com, "Markdown Text 101"). */
export const fromMarkdown = (source: string, names: Names): RichText =>
  new Reader(source.replaceAll("\r\n", "\n"), names, false).read();

const fenced = /```(?:([\w+#.-]+)\n)?\n*([^\n][\s\S]*?)\n*```/y;
const headingLine = /(#{1,3}) +([^\n]*\S[^\n]*)(?:\n|$)/y;
const subtextLine = /-# +([^\n]*\S[^\n]*)(?:\n|$)/y;
const quoteRest = />>> ([\s\S]*)/y;
const quoteLines = /> ?[^\n]*(?:\n> ?[^\n]*)*(?:\n|$)/y;
const itemLine = /( *)([-*]|\d{1,9}\.) +([^\n]*\S[^\n]*)(?:\n|$)/y;

class Reader {
  readonly #source: string;
  readonly #names: Names;
  readonly #quoted: boolean;
  readonly #blocks: Block[] = [];
  #lines: string[] = [];
  #at = 0;

  constructor(source: string, names: Names, quoted: boolean) {
    this.#source = source;
    this.#names = names;
    this.#quoted = quoted;
  }

  read(): RichText {
    while (this.#at < this.#source.length) {
      if (!this.#block()) this.#line();
    }
    this.#flush();
    return this.#blocks;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source) ?? undefined;
  }

  #take(match: RegExpExecArray): void {
    this.#flush();
    this.#at += match[0].length;
  }

  #flush(): void {
    const text = this.#lines.join("\n");
    this.#lines = [];
    if (text.trim() === "") return;
    this.#blocks.push({ t: "para", of: parseInlines(text, this.#names) });
  }

  /** A block that begins here, at the start of a line. */
  #block(): boolean {
    return this.#fence() || this.#quote() || this.#heading() || this.#list();
  }

  #fence(): boolean {
    const match = this.#match(fenced);
    if (match === undefined) return false;
    this.#take(match);
    if (this.#source[this.#at] === "\n") this.#at += 1;
    const [, lang, text = ""] = match;
    this.#blocks.push({ t: "pre", text, ...(lang === undefined ? {} : { lang }) });
    return true;
  }

  #quote(): boolean {
    if (this.#quoted) return false;
    const rest = this.#match(quoteRest);
    const match =
      rest ?? (this.#source.startsWith("> ", this.#at) ? this.#match(quoteLines) : undefined);
    if (match === undefined) return false;
    this.#take(match);
    const inner = rest?.[1] ?? match[0].trimEnd().replaceAll(/^> ?/gm, "");
    const of = new Reader(inner, this.#names, true).read();
    if (of.length > 0) this.#blocks.push({ t: "quote", of });
    return true;
  }

  #heading(): boolean {
    const match = this.#match(headingLine);
    if (match !== undefined) {
      this.#take(match);
      const level = match[1]?.length === 1 ? 1 : match[1]?.length === 2 ? 2 : 3;
      this.#blocks.push({ t: "heading", level, of: parseInlines(match[2] ?? "", this.#names) });
      return true;
    }
    const small = this.#match(subtextLine);
    if (small === undefined) return false;
    this.#take(small);
    this.#blocks.push({ t: "para", of: parseInlines(small[1] ?? "", this.#names) });
    return true;
  }

  #list(): boolean {
    const items: Item[] = [];
    for (let match = this.#match(itemLine); match !== undefined; match = this.#match(itemLine)) {
      if (items.length === 0) this.#flush();
      const [whole, indent = "", sign = "", text = ""] = match;
      const number = Number.parseInt(sign, 10);
      items.push({
        indent: indent.length,
        ...(Number.isNaN(number) ? {} : { number }),
        of: parseInlines(text, this.#names),
      });
      this.#at += whole.length;
    }
    if (items.length === 0) return false;
    this.#blocks.push(...nest(items, 0));
    return true;
  }

  /** A line of text, up to a fence that begins in it. */
  #line(): void {
    const end = this.#source.indexOf("\n", this.#at);
    const stop = end === -1 ? this.#source.length : end;
    const line = this.#source.slice(this.#at, stop);
    const fence = this.#fenceIn(line);
    if (fence !== undefined) {
      this.#lines.push(line.slice(0, fence));
      this.#at += fence;
      return;
    }
    this.#at = stop + 1;
    if (line.trim() === "") this.#flush();
    else this.#lines.push(line);
  }

  /** Where in the line a fence begins that is closed somewhere. */
  #fenceIn(line: string): number | undefined {
    for (let from = line.indexOf("```"); from > 0; from = line.indexOf("```", from + 3)) {
      const escaped = /\\*$/.exec(line.slice(0, from))?.[0].length ?? 0;
      fenced.lastIndex = this.#at + from;
      if (escaped % 2 === 0 && fenced.test(this.#source)) return from;
    }
    return undefined;
  }
}

interface Item {
  readonly indent: number;
  readonly number?: number;
  readonly of: readonly Inline[];
}

const flat = (items: readonly Item[]): readonly Block[] =>
  items.map(({ of }) => ({ t: "para", of }));

/** Lists by how far their items stand in; a change of kind begins another list. */
const nest = (items: readonly Item[], depth: number): readonly Block[] => {
  const lists: Block[] = [];
  let at = 0;
  while (at < items.length) {
    const [first] = items.slice(at);
    if (first === undefined) break;
    const ordered = first.number !== undefined;
    const made: (readonly Block[])[] = [];
    while (at < items.length) {
      const item = items[at];
      if (item === undefined || (item.number !== undefined) !== ordered) break;
      at += 1;
      const inner: Item[] = [];
      while ((items[at]?.indent ?? 0) > item.indent) {
        const next = items[at];
        if (next === undefined) break;
        inner.push(next);
        at += 1;
      }
      made.push([
        { t: "para", of: item.of },
        ...(depth < deepest ? nest(inner, depth + 1) : flat(inner)),
      ]);
    }
    const start = first.number !== undefined && first.number !== 1 ? { start: first.number } : {};
    lists.push({ t: "list", ordered, ...start, items: made });
  }
  return lists;
};
