import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chatId, userId, type Inline, type RichText } from "@bridgebox/core/adapter";
import { fromHtml, toHtml, toPlain } from "@bridgebox/core/richtext";
import { callsOf } from "../../../test/networks/slack/blocks.ts";
import { asObject, objectsIn, textIn, type Wire } from "./api/shapes.ts";
import { fromBlocks, fromMrkdwn, toBlock, toMrkdwn } from "./format.ts";
import { escaped, unescaped } from "./mrkdwn.ts";
import type { Names } from "./names.ts";
import { cleanText } from "./rich-text.ts";
import { blockReads } from "./testing/block-cases.ts";
import { reads, writes } from "./testing/format-cases.ts";
import { randomTree } from "./testing/random-tree.ts";

const names: Names = {
  person: (id) => ({ U012345678: "Bob", U087654321: "Ana B." })[id],
  chat: (id) => ({ ref: { id: chatId(id) }, name: id === "C012345678" ? "general" : undefined }),
  group: (id) => (id === "S087654321" ? "admins" : undefined),
  emoji: (name) =>
    name === "partyparrot"
      ? { locator: { picture: "https://emoji.slack-edge.com/p.gif" } }
      : undefined,
};

const htmlOf = (tree: RichText): string => {
  const { body, html } = toHtml(tree, { user: () => undefined });
  return html ?? body;
};

/** HTML, in which links of other schemes are what HTML has no word for. */
const treeOf = (html: string): RichText => {
  const special: Inline[] = [];
  const marked = html.replaceAll(
    /<a href="(user|chat|group|all|here|emoji):([^"]*)">([^<]*)<\/a>/g,
    (_all, kind: string, id: string, text: string) => {
      special.push(specialOf({ kind, id, text }));
      return `\ue000${special.length - 1}\ue001`;
    },
  );
  const replaced = (inlines: readonly Inline[]): readonly Inline[] =>
    inlines.flatMap((inline): readonly Inline[] => {
      if ("of" in inline) return [{ ...inline, of: replaced(inline.of) }];
      if (inline.t !== "text") return [inline];
      return inline.text.split(/(\ue000\d+\ue001)/).flatMap((part): readonly Inline[] => {
        const found = special[Number(/^\ue000(\d+)/.exec(part)?.[1] ?? -1)];
        if (found) return [found];
        return part === "" ? [] : [{ t: "text", text: part }];
      });
    });
  const tree = fromHtml(marked, { pill: (_target, text) => ({ t: "text", text }) });
  return tree.map((block) =>
    block.t === "para" || block.t === "heading" ? { ...block, of: replaced(block.of) } : block,
  );
};

const specialOf = ({
  kind,
  id,
  text,
}: Readonly<Record<"kind" | "id" | "text", string>>): Inline => {
  switch (kind) {
    case "user":
      return { t: "user", id: userId(id), text };
    case "chat":
      return { t: "chat", ref: { id: chatId(id) }, text };
    case "group":
      return { t: "group", id, text };
    case "emoji":
      return { t: "emoji", name: id, media: { locator: null } };
    default:
      return { t: "everyone", scope: kind === "here" ? "here" : "all", allowed: id === "yes" };
  }
};

/** `{a·b(c)}quote{…}ul{one / two}`: blocks, short enough for a table. */
const short = (block: Wire): string => objectsIn(block, "elements").map(shortPart).join("");

const shortPart = (part: Wire): string => {
  const elements = objectsIn(part, "elements");
  if (part["type"] !== "rich_text_list") {
    const kinds: Readonly<Record<string, string>> = {
      rich_text_quote: "quote",
      rich_text_preformatted: "pre",
    };
    return `${kinds[textIn(part, "type") ?? ""] ?? ""}{${elements.map(shortElement).join("·")}}`;
  }
  const style = part["style"] === "ordered" ? "ol" : "ul";
  const indent = part["indent"] === 0 ? "" : String(Number(part["indent"]));
  const offset = part["offset"] === undefined ? "" : `+${Number(part["offset"])}`;
  const items = elements.map((each) => objectsIn(each, "elements").map(shortElement).join("·"));
  return `${style}${indent}${offset}{${items.join(" / ")}}`;
};

const marks: Readonly<Record<string, string>> = { bold: "b", italic: "i", strike: "s", code: "c" };

const shortElement = (element: Wire): string => {
  const text = (key: string): string => textIn(element, key) ?? "";
  const shown: Readonly<Record<string, string>> = {
    text: text("text"),
    link: `[${text("text")}|${text("url")}]`,
    user: `@${text("user_id")}`,
    channel: `#${text("channel_id")}`,
    usergroup: `@${text("usergroup_id")}`,
    broadcast: `!${text("range")}`,
    emoji: `:${text("name")}:`,
  };
  const style = Object.keys(asObject(element["style"]) ?? {}).map((each) => marks[each]);
  const it = shown[text("type")] ?? "?";
  return style.length === 0 ? it : `${style.join("")}(${it})`;
};

describe("from Slack", () => {
  for (const [markup, html] of reads)
    test(`markup ${JSON.stringify(markup)}`, () =>
      assert.equal(htmlOf(fromMrkdwn(markup, names)), html));
  for (const [name, blocks, html] of blockReads)
    test(`blocks: ${name}`, () => assert.equal(htmlOf(fromBlocks(blocks, names)), html));
});

describe("to Slack", () => {
  for (const [html, markup, block] of writes)
    test(html, () => {
      const tree = treeOf(html);
      assert.equal(toMrkdwn(tree), markup);
      assert.equal(short({ ...toBlock(tree) }), block);
    });
});

test("there are at least a hundred cases each way", () => {
  assert(reads.length >= 100 && writes.length >= 100, `${reads.length} and ${writes.length}`);
});

describe("whatever is written", () => {
  test("blocks that were read are written as they were", () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const once = toBlock(randomTree(seed));
      const again = toBlock(fromBlocks([{ ...once }], names));
      assert.deepEqual(again, once, `seed ${seed}`);
    }
  });

  test("no word is lost in either form", () => {
    const words = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]+/gu, "");
    for (let seed = 1; seed <= 400; seed += 1) {
      const tree = randomTree(seed);
      const plain = words(toPlain(tree));
      assert.equal(
        words(toPlain(fromBlocks([{ ...toBlock(tree) }], names))),
        plain,
        `seed ${seed}`,
      );
      assert.equal(words(toPlain(fromMrkdwn(toMrkdwn(tree), names))), plain, `seed ${seed}`);
    }
  });

  test("text calls nobody, and comes back as it was", () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const tree = randomTree(seed, ["<!channel>", "<!here>", "<@U012345678>", "&lt;!channel&gt;"]);
      const block: unknown = toBlock(tree);
      assert.deepEqual(callsOf({ text: toMrkdwn(tree), blocks: [block] }), [], `seed ${seed}`);
      const text = toPlain(tree);
      assert.equal(unescaped(escaped(text)), cleanText(text));
    }
  });
});
