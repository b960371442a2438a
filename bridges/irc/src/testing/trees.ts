import assert from "node:assert/strict";
import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { firstPart, userId } from "@bridgebox/core/adapter";
import { parseText } from "../format.ts";
import { renderPart } from "../render.ts";
import { split } from "../split.ts";

const nicks = ["Alice", "bob", "[x]", "c3po"];
const people = {
  nickAt: (word: string) => {
    const nick = nicks.find((one) => one.toLowerCase() === word.toLowerCase());
    return nick === undefined ? undefined : { user: userId(nick.toLowerCase()), nick };
  },
};

/** A tree in short, so that a row of a table is one line. */
export function show(node: Inline): string {
  const inside = (of: readonly Inline[]) => of.map(show).join("");
  switch (node.t) {
    case "text":
      return node.text;
    case "bold":
    case "italic":
    case "underline":
    case "strike":
      return `${node.t.charAt(0).toUpperCase()}(${inside(node.of)})`;
    case "spoiler":
      return `H(${inside(node.of)})`;
    case "code":
      return `M(${node.text})`;
    case "colour":
      return `${node.fg ?? ""}/${node.bg ?? ""}(${inside(node.of)})`;
    case "link":
      return `L(${node.url})`;
    case "user":
      return `@${node.id}(${node.text})`;
    default:
      return `?${node.t}`;
  }
}

/** What a line says, in short. */
export const read = (line: string): string => {
  const [block] = parseText(line, people);
  assert.equal(block?.t, "para");
  return block.of.map(show).join("");
};

export const [B, I, U, S, M, K, X, R, O] = [
  "\x02",
  "\x1d",
  "\x1f",
  "\x1e",
  "\x11",
  "\x03",
  "\x04",
  "\x16",
  "\x0f",
];

/** Nodes of a tree, each as short as its name. */
export const t = (text: string): Inline => ({ t: "text", text });
export const b = (...of: Inline[]): Inline => ({ t: "bold", of });
export const i = (...of: Inline[]): Inline => ({ t: "italic", of });
export const u = (...of: Inline[]): Inline => ({ t: "underline", of });
export const s = (...of: Inline[]): Inline => ({ t: "strike", of });
export const h = (...of: Inline[]): Inline => ({ t: "spoiler", of });
export const m = (text: string): Inline => ({ t: "code", text });
export const k = (fg: string, ...of: Inline[]): Inline => ({ t: "colour", fg, of });
export const kb = (fg: string, bg: string, ...of: Inline[]): Inline => ({
  t: "colour",
  fg,
  bg,
  of,
});
export const a = (url: string, ...of: Inline[]): Inline => ({ t: "link", url, of });
export const br: Inline = { t: "break" };
export const p = (...of: Inline[]): Block => ({ t: "para", of });
export const ul = (...items: Block[][]): Block => ({ t: "list", ordered: false, items });
export const ol = (start: number, ...items: Block[][]): Block => ({
  t: "list",
  ordered: true,
  start,
  items,
});
export const q = (...of: Block[]): Block => ({ t: "quote", of });
export const who = (id: string, text: string): Inline => ({ t: "user", id: userId(id), text });

export const spelling = {
  nick: (user: string) => (user === "alice" ? "Alice" : undefined),
  url: () => undefined,
};

/** A tree as the lines that go out. */
export const written = (text: RichText, budget = 400): readonly string[] =>
  renderPart({ id: firstPart, kind: "text", text }, spelling).flatMap((line) =>
    split(line, budget),
  );
