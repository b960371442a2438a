import { firstPart, partId } from "@bridgebox/core/adapter";
import type {
  AsideEvent,
  ChatRef,
  Content,
  EditEvent,
  MessageEvent,
  Part,
  Preview,
  RichText,
  StateEvent,
  Target,
  UserInfo,
} from "@bridgebox/core/adapter";
import { EmbedType, MessageReferenceType, MessageType } from "discord.js";
import type { APIEmbed, APIMessage, APIPoll, APIUser } from "discord.js";
import { messageOf, orderOf, timeOf, userOf } from "./ids.ts";
import { attachmentPart, avatarOf, stickerPart } from "./media.ts";
import { fromMarkdown } from "./parse.ts";
import type { Names } from "./parse-inline.ts";
import { namesFor } from "./view.ts";
import type { View } from "./view.ts";

/** A message, with the chat that it is in. */
export interface Found {
  readonly message: APIMessage;
  readonly chat: ChatRef;
  readonly guild: string | undefined;
}

/** Said by a person, and not told by Discord. */
export const isSaid = ({ type }: Pick<APIMessage, "type">): boolean =>
  type === MessageType.Default ||
  type === MessageType.Reply ||
  type === MessageType.ChatInputCommand ||
  type === MessageType.ContextMenuCommand;

/** Whether a webhook of ours said it. */
export const isOwnWebhook = (message: APIMessage, view: View): boolean =>
  message.webhook_id !== undefined &&
  (message.application_id ?? message.application?.id) === view.application();

/** A foreign webhook has a name for each message, so its ghost is the webhook. */
const isGuest = (message: APIMessage): boolean =>
  message.webhook_id !== undefined && message.interaction_metadata === undefined;

export const messageEvent = async (found: Found, view: View): Promise<MessageEvent> => {
  const { message, chat } = found;
  const { author, nonce } = message;
  const own = author.id === view.self && message.webhook_id === undefined;
  return {
    kind: "message",
    chat,
    id: messageOf(message.id),
    key: `m:${message.id}`,
    order: orderOf(message.id),
    sender: userOf(author.id),
    at: timeOf(message.id),
    content: await contentOf(found, view),
    ...(isGuest(message) ? { profile: { name: author.username, ...avatar(author) } } : {}),
    ...(own && nonce !== undefined ? { confirms: String(nonce) } : {}),
  };
};

/** What a person says to the bot in private. Bots and webhooks are never heard, so that none answers us. */
export const asideEvent = ({ message, chat, guild }: Found, view: View): AsideEvent | undefined => {
  const { author, content } = message;
  const bot = author.bot === true || author.system === true || message.webhook_id !== undefined;
  if (guild !== undefined || bot || author.id === view.self || !isSaid(message)) return undefined;
  return {
    kind: "aside",
    chat,
    key: `a:${message.id}`,
    sender: userOf(author.id),
    name: author.username,
    text: content,
    at: timeOf(message.id),
  };
};

const avatar = (author: APIUser) => {
  const media = avatarOf(author);
  return media === null ? {} : { avatar: media };
};

/** `undefined` for a change of something else: a preview that was found, an end of a poll. */
export const editEvent = async (found: Found, view: View): Promise<EditEvent | undefined> => {
  const { message, chat } = found;
  if (message.edited_timestamp === null || !isSaid(message)) return undefined;
  const version = String(Date.parse(message.edited_timestamp));
  return {
    kind: "edit",
    chat,
    id: messageOf(message.id),
    key: `e:${message.id}:${version}`,
    version,
    sender: userOf(message.author.id),
    at: Number(version),
    content: await contentOf(found, view),
  };
};

/** How a person is shown. */
export const userInfo = (user: APIUser): UserInfo => ({
  name: user.global_name ?? user.username,
  avatar: avatarOf(user),
  bot: user.bot === true,
  identifiers: [`discord:${user.username}`],
});

export const userEvent = (user: APIUser): StateEvent => ({
  kind: "user",
  user: userOf(user.id),
  info: userInfo(user),
  at: Date.now(),
});

const contentOf = async (found: Found, view: View): Promise<Content> => {
  const { message, guild } = found;
  const [snapshot] = message.message_snapshots ?? [];
  if (snapshot !== undefined && message.message_reference?.type === MessageReferenceType.Forward) {
    const forwarded = {
      ...message,
      ...snapshot.message,
      mentions: snapshot.message.mentions ?? [],
    };
    const names = await namesFor(forwarded, guild, view);
    const from = view.places.known(message.message_reference.channel_id)?.name;
    const at = Date.parse(snapshot.message.timestamp);
    return {
      parts: partsOf({ ...found, message: forwarded }, names),
      forwarded: { from: typeof from === "string" ? `#${from}` : "another channel", at },
    };
  }
  const names = await namesFor(message, guild, view);
  const replyTo = replyOf(message);
  return { parts: partsOf(found, names), ...(replyTo ? { replyTo } : {}) };
};

/** What shows which message is meant. Nothing of half a character is left, which no homeserver need take. */
export const beginning = (text: string): string => text.slice(0, 300).toWellFormed();

const replyOf = (message: APIMessage): Target | undefined => {
  const { message_reference: reference, referenced_message: target } = message;
  const id = reference?.message_id;
  const elsewhere =
    reference?.channel_id !== undefined && reference.channel_id !== message.channel_id;
  if (message.type !== MessageType.Reply || id === undefined || elsewhere) return undefined;
  if (!target) return { id: messageOf(id) };
  const { author, content } = target;
  return {
    id: messageOf(id),
    sender: userOf(author.id),
    senderName: author.global_name ?? author.username,
    ...(content === "" ? {} : { excerpt: beginning(content) }),
  };
};

/** In the order in which Discord shows them; the first one is the message's own part. */
const partsOf = ({ message, chat }: Found, names: Names): readonly Part[] => {
  const owner = { chat, message: messageOf(message.id) };
  const previews = (message.embeds ?? []).flatMap(previewOf);
  const text = fromMarkdown(message.content ?? "", names);
  const rich = (message.embeds ?? []).flatMap((embed) => embedText(embed, names));
  const files = (message.attachments ?? []).map((file) =>
    attachmentPart(file, owner, message.flags ?? 0),
  );
  const stickers = (message.sticker_items ?? []).map(stickerPart);
  const poll = message.poll ? [pollPart(message.poll)] : [];
  const [only] = files;
  const alone =
    files.length === 1 && stickers.length === 0 && poll.length === 0 && rich.length === 0;
  if (only !== undefined && alone && text.length > 0)
    return [{ ...only, id: firstPart, caption: text }];
  const said: readonly Part[] =
    text.length + rich.length > 0
      ? [
          {
            id: firstPart,
            kind: "text",
            text: [...text, ...rich],
            ...(previews.length > 0 ? { previews } : {}),
          },
        ]
      : [];
  const parts = [...said, ...poll, ...files, ...stickers];
  const [first, ...more] = parts;
  if (first === undefined) return [nothing(message)];
  return [{ ...first, id: firstPart }, ...more];
};

/** Shown where a message holds only what this bridge has no word for. */
const nothing = (message: APIMessage): Part => ({
  id: firstPart,
  kind: "unsupported",
  what: (message.components?.length ?? 0) > 0 ? "components" : "message",
  text: [{ t: "para", of: [{ t: "text", text: "A message that can be seen on Discord only" }] }],
});

/** What Discord found behind a link. */
const previewOf = (embed: APIEmbed): readonly Preview[] => {
  if (embed.type === EmbedType.Rich || embed.url === undefined) return [];
  const { url, title, description } = embed;
  return [{ url, ...(title ? { title } : {}), ...(description ? { text: description } : {}) }];
};

/** A card that a bot made, as text. */
const embedText = (embed: APIEmbed, names: Names): RichText => {
  if (embed.type !== undefined && embed.type !== EmbedType.Rich) return [];
  const { title, url, description, fields = [], author, footer, image } = embed;
  const link = (text: string, target: string | undefined): RichText =>
    target === undefined
      ? [{ t: "para", of: [{ t: "bold", of: [{ t: "text", text }] }] }]
      : [
          {
            t: "para",
            of: [{ t: "bold", of: [{ t: "link", url: target, of: [{ t: "text", text }] }] }],
          },
        ];
  const of: RichText = [
    ...(author ? link(author.name, author.url) : []),
    ...(title ? link(title, url) : []),
    ...(description ? fromMarkdown(description, names) : []),
    ...fields.flatMap(({ name, value }) => [
      ...link(name, undefined),
      ...fromMarkdown(value, names),
    ]),
    ...(image
      ? [
          {
            t: "para" as const,
            of: [
              { t: "link" as const, url: image.url, of: [{ t: "text" as const, text: image.url }] },
            ],
          },
        ]
      : []),
    ...(footer
      ? [
          {
            t: "para" as const,
            of: [{ t: "italic" as const, of: [{ t: "text" as const, text: footer.text }] }],
          },
        ]
      : []),
  ];
  return of.length === 0 ? [] : [{ t: "quote", of }];
};

const pollPart = (poll: APIPoll): Part => ({
  id: partId("poll"),
  kind: "poll",
  question: poll.question.text ?? "",
  options: poll.answers.map(({ answer_id: id, poll_media: { text, emoji } }) => ({
    id: String(id),
    text: [emoji?.name, text].filter((it) => it).join(" "),
  })),
  max: poll.allow_multiselect ? poll.answers.length : 1,
  hidden: false,
  ...(poll.expiry === null ? {} : { closesAt: Date.parse(poll.expiry) }),
});

/** How the votes stand, where a message tells. */
export const pollState = ({ message, chat }: Found): StateEvent | undefined => {
  const results = message.poll?.results;
  if (results?.is_finalized !== true) return undefined;
  const tally = Object.fromEntries(
    results.answer_counts.map(({ id, count }) => [String(id), count]),
  );
  return { kind: "votes", chat, id: messageOf(message.id), at: Date.now(), tally, closed: true };
};
