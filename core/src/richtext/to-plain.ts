import type { Block, ChatRef, Inline, RichText, UserId } from "../adapter/index.ts";

/** How a plain form names people and chats, and whether it may show what is behind a spoiler. */
export interface PlainWords {
  user(id: UserId, text: string): string;
  chat(ref: ChatRef, text: string): string;
  readonly spoilers: "shown" | "hidden";
}

/** A readable plain form: code, quotes, lists and tables as people type them; spoilers shown. */
export const toPlain = (text: RichText): string =>
  writePlain(text, { user: (_id, text) => text, chat: (_ref, text) => text, spoilers: "shown" });

/** `toPlain` with other words for people, chats and spoilers. */
export const writePlain = (text: RichText, words: PlainWords): string => blocks(text, words, 0);

/** A tree deeper than any client follows is written without its marks, and without recursion. */
const deepest = 100;

const blocks = (text: RichText, words: PlainWords, depth: number): string =>
  depth > deepest
    ? leaves(text, words)
    : text.map((block) => plainBlock(block, words, depth)).join("\n\n");

const leaves = (from: readonly (Block | Inline)[], words: PlainWords): string => {
  let text = "";
  const open = from.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.t === "spoiler" && words.spoilers === "hidden") text += "[spoiler]";
    else if (node.t === "list") open.push(...node.items.flat().toReversed());
    else if (node.t === "table") open.push(...node.rows.flat(2).toReversed());
    else if ("of" in node) open.push(...node.of.toReversed());
    else
      text += node.t === "pre" ? node.text : node.t === "rule" ? "" : plainInline(node, words, 0);
  }
  return text;
};

const plainBlock = (block: Block, words: PlainWords, depth: number): string => {
  switch (block.t) {
    case "para":
      return plainInlines(block.of, words);
    case "heading":
      return `${"#".repeat(block.level)} ${plainInlines(block.of, words)}`;
    case "quote":
      return blocks(block.of, words, depth + 1)
        .replace(/^/gm, "> ")
        .replace(/^> $/gm, ">");
    case "pre":
      return `\`\`\`${block.lang ?? ""}\n${block.text}\n\`\`\``;
    case "list":
      return plainList(block, words, depth + 1);
    case "table":
      return block.rows
        .map((row) => row.map((cell) => plainInlines(cell, words)).join(" | "))
        .join("\n");
    case "rule":
      return "---";
  }
};

const plainList = (
  block: Extract<Block, { t: "list" }>,
  words: PlainWords,
  depth: number,
): string =>
  block.items
    .map((item, index) => {
      const mark = block.ordered ? `${(block.start ?? 1) + index}. ` : "- ";
      const lines =
        depth > deepest
          ? leaves(item, words)
          : item.map((inner) => plainBlock(inner, words, depth)).join("\n");
      return mark + lines.replace(/\n/g, `\n${" ".repeat(mark.length)}`);
    })
    .join("\n");

/** One run of text in plain form. */
export const plainInlines = (inlines: readonly Inline[], words: PlainWords, depth = 0): string =>
  depth > deepest
    ? leaves(inlines, words)
    : inlines.map((inline) => plainInline(inline, words, depth + 1)).join("");

const plainInline = (inline: Inline, words: PlainWords, depth: number): string => {
  switch (inline.t) {
    case "text":
    case "time":
    case "group":
      return inline.text;
    case "code":
      return fenced(inline.text);
    case "break":
      return "\n";
    case "user":
      return words.user(inline.id, inline.text);
    case "chat":
      return words.chat(inline.ref, inline.text);
    case "everyone":
      return inline.scope === "here" ? "@here" : "@room";
    case "emoji":
      return `:${inline.name.replace(/^:|:$/g, "")}:`;
    case "spoiler":
      if (words.spoilers === "hidden") {
        return inline.reason === undefined ? "[spoiler]" : `[spoiler: ${inline.reason}]`;
      }
      return plainInlines(inline.of, words, depth);
    case "link": {
      const shown = plainInlines(inline.of, words, depth);
      return isBare(inline) || shown.trim() === "" ? inline.url : `${shown} (${inline.url})`;
    }
    default:
      return plainInlines(inline.of, words, depth);
  }
};

const fenced = (code: string): string => (code.includes("`") ? `\`\` ${code} \`\`` : `\`${code}\``);

/** A link that shows just its own address: the same as plain text. */
export const isBare = (link: Extract<Inline, { t: "link" }>): boolean => {
  const [only, ...more] = link.of;
  return more.length === 0 && only?.t === "text" && only.text === link.url;
};
