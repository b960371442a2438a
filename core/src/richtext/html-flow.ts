import type { Block, Inline } from "../adapter/index.ts";
import { isBlock, rewrap } from "./look.ts";

/** What HTML makes of an element: text and blocks, mixed as it likes. */
export type Flow = readonly (Inline | Block)[];

/** Text between blocks becomes paragraphs, with its white space as HTML shows it. */
export const blocksIn = (flow: Flow): readonly Block[] => {
  const blocks: Block[] = [];
  let run: Inline[] = [];
  const end = () => {
    const of = tidy(run);
    if (of.length > 0) blocks.push({ t: "para", of });
    run = [];
  };
  for (const it of flow) {
    if (!isBlock(it)) run.push(it);
    else {
      end();
      blocks.push(it);
    }
  }
  end();
  return blocks;
};

/** For where only text may stand: the runs of text, with blocks inside taken apart. */
export const linesIn = (flow: Flow): readonly (readonly Inline[])[] =>
  blocksIn(flow).flatMap(linesOf);

/** `linesIn` as one run with breaks. */
export const breakBlocks = (flow: Flow): readonly Inline[] =>
  linesIn(flow).flatMap((line, index) => (index === 0 ? line : [{ t: "break" }, ...line]));

const linesOf = (block: Block): readonly (readonly Inline[])[] => {
  switch (block.t) {
    case "para":
    case "heading":
      return [block.of];
    case "quote":
      return block.of.flatMap(linesOf);
    case "list":
      return block.items.flatMap((item) => item.flatMap(linesOf));
    case "table":
      return block.rows.flat();
    case "pre":
      return [[{ t: "code", text: block.text.replaceAll("\n", " ") }]];
    case "rule":
      return [];
  }
};

/** A mark around text that has blocks in it marks the text inside of them. */
export const marked = (flow: Flow, mark: (of: readonly Inline[]) => Inline): Flow => {
  const marked: (Inline | Block)[] = [];
  let run: Inline[] = [];
  const end = () => {
    if (run.length > 0) marked.push(mark(run));
    run = [];
  };
  for (const it of flow) {
    if (!isBlock(it)) run.push(it);
    else {
      end();
      marked.push(markedBlock(it, mark));
    }
  }
  end();
  return marked;
};

const markedBlock = (block: Block, mark: (of: readonly Inline[]) => Inline): Block => {
  switch (block.t) {
    case "para":
    case "heading":
      return { ...block, of: [mark(block.of)] };
    case "quote":
      return { ...block, of: block.of.map((inner) => markedBlock(inner, mark)) };
    case "list":
      return {
        ...block,
        items: block.items.map((item) => item.map((inner) => markedBlock(inner, mark))),
      };
    case "table":
      return {
        ...block,
        rows: block.rows.map((row) => row.map((cell) => (cell.length > 0 ? [mark(cell)] : cell))),
      };
    default:
      return block;
  }
};

/** White space as HTML shows it: runs are one space, none at the borders of a line. */
const tidy = (run: readonly Inline[]): readonly Inline[] => {
  const state = { space: true };
  return trimEnd(collapse(run, state));
};

const collapse = (run: readonly Inline[], state: { space: boolean }): readonly Inline[] => {
  const out: Inline[] = [];
  for (const it of run) {
    if (it.t === "text") {
      let text = it.text.replaceAll(/[ \t\n\r\f]+/g, " ");
      if (state.space && text.startsWith(" ")) text = text.slice(1);
      if (text === "") continue;
      state.space = text.endsWith(" ");
      const last = out.at(-1);
      if (last?.t === "text") out[out.length - 1] = { t: "text", text: last.text + text };
      else out.push({ t: "text", text });
    } else if (it.t === "break") {
      out.splice(0, out.length, ...trimSpace(out), it);
      state.space = true;
    } else if ("of" in it) {
      const of = collapse(it.of, state);
      if (of.length > 0) out.push(rewrap(it, of));
    } else {
      out.push(it);
      state.space = false;
    }
  }
  return out;
};

/** Without the spaces and the one break at the end that HTML does not show. */
const trimEnd = (run: readonly Inline[]): readonly Inline[] => {
  const trimmed = trimSpace(run);
  return trimmed.at(-1)?.t === "break" ? trimSpace(trimmed.slice(0, -1)) : trimmed;
};

const trimSpace = (run: readonly Inline[]): readonly Inline[] => {
  const last = run.at(-1);
  const before = run.slice(0, -1);
  if (last?.t === "text") {
    const text = last.text.replace(/ +$/, "");
    return text === "" ? trimSpace(before) : [...before, { ...last, text }];
  }
  if (last === undefined || !("of" in last)) return run;
  const of = trimSpace(last.of);
  return of.length === 0 ? trimSpace(before) : [...before, rewrap(last, of)];
};
