import type { Block, Inline } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import { toHtml } from "../richtext/index.ts";

const indented = /^ {2}\S/;
const title = /^\S.*:$/;

const text = (of: string): Inline => ({ t: "text", text: of });

/**
 * What the bot says of itself. Where it has a list (lines that are indented), clients that show HTML get
 * one, with what can be typed, before a dash, told apart from what is said of it.
 */
export const noticeContent = (body: string): JsonObject => {
  const plain = { msgtype: "m.notice", body };
  if (!body.split("\n").some((line) => indented.test(line))) return plain;
  const { html } = toHtml(blocksOf(body), { user: () => undefined });
  if (html === undefined) return plain;
  return { ...plain, format: "org.matrix.custom.html", formatted_body: html };
};

const blocksOf = (body: string): readonly Block[] => {
  const blocks: Block[] = [];
  let items: (readonly Block[])[] = [];
  for (const line of body.split("\n")) {
    if (!indented.test(line)) {
      items = [];
      blocks.push({ t: "para", of: [title.test(line) ? bold(line) : text(line)] });
      continue;
    }
    if (items.length === 0) blocks.push({ t: "list", ordered: false, items });
    items.push([{ t: "para", of: entry(line.trim()) }]);
  }
  return blocks;
};

const bold = (line: string): Inline => ({ t: "bold", of: [text(line)] });

const entry = (line: string): readonly Inline[] => {
  const at = line.indexOf(" – ");
  if (at < 0) return [text(line)];
  return [{ t: "code", text: line.slice(0, at) }, text(line.slice(at))];
};
