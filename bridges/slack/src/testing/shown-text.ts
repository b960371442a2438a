import { asObject, listIn, textIn } from "../api/shapes.ts";
import type { Post } from "../../../../test/networks/slack/index.ts";

/** The words that a reader of a message sees: those of its blocks, or of its text where it has none. */
export const shownText = ({ text, blocks }: Pick<Post, "text" | "blocks">): string => {
  if (blocks === undefined)
    return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return blocks.map(wordsOf).join("\n");
};

const wordsOf = (value: unknown): string => {
  const from = asObject(value);
  const own = textIn(from, "text") ?? textIn(from, "url") ?? textIn(from, "name") ?? "";
  const inner = listIn(from, "elements").map(wordsOf);
  return own + inner.join(from?.["type"] === "rich_text" ? "\n" : "");
};
