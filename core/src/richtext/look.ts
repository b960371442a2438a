import type { Block, Inline, RichText, UserId } from "../adapter/index.ts";

const blockKinds: ReadonlySet<string> = new Set<Block["t"]>([
  "para",
  "heading",
  "quote",
  "pre",
  "list",
  "table",
  "rule",
]);

export const isBlock = (it: Inline | Block): it is Block => blockKinds.has(it.t);

/** The lines of text directly in a block, without its nested blocks. */
export const inlinesOf = (block: Block): readonly (readonly Inline[])[] => {
  if (block.t === "para" || block.t === "heading") return [block.of];
  return block.t === "table" ? block.rows.flat() : [];
};

/** The blocks nested in a block. */
export const blocksOf = (block: Block): readonly Block[] => {
  if (block.t === "quote") return block.of;
  return block.t === "list" ? block.items.flat() : [];
};

/** What is inside a mark; nothing for what is not one. */
export const within = (inline: Inline): readonly Inline[] => ("of" in inline ? inline.of : []);

/** The same mark around other text. */
export const rewrap = (inline: Inline, of: readonly Inline[]): Inline =>
  "of" in inline ? { ...inline, of } : inline;

/** Nothing in it that a reader could see. */
export const empty = (text: RichText): boolean =>
  text.every((block) => {
    if (block.t === "rule") return false;
    if (block.t === "pre") return block.text.trim() === "";
    return empty(blocksOf(block)) && inlinesOf(block).every((line) => line.every(unseen));
  });

const unseen = (inline: Inline): boolean => {
  if (inline.t === "break") return true;
  if (inline.t === "text" || inline.t === "code") return inline.text.trim() === "";
  return "of" in inline && inline.of.every(unseen);
};

/** Every inline of a text and what is inside of it, in the order of the text. */
export function* every(text: RichText): Generator<Inline> {
  const open: (Block | Inline)[] = text.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isBlock(node)) {
      const inner = [...inlinesOf(node).flat(), ...blocksOf(node)];
      open.push(...inner.toReversed());
    } else {
      yield node;
      open.push(...within(node).toReversed());
    }
  }
}

/** Each person mentioned, once, in the order of the text. */
export const mentions = (text: RichText): readonly UserId[] => [
  ...new Set([...every(text)].flatMap((it) => (it.t === "user" ? [it.id] : []))),
];
