import type { Block, Inline, RichText, UserId } from "../adapter/index.ts";

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

/** Each person mentioned, once, in the order of the text. */
export const mentions = (text: RichText): readonly UserId[] => {
  const found = new Set<UserId>();
  const inInline = (inline: Inline): void => {
    if (inline.t === "user") found.add(inline.id);
    for (const inner of within(inline)) inInline(inner);
  };
  const inBlock = (block: Block): void => {
    for (const line of inlinesOf(block)) for (const inline of line) inInline(inline);
    for (const inner of blocksOf(block)) inBlock(inner);
  };
  for (const block of text) inBlock(block);
  return [...found];
};
