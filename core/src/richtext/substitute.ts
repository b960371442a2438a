import type { Block, Inline, RichText } from "../adapter/index.ts";
import { rewrap } from "./look.ts";

/** Each time that word stands by itself in a text, outside of code, something else stands for it. */
export const substitute = (text: RichText, word: string, by: Inline): RichText => {
  const escaped = word.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "gu");
  const inLine = (line: readonly Inline[]): readonly Inline[] =>
    line.flatMap((inline): readonly Inline[] => {
      if (inline.t === "text") return inText(inline.text, pattern, by);
      return "of" in inline ? [rewrap(inline, inLine(inline.of))] : [inline];
    });
  const inBlock = (block: Block): Block => {
    switch (block.t) {
      case "para":
      case "heading":
        return { ...block, of: inLine(block.of) };
      case "quote":
        return { ...block, of: block.of.map(inBlock) };
      case "list":
        return { ...block, items: block.items.map((item) => item.map(inBlock)) };
      case "table":
        return { ...block, rows: block.rows.map((row) => row.map(inLine)) };
      default:
        return block;
    }
  };
  return text.map(inBlock);
};

const inText = (text: string, pattern: RegExp, by: Inline): readonly Inline[] => {
  const parts: Inline[] = [];
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > done) parts.push({ t: "text", text: text.slice(done, match.index) });
    parts.push(by);
    done = match.index + match[0].length;
  }
  if (done < text.length) parts.push({ t: "text", text: text.slice(done) });
  return parts;
};
