import { parseUser, peerOfUser } from "./ids.ts";
import { emojiOf, emojiRef } from "./locator.ts";
import type { Mark, Marked, MarkType } from "./marks.ts";
import type { Block, Inline, RichText } from "@bridgebox/core/adapter";

/** More marks than this are ignored by Telegram (core.telegram.org/api/entities). */
const mostMarks = 100;

/** A tree as Telegram's text with entities; what Telegram has no word for is written with signs. */
export const toMarked = (text: RichText): Marked => {
  const pen = new Pen();
  writeBlocks(pen, text, "\n\n");
  return pen.done();
};

class Pen {
  #text = "";
  #quoting = false;
  readonly #marks: Mark[] = [];

  write(text: string): void {
    this.#text += text;
  }

  /** Keeps blocks apart without doubling a break that is there already. */
  separate(by: string): void {
    if (this.#text === "") return;
    const end = this.#text.length - this.#text.replace(/\n+$/, "").length;
    this.#text += by.slice(Math.min(end, by.length));
  }

  mark(type: MarkType, write: () => void, more: Partial<Mark> = {}): void {
    const offset = this.#text.length;
    const place = this.#marks.length;
    write();
    const length = this.#text.length - offset;
    if (length > 0) this.#marks.splice(place, 0, { type, offset, length, ...more });
  }

  /** A quote cannot hold another one (core.telegram.org/api/entities); the inner one gets a sign. */
  quote(write: () => void, more: Partial<Mark>): void {
    if (this.#quoting) {
      this.write("> ");
      write();
      return;
    }
    this.#quoting = true;
    this.mark("quote", write, more);
    this.#quoting = false;
  }

  done(): Marked {
    const marks = this.#marks.sort((a, b) => a.offset - b.offset || b.length - a.length);
    return { text: this.#text, marks: marks.slice(0, mostMarks) };
  }
}

const writeBlocks = (pen: Pen, blocks: readonly Block[], between: string): void => {
  let before: Block | undefined;
  for (const block of blocks) {
    const close =
      block.t === "quote" || block.t === "pre" || before?.t === "quote" || before?.t === "pre";
    if (before !== undefined) pen.separate(close ? "\n" : between);
    writeBlock(pen, block);
    before = block;
  }
};

const writeBlock = (pen: Pen, block: Block): void => {
  switch (block.t) {
    case "para":
      return writeInlines(pen, block.of);
    case "heading":
      return pen.mark("bold", () => writeInlines(pen, block.of));
    case "quote":
      return pen.quote(
        () => writeBlocks(pen, block.of, "\n"),
        block.collapsed === true ? { collapsed: true } : {},
      );
    case "pre":
      return pen.mark(
        "pre",
        () => pen.write(block.text),
        block.lang === undefined ? {} : { language: block.lang },
      );
    case "list":
      return writeList(pen, block, "");
    case "table":
      for (const [index, row] of block.rows.entries()) {
        if (index > 0) pen.write("\n");
        writeRow(pen, row);
      }
      return undefined;
    case "rule":
      return pen.write("———");
  }
};

type List = Extract<Block, { t: "list" }>;

const writeList = (pen: Pen, list: List, indent: string): void => {
  for (const [index, item] of list.items.entries()) {
    if (index > 0) pen.write("\n");
    pen.write(indent + (list.ordered ? `${(list.start ?? 1) + index}. ` : "• "));
    for (const [place, block] of item.entries()) {
      if (place > 0) pen.write("\n");
      if (block.t === "list") writeList(pen, block, `${indent}   `);
      else writeBlock(pen, block);
    }
  }
};

const writeRow = (pen: Pen, row: readonly (readonly Inline[])[]): void => {
  for (const [column, cell] of row.entries()) {
    if (column > 0) pen.write(" | ");
    writeInlines(pen, cell);
  }
};

const writeInlines = (pen: Pen, inlines: readonly Inline[]): void => {
  for (const inline of inlines) writeInline(pen, inline);
};

const writeInline = (pen: Pen, inline: Inline): void => {
  switch (inline.t) {
    case "text":
    case "chat":
    case "group":
    case "time":
      return pen.write(inline.text);
    case "bold":
    case "italic":
    case "underline":
    case "strike":
    case "spoiler":
      return pen.mark(inline.t, () => writeInlines(pen, inline.of));
    case "code":
      return pen.mark("code", () => pen.write(inline.text));
    case "colour":
      return writeInlines(pen, inline.of);
    case "link":
      return writeLink(pen, inline);
    case "user": {
      const peer = peerOfUser(inline.id);
      if (peer?.kind !== "user") return pen.write(inline.text);
      return pen.mark("user", () => pen.write(inline.text), { user: peer.id });
    }
    case "everyone":
      return pen.write(inline.scope === "all" ? "@everyone" : "@here");
    case "emoji":
      return writeEmoji(pen, inline);
    case "break":
      return pen.write("\n");
  }
};

/** Telegram's own keep their picture; those of others are a name. */
const writeEmoji = (pen: Pen, { name, media }: Extract<Inline, { t: "emoji" }>): void => {
  const emoji = emojiOf(media);
  if (emoji === undefined) return pen.write(`:${name}:`);
  return pen.mark("emoji", () => pen.write(name), { emoji });
};

const writeLink = (pen: Pen, link: Extract<Inline, { t: "link" }>): void => {
  const [only] = link.of;
  const bare = link.of.length === 1 && only?.t === "text" && only.text === link.url;
  if (bare) return pen.write(link.url);
  return pen.mark("link", () => writeInlines(pen, link.of), { url: link.url });
};

/** How a `@name` in a text is resolved to a person; nothing where nobody is known by it. */
export type Mentioned = (username: string) => string | undefined;

/** Telegram's text with entities as a tree; entities that overlap or lie outside are cut to fit. */
export const fromMarked = (marked: Marked, mentioned: Mentioned = () => undefined): RichText => {
  const blocks: Block[] = [];
  const outer = disjoint(
    marked.marks.filter((mark) => mark.type === "quote" || mark.type === "pre"),
  );
  let at = 0;
  for (const mark of outer) {
    const start = Math.max(mark.offset, at);
    const end = Math.min(mark.offset + mark.length, marked.text.length);
    if (end <= start) continue;
    pushPara(blocks, part(marked, at, start), mentioned);
    blocks.push(blockOf(mark, part(marked, start, end), mentioned));
    at = end;
  }
  pushPara(blocks, part(marked, at, marked.text.length), mentioned);
  return blocks;
};

interface Piece {
  readonly marked: Marked;
  readonly from: number;
  readonly to: number;
}

const part = (marked: Marked, from: number, to: number): Piece => ({ marked, from, to });

const disjoint = (marks: readonly Mark[]): readonly Mark[] => {
  const sorted = [...marks].sort((a, b) => a.offset - b.offset || b.length - a.length);
  let end = 0;
  return sorted.filter((mark) => {
    if (mark.offset < end || mark.length <= 0) return false;
    end = mark.offset + mark.length;
    return true;
  });
};

const blockOf = (mark: Mark, piece: Piece, mentioned: Mentioned): Block => {
  if (mark.type === "pre") {
    const text = piece.marked.text.slice(piece.from, piece.to);
    return { t: "pre", text, ...(mark.language ? { lang: mark.language } : {}) };
  }
  const of: Block = { t: "para", of: inlines(piece, mentioned) };
  return { t: "quote", of: [of], ...(mark.collapsed === true ? { collapsed: true } : {}) };
};

/** Beside a block, one line break is what keeps it apart and not content. */
const pushPara = (blocks: Block[], { marked, from, to }: Piece, mentioned: Mentioned): void => {
  const start = blocks.length > 0 && marked.text[from] === "\n" ? from + 1 : from;
  const last = to < marked.text.length && to > start && marked.text[to - 1] === "\n" ? to - 1 : to;
  if (last > start) blocks.push({ t: "para", of: inlines(part(marked, start, last), mentioned) });
};

/**
 * Between each two places where a mark begins or ends, the marks that hold there, outermost first:
 * so that marks which overlap come out nested.
 */
const inlines = ({ marked, from, to }: Piece, mentioned: Mentioned): Inline[] => {
  const marks = marked.marks
    .filter((mark) => mark.type !== "quote" && mark.type !== "pre")
    .map((mark) => ({
      mark,
      start: Math.max(mark.offset, from),
      end: Math.min(mark.offset + mark.length, to),
    }))
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  return nest({ text: marked.text, marks, from, to, mentioned });
};

interface Span {
  readonly mark: Mark;
  readonly start: number;
  readonly end: number;
}

interface Nest {
  readonly text: string;
  readonly marks: readonly Span[];
  readonly from: number;
  readonly to: number;
  readonly mentioned: Mentioned;
}

const nest = ({ text, marks, from, to, mentioned }: Nest): Inline[] => {
  const out: Inline[] = [];
  let at = from;
  let rest = marks;
  while (rest.length > 0) {
    const [first, ...others] = rest;
    if (first === undefined) break;
    const { mark, start } = first;
    const end = Math.min(first.end, to);
    pushText(out, text.slice(at, start));
    const inside = others.filter((each) => each.start < end);
    const within = inside.map((each) => ({ ...each, end: Math.min(each.end, end) }));
    const behind = inside.filter((each) => each.end > end).map((each) => ({ ...each, start: end }));
    const of = nest({ text, marks: within, from: start, to: end, mentioned });
    out.push(...wrap(mark, of, { plain: text.slice(start, end), mentioned }));
    at = end;
    rest = [...behind, ...others.filter((each) => each.start >= end)].sort(
      (a, b) => a.start - b.start || b.end - a.end,
    );
  }
  pushText(out, text.slice(at, to));
  return out;
};

const pushText = (out: Inline[], text: string): void => {
  for (const [index, line] of text.split("\n").entries()) {
    if (index > 0) out.push({ t: "break" });
    if (line !== "") out.push({ t: "text", text: line });
  }
};

interface Inside {
  readonly plain: string;
  readonly mentioned: Mentioned;
}

const wrap = (mark: Mark, of: Inline[], { plain, mentioned }: Inside): Inline[] => {
  switch (mark.type) {
    case "bold":
    case "italic":
    case "underline":
    case "strike":
    case "spoiler":
      return [{ t: mark.type, of }];
    case "code":
      return [{ t: "code", text: plain }];
    case "link":
      return [{ t: "link", url: mark.url ?? plain, of }];
    case "url":
      return [
        { t: "link", url: /^[a-z][a-z0-9+.-]*:/i.test(plain) ? plain : `https://${plain}`, of },
      ];
    case "email":
      return [{ t: "link", url: `mailto:${plain}`, of }];
    case "mention":
      return mention(mentioned(plain.replace(/^@/, "")), plain, of);
    case "user":
      return mention(mark.user, plain, of);
    case "emoji":
      return mark.emoji === undefined
        ? of
        : [{ t: "emoji", name: plain, media: emojiRef(mark.emoji) }];
    case "quote":
    case "pre":
      return of;
  }
};

const mention = (user: string | undefined, text: string, of: Inline[]): Inline[] => {
  const peer = user === undefined ? undefined : parseUser(user);
  return peer === undefined ? of : [{ t: "user", id: peer, text }];
};
