import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { listIn, numberIn, objectIn, objectsIn, textIn, type Wire } from "./api/shapes.ts";
import {
  chatOf,
  emojiNamed,
  everyone,
  fromMrkdwn,
  groupOf,
  inlinesOf,
  personOf,
} from "./from-mrkdwn.ts";
import { isConversation, isPerson } from "./ids.ts";
import type { Names } from "./names.ts";

/** Blocks of a message as a tree (docs.slack.dev/reference/block-kit/blocks); buttons are left out. */
export const fromBlocks = (blocks: readonly Wire[], names: Names): RichText =>
  blocks.flatMap((block) => blockOf(block, names));

const blockOf = (block: Wire, names: Names): RichText => {
  switch (block["type"]) {
    case "rich_text":
      return richText(objectsIn(block, "elements"), names);
    case "section":
      return [
        ...textObject(objectIn(block, "text"), names),
        ...objectsIn(block, "fields").flatMap((field) => textObject(field, names)),
      ];
    case "header":
      return textObject(objectIn(block, "text"), names).map((each) =>
        each.t === "para" ? { t: "heading", level: 3, of: each.of } : each,
      );
    case "context": {
      const parts = objectsIn(block, "elements").flatMap((each) => textObject(each, names));
      const lines = parts.flatMap((each) => (each.t === "para" ? [each.of] : []));
      const of = lines.flatMap((each, index): readonly Inline[] => [
        ...(index > 0 ? [{ t: "text", text: " " } as const] : []),
        ...each,
      ]);
      return of.length === 0 ? [] : [{ t: "para", of }];
    }
    case "divider":
      return [{ t: "rule" }];
    case "image":
    case "video": {
      const title =
        textIn(objectIn(block, "title"), "text") ?? textIn(block, "alt_text") ?? "picture";
      const url = textIn(block, "image_url") ?? textIn(block, "title_url");
      const of: Inline = { t: "text", text: title };
      return [{ t: "para", of: [url === undefined ? of : { t: "link", url, of: [of] }] }];
    }
    case "markdown":
      return fromMrkdwn(textIn(block, "text") ?? "", names);
    default:
      return [];
  }
};

const textObject = (from: Wire | undefined, names: Names): RichText => {
  const text = textIn(from, "text");
  if (text === undefined) return [];
  if (from?.["type"] === "mrkdwn") return fromMrkdwn(text, names);
  return from?.["type"] === "plain_text" ? [{ t: "para", of: lines(text) }] : [];
};

/** `indent` of the list that an entry is part of. */
const richText = (parts: readonly Wire[], names: Names): RichText => {
  const out: Block[] = [];
  for (const part of parts) {
    switch (part["type"]) {
      case "rich_text_section":
        out.push(...parasOf(elements(part, names)));
        break;
      case "rich_text_quote": {
        const of = parasOf(elements(part, names));
        if (of.length > 0) out.push({ t: "quote", of });
        break;
      }
      case "rich_text_preformatted":
        out.push({ t: "pre", text: plain(part) });
        break;
      case "rich_text_list":
        addList(out, listOf(part, names), numberIn(part, "indent") ?? 0);
        break;
    }
  }
  return out;
};

type List = Extract<Block, { t: "list" }>;

const listOf = (part: Wire, names: Names): List => {
  const ordered = part["style"] === "ordered";
  const offset = numberIn(part, "offset") ?? 0;
  return {
    t: "list",
    ordered,
    ...(ordered && offset > 0 ? { start: offset + 1 } : {}),
    items: objectsIn(part, "elements").map((each) => parasOf(elements(each, names))),
  };
};

/** A deeper list belongs into the last entry of the one before it; what goes that one on is part of it. */
const addList = (blocks: Block[], list: List, indent: number): void => {
  const last = blocks.at(-1);
  if (last?.t === "list" && indent > 0) blocks[blocks.length - 1] = deeper(last, list, indent);
  else if (last?.t === "list" && goesOn(last, list)) blocks[blocks.length - 1] = joined(last, list);
  else blocks.push(list);
};

/** An ordered list that begins anew is one of its own. */
const goesOn = (first: List, second: List): boolean =>
  first.ordered === second.ordered &&
  (!first.ordered || (second.start ?? 1) === (first.start ?? 1) + first.items.length);

const joined = (first: List, second: List): List => ({
  ...first,
  items: [...first.items, ...second.items],
});

const deeper = (outer: List, list: List, indent: number): List => {
  const item: Block[] = [...(outer.items.at(-1) ?? [])];
  const inner = item.at(-1);
  if (indent > 1 && inner?.t === "list") item[item.length - 1] = deeper(inner, list, indent - 1);
  else if (inner?.t === "list" && inner.ordered === list.ordered)
    item[item.length - 1] = { ...inner, items: [...inner.items, ...list.items] };
  else item.push(list);
  return { ...outer, items: [...outer.items.slice(0, -1), item] };
};

/** An empty line is what keeps paragraphs apart in one section. */
const parasOf = (inlines: readonly Inline[]): RichText => {
  const paras: Inline[][] = [[]];
  for (const [index, inline] of inlines.entries()) {
    const doubled = inline.t === "break" && inlines[index + 1]?.t === "break";
    if (doubled && paras.at(-1)?.length !== 0) paras.push([]);
    else if (inline.t !== "break" || paras.at(-1)?.length !== 0) paras.at(-1)?.push(inline);
  }
  return paras.flatMap((of): RichText => {
    while (of.at(-1)?.t === "break") of.pop();
    return of.length === 0 ? [] : [{ t: "para", of }];
  });
};

const plain = (part: Wire): string =>
  objectsIn(part, "elements")
    .map((each) => textIn(each, "text") ?? textIn(each, "url") ?? "")
    .join("");

const elements = (part: Wire, names: Names): readonly Inline[] =>
  objectsIn(part, "elements").flatMap((each) => {
    const of = elementOf(each, names);
    return styled(objectIn(each, "style"), of);
  });

const elementOf = (element: Wire, names: Names): readonly Inline[] => {
  const id = (key: string): string => textIn(element, key) ?? "";
  switch (element["type"]) {
    case "text": {
      const text = textIn(element, "text") ?? "";
      return objectIn(element, "style")?.["code"] === true ? [{ t: "code", text }] : lines(text);
    }
    case "link": {
      const url = textIn(element, "url");
      if (url === undefined) return [];
      const of: Inline = { t: "text", text: textIn(element, "text") ?? url };
      return [{ t: "link", url, of: [of] }];
    }
    case "user":
      return isPerson(id("user_id")) ? [personOf(id("user_id"), names, "")] : [];
    case "channel":
      return isConversation(id("channel_id")) ? [chatOf(id("channel_id"), names, "")] : [];
    case "usergroup":
      return [groupOf(id("usergroup_id"), names, "")];
    case "broadcast":
      return [everyone(element["range"] === "here" ? "here" : "all")];
    case "emoji":
      return [emoji(element, names)];
    case "date": {
      const at = (numberIn(element, "timestamp") ?? 0) * 1000;
      return [{ t: "time", at, text: textIn(element, "fallback") ?? new Date(at).toISOString() }];
    }
    case "color":
      return [{ t: "text", text: id("value") }];
    default:
      return listIn(element, "elements").length > 0
        ? elements(element, names)
        : inlinesOf(id("text"), names);
  }
};

const emoji = (element: Wire, names: Names): Inline => {
  const name = textIn(element, "name") ?? "";
  const tone = numberIn(element, "skin_tone");
  const full = tone === undefined ? name : `${name}::skin-tone-${tone}`;
  const points =
    textIn(element, "unicode")
      ?.split("-")
      .map((each) => Number.parseInt(each, 16)) ?? [];
  const valid = points.length > 0 && points.every((each) => each > 0 && each <= 0x10ffff);
  return (
    emojiNamed(full, names) ?? {
      t: "text",
      text: valid ? String.fromCodePoint(...points) : `:${name}:`,
    }
  );
};

const lines = (text: string): readonly Inline[] =>
  text
    .split("\n")
    .flatMap((part, index): readonly Inline[] => [
      ...(index > 0 ? [{ t: "break" } as const] : []),
      ...(part === "" ? [] : [{ t: "text", text: part } as const]),
    ]);

/** Breaks stay outside of marks: between them lies what ends a paragraph. */
const styled = (style: Wire | undefined, of: readonly Inline[]): readonly Inline[] => {
  const marks = (["strike", "italic", "bold"] as const).filter((each) => style?.[each] === true);
  if (marks.length === 0) return of;
  return of.map((inline) =>
    inline.t === "break"
      ? inline
      : marks.reduce<Inline>((inner, t) => ({ t, of: [inner] }), inline),
  );
};
