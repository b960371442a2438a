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
export const writePlain = (text: RichText, words: PlainWords): string =>
  text.map((block) => plainBlock(block, words)).join("\n\n");

const plainBlock = (block: Block, words: PlainWords): string => {
  switch (block.t) {
    case "para":
      return plainInlines(block.of, words);
    case "heading":
      return `${"#".repeat(block.level)} ${plainInlines(block.of, words)}`;
    case "quote":
      return writePlain(block.of, words).replace(/^/gm, "> ").replace(/^> $/gm, ">");
    case "pre":
      return `\`\`\`${block.lang ?? ""}\n${block.text}\n\`\`\``;
    case "list":
      return plainList(block, words);
    case "table":
      return block.rows
        .map((row) => row.map((cell) => plainInlines(cell, words)).join(" | "))
        .join("\n");
    case "rule":
      return "---";
  }
};

const plainList = (block: Extract<Block, { t: "list" }>, words: PlainWords): string =>
  block.items
    .map((item, index) => {
      const mark = block.ordered ? `${(block.start ?? 1) + index}. ` : "- ";
      const lines = item.map((inner) => plainBlock(inner, words)).join("\n");
      return mark + lines.replace(/\n/g, `\n${" ".repeat(mark.length)}`);
    })
    .join("\n");

/** One run of text in plain form. */
export const plainInlines = (inlines: readonly Inline[], words: PlainWords): string =>
  inlines.map((inline) => plainInline(inline, words)).join("");

const plainInline = (inline: Inline, words: PlainWords): string => {
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
      return plainInlines(inline.of, words);
    case "link": {
      const shown = plainInlines(inline.of, words);
      return isBare(inline) || shown.trim() === "" ? inline.url : `${shown} (${inline.url})`;
    }
    default:
      return plainInlines(inline.of, words);
  }
};

const fenced = (code: string): string => (code.includes("`") ? `\`\` ${code} \`\`` : `\`${code}\``);

/** A link that shows just its own address: the same as plain text. */
export const isBare = (link: Extract<Inline, { t: "link" }>): boolean => {
  const [only, ...more] = link.of;
  return more.length === 0 && only?.t === "text" && only.text === link.url;
};
