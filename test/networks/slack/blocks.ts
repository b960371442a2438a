import { isWireObject, textOf } from "./model.ts";
import type { WireObject } from "./model.ts";

/** docs.slack.dev/reference/block-kit/blocks/rich-text-block, and the other blocks that messages take. */
const styles = ["bold", "italic", "strike", "code", "underline", "highlight", "client_highlight"];

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === "string" && value !== "";
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const style: Check = maybe(
  (value) =>
    isWireObject(value) &&
    Object.entries(value).every(([key, on]) => styles.includes(key) && typeof on === "boolean"),
);
const whole: Check = (value) => Number.isInteger(value);

const elements: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  text: { text, style },
  link: {
    url: (value) => text(value) && /^[a-z][a-z0-9+.-]*:/i.test(String(value)),
    text: maybe((value) => typeof value === "string"),
    unsafe: maybe((value) => typeof value === "boolean"),
    style,
  },
  user: { user_id: (value) => /^[UW][A-Z0-9]{8,}$/.test(String(value)), style },
  channel: { channel_id: (value) => /^[CDG][A-Z0-9]{8,}$/.test(String(value)), style },
  usergroup: { usergroup_id: (value) => /^S[A-Z0-9]{8,}$/.test(String(value)), style },
  broadcast: {
    range: (value) => ["here", "channel", "everyone"].includes(String(value)),
    style,
  },
  emoji: { name: text, unicode: maybe(text), skin_tone: maybe(whole), style },
  date: { timestamp: whole, format: text, url: maybe(text), fallback: maybe(text), style },
  color: { value: text, style },
};

/** Everything that is wrong in a list of blocks; Slack says `invalid_blocks` to it. */
export const blockProblems = (blocks: unknown): readonly string[] => {
  if (!Array.isArray(blocks)) return ["blocks is no list"];
  if (blocks.length > 50) return ["there are more than 50 blocks"];
  return blocks.flatMap((block: unknown) =>
    isWireObject(block) ? problemsOf(block) : ["a block is no object"],
  );
};

const problemsOf = (block: WireObject): readonly string[] => {
  switch (block["type"]) {
    case "rich_text":
      return listed(block["elements"]).flatMap(richProblems);
    case "section": {
      const inside = block["text"];
      const length = isWireObject(inside) ? textOf(inside["text"]).length : 0;
      return length > 0 && length <= 3000 ? [] : ["a section's text is empty or over 3000"];
    }
    case "image": {
      const source = block["slack_file"] ?? block["image_url"];
      return source !== undefined && text(block["alt_text"]) ? [] : ["an image is malformed"];
    }
    case "context":
    case "divider":
    case "header":
      return [];
    default:
      return [`there is no block ${textOf(block["type"])}`];
  }
};

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const richProblems = (part: unknown): readonly string[] => {
  if (!isWireObject(part)) return ["a rich text element is no object"];
  const { type, elements: inside, ...rest } = part;
  const allowed: Readonly<Record<string, readonly string[]>> = {
    rich_text_section: [],
    rich_text_preformatted: ["border", "language"],
    rich_text_quote: ["border"],
    rich_text_list: ["style", "indent", "offset", "border"],
  };
  const known = allowed[textOf(type)];
  if (known === undefined) return [`there is no rich text element ${textOf(type)}`];
  const strange = Object.keys(rest).filter((key) => !known.includes(key));
  const problems = strange.map((key) => `${textOf(type)} has no ${key}`);
  if (type === "rich_text_list") {
    const sections = listed(inside).every(
      (each) => isWireObject(each) && each["type"] === "rich_text_section",
    );
    const styled = rest["style"] === "bullet" || rest["style"] === "ordered";
    if (!sections || !styled) problems.push("a rich text list is malformed");
    return [...problems, ...listed(inside).flatMap(richProblems)];
  }
  const only = type === "rich_text_preformatted" ? ["text", "link"] : Object.keys(elements);
  return [...problems, ...listed(inside).flatMap((each) => elementProblems(each, only))];
};

const elementProblems = (element: unknown, only: readonly string[]): readonly string[] => {
  if (!isWireObject(element)) return ["an element is no object"];
  const { type, ...rest } = element;
  const shape = elements[textOf(type)];
  if (shape === undefined || !only.includes(textOf(type)))
    return [`no element ${textOf(type)} here`];
  const strange = Object.keys(rest).filter((key) => shape[key] === undefined);
  const wrong = Object.entries(shape).filter(([key, check]) => !check(rest[key]));
  return [
    ...strange.map((key) => `${textOf(type)} has no ${key}`),
    ...wrong.map(([key]) => `${textOf(type)}: ${key} is wrong: ${JSON.stringify(rest[key])}`),
  ];
};

/** Whom a message calls: `channel`, `here`, `everyone`, or ids of people and groups. */
export const callsOf = (message: {
  readonly text: string;
  readonly blocks?: unknown;
}): string[] => {
  const inText = Array.from(
    message.text.matchAll(/<(?:!(channel|here|everyone)|@([UW]\w+)|!subteam\^(\w+))(?:\|[^>]*)?>/g),
    (it) => it[1] ?? it[2] ?? it[3] ?? "",
  );
  const found = new Set(inText);
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) walk(each);
    if (!isWireObject(value)) return;
    for (const key of ["range", "user_id", "usergroup_id"]) {
      const called = value["type"] === "section" ? undefined : value[key];
      if (typeof called === "string") found.add(called);
    }
    for (const each of Object.values(value)) walk(each);
  };
  walk(message.blocks ?? []);
  return [...found].toSorted();
};
