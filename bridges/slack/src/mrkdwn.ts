import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { cleanText, isWebLink } from "./rich-text.ts";
import { isConversation } from "./ids.ts";

/**
 * docs.slack.dev/messaging/formatting-message-text: these three signs are the only ones that begin
 * anything which calls somebody, and they are always written so.
 */
export const escaped = (text: string): string =>
  cleanText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** A tree in Slack's markup: for notifications, and for clients that show no blocks. */
export const toMrkdwn = (text: RichText): string => text.map(blockOf).join("\n\n");

const blockOf = (block: Block): string => {
  switch (block.t) {
    case "para":
      return line(block.of);
    case "heading":
      return marked("*", line(block.of));
    case "quote":
      return block.of
        .map(blockOf)
        .join("\n\n")
        .replaceAll(/^/gm, "&gt; ")
        .replaceAll("&gt; ", "> ");
    case "pre":
      return `\`\`\`\n${escaped(block.text.replaceAll("```", "ʼʼʼ"))}\n\`\`\``;
    case "list":
      return listOf(block, "");
    case "table":
      return block.rows.map((row) => row.map(line).join(" | ")).join("\n");
    case "rule":
      return "———";
  }
};

const listOf = (list: Extract<Block, { t: "list" }>, indent: string): string =>
  list.items
    .map((item, index) => {
      const mark = list.ordered ? `${(list.start ?? 1) + index}. ` : "• ";
      const inner = item.map((block) =>
        block.t === "list" ? listOf(block, `${indent}    `) : blockOf(block),
      );
      return `${indent}${mark}${inner.join("\n")}`;
    })
    .join("\n");

const line = (inlines: readonly Inline[]): string => inlines.map(inlineOf).join("");

const inlineOf = (inline: Inline): string => {
  switch (inline.t) {
    case "text":
    case "time":
      return escaped(inline.text);
    case "code":
      return inline.text.includes("`") || inline.text === ""
        ? escaped(inline.text)
        : `\`${escaped(inline.text)}\``;
    case "break":
      return "\n";
    case "bold":
      return marked("*", line(inline.of));
    case "italic":
      return marked("_", line(inline.of));
    case "strike":
      return marked("~", line(inline.of));
    case "underline":
    case "spoiler":
    case "colour":
      return line(inline.of);
    case "link": {
      const shown = line(inline.of);
      if (!isWebLink(inline.url)) return shown;
      const url = inline.url.replaceAll("&", "&amp;");
      const label = shown.replaceAll(/[<>|\n]/g, " ").trim();
      return label === "" || label === url ? `<${url}>` : `<${url}|${label}>`;
    }
    case "user":
      return /^[UW][A-Z0-9]{8,30}$/.test(inline.id) ? `<@${inline.id}>` : escaped(inline.text);
    case "chat":
      return isConversation(inline.ref.id) ? `<#${inline.ref.id}>` : escaped(inline.text);
    case "group":
      return /^S[A-Z0-9]{8,30}$/.test(inline.id) ? `<!subteam^${inline.id}>` : escaped(inline.text);
    case "everyone": {
      const range = inline.scope === "here" ? "here" : "channel";
      return inline.allowed ? `<!${range}>` : `@${range}`;
    }
    case "emoji":
      return `:${escaped(inline.name.replaceAll(/^:|:$/g, ""))}:`;
  }
};

/** A mark stands directly at what it marks, or Slack shows it as a sign. */
const marked = (mark: string, text: string): string => {
  const [, before = "", inside = "", after = ""] = /^(\s*)([^]*?)(\s*)$/.exec(text) ?? [];
  return inside === "" || inside.includes("\n\n")
    ? text
    : `${before}${mark}${inside}${mark}${after}`;
};
