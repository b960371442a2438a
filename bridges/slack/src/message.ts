import {
  firstPart,
  type ChatRef,
  type Content,
  type EditEvent,
  type Log,
  type LogEvent,
  type LoginId,
  type MessageEvent,
  type Part,
  type PerMessageProfile,
  type StateEvent,
  type UserId,
} from "@bridgebox/core/adapter";
import type { SlackMessage } from "./api/message.ts";
import { signOf } from "./emoji.ts";
import { attachmentsOf, textOf } from "./format.ts";
import { chatRef, messageOf, orderOf, timeOf, userOf } from "./ids.ts";
import { partOf, publicPicture } from "./media.ts";
import { namesIn } from "./names.ts";
import type { Names } from "./names.ts";
import type { People } from "./people.ts";

type CallEvent = Extract<LogEvent, { kind: "call" }>;

/** What a translation needs to know of the login that sees something. */
export interface View {
  readonly login: LoginId;
  /** The account's own id, and that of its bot. */
  readonly self: { readonly user: string; readonly bot: string | undefined };
  /** The id of the workspace that it is in. */
  readonly workspace: string;
  readonly people: People;
  readonly log: Log;
  /** A position of the login's own stream, as of the last commit. */
  position(name: string): string | undefined;
  /** The chats that the account takes part in, as the core knows. */
  chats(): Promise<readonly ChatRef[]>;
  /** The key of the send that put this file or message there, where it was ours. */
  confirms(message: SlackMessage): string | undefined;
  /** Remembers which thread a message is in. */
  noteThread(channel: string, message: SlackMessage): void;
}

/** Who said it: a person, our own bot, or an integration. */
export const senderOf = (message: SlackMessage, { self }: View): UserId | undefined => {
  if (message.bot !== undefined && message.bot === self.bot) return userOf(self.user);
  const id = message.user ?? message.bot;
  return id === undefined ? undefined : userOf(id);
};

/** What Slack says in a conversation about it, which comes as events of its own too. */
export const isNews = (subtype: string | undefined): boolean =>
  subtype !== undefined && !spoken.has(subtype);

const spoken = new Set([
  "bot_message",
  "file_share",
  "me_message",
  "thread_broadcast",
  "bot_add",
  "file_comment",
  "file_mention",
  "reply_broadcast",
  "assistant_app_thread",
]);

/** A new message; nothing where nobody said it. */
export const messageEvent = async (
  message: SlackMessage,
  channel: string,
  view: View,
): Promise<MessageEvent | undefined> => {
  const sender = senderOf(message, view);
  if (sender === undefined) return undefined;
  view.noteThread(channel, message);
  const confirms = message.ownKey ?? view.confirms(message);
  const profile = profileOf(message);
  return {
    kind: "message",
    chat: chatRef(channel, view.login),
    at: timeOf(message.ts),
    order: orderOf(message.ts),
    key: message.ts,
    sender,
    id: messageOf(message.ts),
    content: await contentOf(message, view),
    ...(profile === undefined || sender === view.self.user ? {} : { profile }),
    ...(confirms === undefined ? {} : { confirms }),
  };
};

/** A huddle that began or is over; each of it is told once, however often Slack changes its line. */
export const huddleEvent = (
  { huddle, ts, user }: SlackMessage,
  channel: string,
  view: View,
): CallEvent | undefined => {
  const sender = huddle?.by ?? user;
  if (huddle === undefined || sender === undefined) return undefined;
  return {
    kind: "call",
    chat: chatRef(channel, view.login),
    at: timeOf(ts),
    order: orderOf(ts),
    key: `h:${ts}:${huddle.state}`,
    sender: userOf(sender),
    state: huddle.state,
    link: `https://app.slack.com/huddle/${view.workspace}/${channel}`,
  };
};

/** A message as it is now; nothing for a change that no person made, such as a preview of a link. */
export const editEvent = async (
  message: SlackMessage,
  channel: string,
  view: View,
): Promise<EditEvent | undefined> => {
  const sender = senderOf(message, view);
  if (sender === undefined || message.edited === undefined) return undefined;
  return {
    kind: "edit",
    chat: chatRef(channel, view.login),
    at: timeOf(message.edited),
    order: orderOf(message.edited),
    key: `e:${message.ts}:${message.edited}`,
    sender,
    id: messageOf(message.ts),
    version: message.edited,
    content: await contentOf(message, view),
  };
};

const contentOf = async (message: SlackMessage, view: View): Promise<Content> => {
  const said = [message.text, message.blocks, message.attachments];
  const names = await namesIn(view.people, view.login, said);
  const { thread } = message;
  const root = thread === undefined || thread === message.ts ? undefined : thread;
  const target =
    root === undefined
      ? undefined
      : {
          id: messageOf(root),
          ...(message.parentUser === undefined ? {} : { sender: userOf(message.parentUser) }),
        };
  return {
    parts: partsOf(message, names),
    ...(target === undefined
      ? {}
      : {
          replyTo: target,
          thread: {
            root: target,
            ...(message.subtype === "thread_broadcast" ? { alsoInChat: true } : {}),
          },
        }),
  };
};

const partsOf = (message: SlackMessage, names: Names): readonly Part[] => {
  const text = [...textOf(message, names), ...attachmentsOf(message.attachments, names)];
  const { files } = message;
  const [only, ...more] = files;
  if (only !== undefined && more.length === 0) return [partOf(only, text)];
  const said: readonly Part[] =
    text.length === 0 && files.length > 0
      ? []
      : [
          {
            id: firstPart,
            kind: "text",
            text,
            ...(message.subtype === "me_message" ? { tone: "action" } : {}),
          },
        ];
  return [...said, ...files.map((file) => partOf(file, undefined))];
};

const profileOf = ({ username, icon }: SlackMessage): PerMessageProfile | undefined =>
  username === undefined
    ? undefined
    : { name: username, ...(icon === undefined ? {} : { avatar: publicPicture(icon) }) };

/** Who has reacted with what, all of them. */
export const reactionsOf = async (
  message: SlackMessage,
  chat: ChatRef,
  view: View,
): Promise<StateEvent | undefined> => {
  if (message.reactions.length === 0) return undefined;
  const set = await Promise.all(
    message.reactions.flatMap(({ name, users }) =>
      users.map((user) => reactionOf({ name, user, on: true }, view)),
    ),
  );
  return {
    kind: "reactions",
    chat,
    at: timeOf(message.ts),
    id: messageOf(message.ts),
    set,
    complete: "all",
  };
};

export const reactionOf = async (
  { name, user, on }: { readonly name: string; readonly user: string; readonly on: boolean },
  { people }: View,
) => {
  const sign = signOf(name);
  const url = sign === undefined ? await people.picture(name) : undefined;
  return {
    user: userOf(user),
    emoji: sign ?? `:${name}:`,
    on,
    ...(url === undefined ? {} : { custom: publicPicture(url) }),
  };
};
