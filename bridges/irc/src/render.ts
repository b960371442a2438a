import type { Block, Inline, Part, RichText, UserId } from "@bridgebox/core/adapter";
import type { Style } from "./format.ts";
import { plainStyle } from "./format.ts";
import type { Styled } from "./split.ts";

export type StyledLine = readonly Styled[];

export interface Spelling {
  /** What somebody is called now, if they are known. */
  nick(user: UserId): string | undefined;
  /** An address that others can fetch a medium at. */
  url(media: Extract<Part, { kind: "media" }>["media"]): string | undefined;
}

const clean = (text: string): string => text.replace(/\t/g, " ").replace(/[^\P{Cc}\n]/gu, "");

const one = (text: string, style: Style = plainStyle): Styled => ({ text, style });

const hiding: Pick<Style, "fg" | "bg"> = { fg: "#000000", bg: "#000000" };

function inline(node: Inline, style: Style, spelling: Spelling): readonly Styled[] {
  const inside = (of: readonly Inline[], dressed: Style) =>
    of.flatMap((item) => inline(item, dressed, spelling));
  switch (node.t) {
    case "text":
      return [one(node.text, style)];
    case "bold":
    case "italic":
    case "underline":
    case "strike":
      return inside(node.of, { ...style, [node.t]: true });
    case "spoiler": {
      const reason = node.reason === undefined ? [] : [one(`[${node.reason}] `, style)];
      return [...reason, ...inside(node.of, { ...style, ...hiding })];
    }
    case "code":
      return [one(node.text, { ...style, mono: true })];
    case "colour": {
      const fg = node.fg ?? style.fg;
      return inside(node.of, { ...style, fg, bg: node.bg ?? style.bg });
    }
    case "link": {
      const shown = inside(node.of, style);
      const text = shown.map((run) => run.text).join("");
      return text === node.url || text === ""
        ? [one(node.url, style)]
        : [...shown, one(` <${node.url}>`, style)];
    }
    case "user":
      return [one(spelling.nick(node.id) ?? node.text, style)];
    case "chat":
      return [one(node.text, style)];
    case "group":
      return [one(`@${node.text.replace(/^@/, "")}`, style)];
    case "everyone":
      return [one("everyone", style)];
    case "emoji":
      return [one(`:${node.name}:`, style)];
    case "time":
      return [one(node.text, style)];
    case "break":
      return [one("\n", style)];
    default:
      return [];
  }
}

/** Runs with line breaks in them, as lines. */
function lined(runs: readonly Styled[]): readonly StyledLine[] {
  const lines: Styled[][] = [[]];
  for (const { text, style } of runs) {
    for (const [at, piece] of clean(text.replace(/\r\n?|[\u2028\u2029]/g, "\n"))
      .split("\n")
      .entries()) {
      if (at > 0) lines.push([]);
      if (piece !== "") lines.at(-1)?.push(one(piece, style));
    }
  }
  return lines.filter((line) => line.length > 0);
}

const prefixed = (lines: readonly StyledLine[], first: string, rest = first) =>
  lines.map((line, at) => [one(at === 0 ? first : rest), ...line]);

function block(node: Block, spelling: Spelling): readonly StyledLine[] {
  const text = (of: readonly Inline[], style: Style = plainStyle) =>
    of.flatMap((item) => inline(item, style, spelling));
  switch (node.t) {
    case "para":
      return lined(text(node.of));
    case "heading":
      return lined(text(node.of, { ...plainStyle, bold: true }));
    case "quote":
      return prefixed(blocks(node.of, spelling), "> ");
    case "pre":
      return lined([one(node.text, { ...plainStyle, mono: true })]);
    case "list":
      return node.items.flatMap((item, at) => {
        const mark = node.ordered ? `${(node.start ?? 1) + at}. ` : "• ";
        return prefixed(blocks(item, spelling), mark, "  ");
      });
    case "table":
      return node.rows.flatMap((row) =>
        lined(row.flatMap((cell, at) => [...(at === 0 ? [] : [one(" | ")]), ...text(cell)])),
      );
    case "rule":
      return [[one("―――")]];
    default:
      return [];
  }
}

const blocks = (text: RichText, spelling: Spelling): readonly StyledLine[] =>
  text.flatMap((node) => block(node, spelling));

/** One part of a message as lines of IRC. */
export function renderPart(part: Part, spelling: Spelling): readonly StyledLine[] {
  const words = (...given: readonly (string | undefined)[]) =>
    lined([one(given.filter((word) => word !== undefined && word !== "").join(" "))]);
  switch (part.kind) {
    case "text":
      return blocks(part.text, spelling);
    case "media": {
      const { media, as } = part;
      const url = spelling.url(media) ?? "(it has no public address)";
      return [...words(media.name ?? as, url), ...blocks(part.caption ?? [], spelling)];
    }
    case "location":
      return words(part.name, `geo:${part.lat},${part.lon}`);
    case "contact":
      return words("Contact:", part.name);
    case "poll":
      return [
        ...words("Poll:", part.question),
        ...part.options.flatMap(({ text }, at) => words(`${at + 1}.`, text)),
      ];
    case "unsupported":
      return [...blocks(part.text, spelling), ...words(part.link)];
    default:
      return [];
  }
}
