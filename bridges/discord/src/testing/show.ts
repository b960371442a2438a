import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import type { Names } from "../parse-inline.ts";

/** Whom the tests' messages mention. */
export const names: Names = {
  everyone: true,
  user: (id) => (id === "7" ? "Dora" : undefined),
  role: (id) => (id === "8" ? "mods" : undefined),
  channel: (id) => (id === "9" ? "lounge" : undefined),
};

/** A tree in one line, so that a table can hold it. */
export const show = (text: RichText): string => text.map(showBlock).join(" ");

const showBlock = (block: Block): string => {
  switch (block.t) {
    case "para":
      return `p(${showAll(block.of)})`;
    case "heading":
      return `h${block.level}(${showAll(block.of)})`;
    case "quote":
      return `q(${show(block.of)})`;
    case "pre":
      return `pre${block.lang === undefined ? "" : `:${block.lang}`}(${block.text.replaceAll("\n", "⏎")})`;
    case "list":
      return `${block.ordered ? `ol${block.start ?? ""}` : "ul"}(${block.items.map((item) => show(item)).join(" / ")})`;
    case "table":
      return "table";
    case "rule":
      return "hr";
  }
};

const showAll = (inlines: readonly Inline[]): string => inlines.map(showInline).join("");

const short: Readonly<Record<string, string>> = {
  bold: "b",
  italic: "i",
  underline: "u",
  strike: "s",
  spoiler: "sp",
};

const showInline = (inline: Inline): string => {
  switch (inline.t) {
    case "text":
      return inline.text;
    case "break":
      return "⏎";
    case "code":
      return `code(${inline.text})`;
    case "link":
      return `link[${inline.url}](${showAll(inline.of)})`;
    case "user":
      return `user[${inline.id}](${inline.text})`;
    case "chat":
      return `chat[${inline.ref.id}](${inline.text})`;
    case "group":
      return `role[${inline.id}](${inline.text})`;
    case "everyone":
      return `everyone[${inline.scope}]`;
    case "emoji":
      return `emoji[${inline.name}]`;
    case "time":
      return `time[${inline.at}]`;
    case "colour":
      return showAll(inline.of);
    default:
      return `${short[inline.t]}(${showAll(inline.of)})`;
  }
};
