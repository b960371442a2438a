import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { emojiIn } from "./locator.ts";
import { channelIn, isSnowflake } from "./ids.ts";

/** The tree as Discord's markdown; what people wrote stays what they wrote, signs and all. */
export const toMarkdown = (text: RichText): string => blocksToMarkdown(text).trim();

const tight: ReadonlySet<Block["t"]> = new Set(["quote", "pre", "list", "heading"]);

const blocksToMarkdown = (blocks: readonly Block[], between = "\n\n"): string => {
  let written = "";
  let before: Block | undefined;
  for (const block of blocks) {
    const piece = blockToMarkdown(block);
    if (piece === "") continue;
    if (before !== undefined) {
      const twoQuotes = before.t === "quote" && block.t === "quote";
      const close = (tight.has(before.t) || tight.has(block.t)) && !twoQuotes;
      written += close ? "\n" : between;
    }
    written += piece;
    before = block;
  }
  return written;
};

const blockToMarkdown = (block: Block): string => {
  switch (block.t) {
    case "para":
      return inlineToMarkdown(block.of);
    case "heading":
      return heading(block.level, inlineToMarkdown(block.of).replaceAll("\n", " "));
    case "quote":
      return prefixLines(unquoted(block.of), "> ");
    case "pre":
      return fence(block.text, block.lang);
    case "list":
      return listToMarkdown(block, "");
    case "table":
      return block.rows
        .map((row) => row.map((cell) => inlineToMarkdown(cell)).join(" \\| "))
        .join("\n");
    case "rule":
      return "———";
  }
};

const heading = (level: number, line: string): string => {
  if (line.trim() === "") return "";
  return level <= 3 ? `${"#".repeat(level)} ${line}` : `**${line}**`;
};

/** Discord has one level of quotes. */
const unquoted = (blocks: readonly Block[]): string =>
  blocksToMarkdown(blocks.flatMap((block) => (block.t === "quote" ? block.of : [block])));

const prefixLines = (text: string, prefix: string): string =>
  text === ""
    ? ""
    : text
        .split("\n")
        .map((line) => `${prefix}${line}`)
        .join("\n");

const language = /^[\w+#.-]{1,30}$/;

const fence = (text: string, lang: string | undefined): string => {
  const body = clean(text).replaceAll("```", "``\u200b`").replace(/`$/, "`\u200b");
  const named = lang !== undefined && language.test(lang) ? lang : "";
  return `\`\`\`${named}\n${body}\n\`\`\``;
};

type List = Extract<Block, { t: "list" }>;

const listToMarkdown = (list: List, indent: string): string =>
  list.items
    .map((item, index) => {
      const sign = list.ordered ? `${(list.start ?? 1) + index}. ` : "- ";
      const inner = `${indent}${list.ordered ? "   " : "  "}`;
      const parts = item.map((block) =>
        block.t === "list" ? listToMarkdown(block, inner) : blockToMarkdown(block),
      );
      const [first = "", ...rest] = parts;
      const nestedFirst = item[0]?.t === "list";
      const more = rest.map((part, at) =>
        item[at + 1]?.t === "list" ? part : prefixLines(part, inner),
      );
      const head = nestedFirst ? `\u200b\n${first}` : first.replaceAll("\n", `\n${inner}`);
      return [`${indent}${sign}${head}`, ...more].join("\n");
    })
    .join("\n");

/** One run of text and marks. Empty where nothing of it would be seen. */
const inlineToMarkdown = (inlines: readonly Inline[]): string => {
  let written = "";
  for (const inline of joined(inlines)) {
    written += writeInline(inline, written === "" || written.endsWith("\n"), written);
  }
  return written;
};

/** Texts that stand side by side, as one: signs that only together mean something are seen so. */
const joined = (inlines: readonly Inline[]): readonly Inline[] => {
  const out: Inline[] = [];
  for (const inline of inlines) {
    const last = out.at(-1);
    if (inline.t === "text" && last?.t === "text") {
      out[out.length - 1] = { t: "text", text: last.text + inline.text };
    } else if (
      (inline.t === "bold" ||
        inline.t === "italic" ||
        inline.t === "underline" ||
        inline.t === "strike") &&
      last?.t === inline.t
    ) {
      out[out.length - 1] = { t: inline.t, of: [...last.of, ...inline.of] };
    } else out.push(inline);
  }
  return out;
};

const writeInline = (inline: Inline, lineStart: boolean, before: string): string => {
  switch (inline.t) {
    case "text":
      return escapeText(inline.text, lineStart);
    case "bold":
      return wrap("**", inline.of);
    case "italic":
      return italic(inline.of, before);
    case "underline":
      return wrap("__", inline.of);
    case "strike":
      return wrap("~~", inline.of);
    case "spoiler":
      return wrap("||", inline.of);
    case "colour":
      return inlineToMarkdown(inline.of);
    case "code":
      return inlineCode(inline.text);
    case "link":
      return link(inline.url, inline.of);
    case "user":
      return isSnowflake(inline.id) ? `<@${inline.id}>` : escapeText(inline.text, lineStart);
    case "chat": {
      const channel = channelIn(inline.ref);
      return channel === undefined ? escapeText(inline.text, lineStart) : `<#${channel}>`;
    }
    case "group":
      return isSnowflake(inline.id) ? `<@&${inline.id}>` : escapeText(inline.text, lineStart);
    case "everyone":
      return inline.allowed
        ? `@${inline.scope === "all" ? "everyone" : "here"}`
        : mute(inline.scope);
    case "emoji": {
      const own = emojiIn(inline.media.locator);
      const name = /^\w{2,32}$/.test(inline.name) ? inline.name : "emoji";
      if (own === undefined) return escapeText(`:${inline.name.replaceAll(":", "")}:`, lineStart);
      return `<${own.animated ? "a" : ""}:${name}:${own.id}>`;
    }
    case "time":
      return Number.isFinite(inline.at)
        ? `<t:${Math.floor(inline.at / 1000)}:f>`
        : escapeText(inline.text, lineStart);
    case "break":
      return "\n";
  }
};

const mute = (scope: "all" | "here"): string => `@\u200b${scope === "all" ? "everyone" : "here"}`;

/** Marks hold no space at their edges, or Discord shows the signs. */
const wrap = (sign: string, of: readonly Inline[]): string => {
  const { lead, body, tail } = trimmed(inlineToMarkdown(of));
  if (body === "") return lead + tail;
  // Of spoilers and struck text Discord takes the first two signs as the end, escaped or not.
  const apart = sign === "||" || sign === "~~" ? body.endsWith(sign.slice(1)) : false;
  return `${lead}${sign}${body}${apart ? "\u200b" : ""}${sign}${tail}`;
};

const italic = (of: readonly Inline[], before: string): string => {
  const { lead, body, tail } = trimmed(inlineToMarkdown(of));
  if (body === "") return lead + tail;
  const starred = before.endsWith("*") || body.startsWith("*") || body.endsWith("*");
  const sign = starred ? "_" : "*";
  return `${lead}${sign}${body}${sign}${tail}`;
};

const trimmed = (text: string) => {
  const body = text.trim();
  if (body === "") return { lead: text, body, tail: "" };
  const start = text.indexOf(body);
  return { lead: text.slice(0, start), body, tail: text.slice(start + body.length) };
};

const inlineCode = (text: string): string => {
  const body = clean(text)
    .replaceAll("\n", " ")
    .replaceAll(/`(?=`)/g, "`\u200b");
  if (body.trim() === "") return body;
  if (!body.includes("`")) return `\`${body}\``;
  const pad = (side: boolean): string => (side ? " " : "");
  return `\`\`${pad(body.startsWith("`"))}${body}${pad(body.endsWith("`"))}\`\``;
};

const web = /^https?:\/\/[^\s<>]+$/;

const link = (url: string, of: readonly Inline[]): string => {
  const label = inlineToMarkdown(of).replaceAll("\n", " ");
  const shown = plainOf(of).trim();
  if (!web.test(url)) return label;
  const bare = shown === url || shown === url.replace(/\/$/, "") || shown === "";
  if (bare) return /[.,:;"')\]*_|~]$/.test(url) ? `<${url}>` : url;
  // A label that looks like an address is shown raw by Discord, for it could lie.
  if (/https?:\/\//.test(shown)) return `${label} (${url})`;
  const target = /[()]/.test(url) ? `<${url}>` : url;
  return `[${label.replaceAll(/(?<!\\)[[\]]/g, String.raw`\$&`)}](${target})`;
};

const plainOf = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) => {
      if ("of" in inline) return plainOf(inline.of);
      return "text" in inline ? inline.text : "";
    })
    .join("");

/** Line breaks as Discord has them, and no other control. */
const clean = (text: string): string =>
  text
    .replaceAll(/\r\n?|[\u2028\u2029\u0085\v\f]/g, "\n")
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0008\u000e-\u001f\u007f]/g, "")
    .toWellFormed();

const address = /https?:\/\/[^\s<]+[^\s<.,:;"')\]*_|~]/g;

/** Text that Discord shows as it is written. */
export const escapeText = (text: string, lineStart = true): string => {
  const whole = clean(text);
  let written = "";
  let at = 0;
  for (const { index, 0: url } of whole.matchAll(address)) {
    written += escapeRun(whole.slice(at, index)) + url;
    at = index + url.length;
  }
  written += escapeRun(whole.slice(at));
  return written
    .split("\n")
    .map((line, index) => (index > 0 || lineStart ? escapeStart(line) : line))
    .join("\n");
};

const escapeRun = (text: string): string =>
  text
    .replaceAll(/[\\*_~`|]/g, String.raw`\$&`)
    .replaceAll(/<(?=[@#:/a-z+])/gi, String.raw`\<`)
    .replaceAll("](", String.raw`\](`);

/** What at the beginning of a line would make a heading, a list or a quote of it. */
const escapeStart = (line: string): string =>
  line
    .replace(/^(\s*)(#{1,3}\s|-#\s|[-+]\s|>)/, String.raw`$1\$2`)
    .replace(/^(\s*\d+)([.)]\s)/, String.raw`$1\$2`);
