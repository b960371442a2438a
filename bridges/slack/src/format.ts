import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { objectsIn, textIn, type Wire } from "./api/shapes.ts";
import type { SlackMessage } from "./api/message.ts";
import { fromBlocks } from "./from-blocks.ts";
import { fromMrkdwn } from "./from-mrkdwn.ts";
import type { Names } from "./names.ts";

export { fromBlocks } from "./from-blocks.ts";
export { fromMrkdwn } from "./from-mrkdwn.ts";
export { toMrkdwn } from "./mrkdwn.ts";
export { toBlock } from "./rich-text.ts";

/**
 * What a message says. Its blocks are the message, where there are any that hold words; its text
 * stands for them in notifications.
 */
export const textOf = (message: Pick<SlackMessage, "text" | "blocks">, names: Names): RichText => {
  const shown = fromBlocks(message.blocks, names);
  const worded = shown.some((block) => block.t !== "rule");
  return worded ? shown : fromMrkdwn(message.text, names);
};

/** What integrations hang below a message; the previews of links that it holds are left out. */
export const attachmentsOf = (attachments: readonly Wire[], names: Names): RichText =>
  attachments.flatMap((each) => {
    const preview = textIn(each, "from_url") !== undefined && each["is_msg_unfurl"] !== true;
    return preview ? [] : attachmentOf(each, names);
  });

/** docs.slack.dev/reference/messaging/attachments: the old form, and messages that are shared. */
const attachmentOf = (from: Wire, names: Names): RichText => {
  const blocks = fromBlocks(objectsIn(from, "blocks"), names);
  const title = textIn(from, "title");
  const link = textIn(from, "title_link");
  const text = textIn(from, "text");
  const author = textIn(from, "author_name");
  const footer = textIn(from, "footer");
  const inside: RichText = [
    ...(author === undefined ? [] : [para(author)]),
    ...(title === undefined ? [] : [titled(title, link)]),
    ...(text === undefined ? [] : fromMrkdwn(text, names)),
    ...blocks,
    ...objectsIn(from, "fields").flatMap((field) => fieldOf(field, names)),
    ...(footer === undefined ? [] : [para(footer)]),
  ];
  const words: RichText =
    inside.length > 0 ? inside : fromMrkdwn(textIn(from, "fallback") ?? "", names);
  const before = textIn(from, "pretext");
  return [
    ...(before === undefined ? [] : fromMrkdwn(before, names)),
    ...(words.length === 0 ? [] : [{ t: "quote", of: words } as const]),
  ];
};

const titled = (title: string, link: string | undefined): Block => {
  const words: Inline = { t: "text", text: title };
  const of: Inline = link === undefined ? words : { t: "link", url: link, of: [words] };
  return { t: "para", of: [{ t: "bold", of: [of] }] };
};

const fieldOf = (field: Wire, names: Names): RichText => {
  const title = textIn(field, "title");
  const value = fromMrkdwn(textIn(field, "value") ?? "", names);
  return title === undefined ? value : [titled(title, undefined), ...value];
};

const para = (text: string): Block => ({ t: "para", of: [{ t: "text", text }] });
