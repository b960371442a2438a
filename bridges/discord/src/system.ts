import type { Inline, LogEvent, RichText } from "@bridgebox/core/adapter";
import { MessageType } from "discord.js";
import type { APIMessage } from "discord.js";
import { orderOf, timeOf, userOf } from "./ids.ts";
import { beginning } from "./message.ts";
import type { Found } from "./message.ts";

/** What Discord says by itself; the name of who did it stands before. */
const sentences: Readonly<Partial<Record<MessageType, (message: APIMessage) => string>>> = {
  [MessageType.RecipientAdd]: (it) => `added ${firstMentioned(it)}`,
  [MessageType.RecipientRemove]: (it) => `removed ${firstMentioned(it)}`,
  [MessageType.Call]: () => "started a call",
  [MessageType.ChannelNameChange]: (it) => `named the channel ${it.content}`,
  [MessageType.ChannelIconChange]: () => "changed the channel's picture",
  [MessageType.ChannelPinnedMessage]: () => "pinned a message",
  [MessageType.UserJoin]: () => "joined the server",
  [MessageType.GuildBoost]: () => "boosted the server",
  [MessageType.GuildBoostTier1]: () => "boosted the server to level 1",
  [MessageType.GuildBoostTier2]: () => "boosted the server to level 2",
  [MessageType.GuildBoostTier3]: () => "boosted the server to level 3",
  [MessageType.ChannelFollowAdd]: (it) => `made this channel follow ${it.content}`,
  [MessageType.ThreadCreated]: (it) => `started a thread: ${it.content}`,
  [MessageType.StageStart]: (it) => `started the stage ${it.content}`,
  [MessageType.StageEnd]: (it) => `ended the stage ${it.content}`,
  [MessageType.StageTopic]: (it) => `changed the stage's topic to ${it.content}`,
  [MessageType.AutoModerationAction]: () => "was stopped by AutoMod",
  [MessageType.PollResult]: (it) => pollResult(it),
};

const firstMentioned = ({ mentions }: APIMessage): string => {
  const [user] = mentions;
  return user === undefined ? "somebody" : (user.global_name ?? user.username);
};

const pollResult = ({ embeds }: APIMessage): string => {
  const field = (name: string): string | undefined =>
    embeds[0]?.fields?.find((it) => it.name === name)?.value;
  const question = field("poll_question_text") ?? "the poll";
  const winner = field("victor_answer_text");
  return winner === undefined
    ? `ended the poll “${question}”`
    : `ended the poll “${question}”: ${winner} has won`;
};

/** A message of the service, as a notice; nothing for what other events tell already. */
export const noticeEvents = ({ message, chat }: Found): readonly LogEvent[] => {
  const sentence = sentences[message.type];
  if (sentence === undefined && message.type !== MessageType.ThreadStarterMessage) return [];
  const { author } = message;
  const of: readonly Inline[] =
    sentence === undefined
      ? [{ t: "text", text: startOf(message) }]
      : [
          { t: "user", id: userOf(author.id), text: author.global_name ?? author.username },
          { t: "text", text: ` ${sentence(message)}` },
        ];
  const text: RichText = [{ t: "para", of }];
  return [
    {
      kind: "notice",
      chat,
      key: `m:${message.id}`,
      order: orderOf(message.id),
      sender: userOf(author.id),
      at: timeOf(message.id),
      text,
    },
  ];
};

const startOf = ({ referenced_message: root }: APIMessage): string => {
  if (!root) return "A thread starts here.";
  const name = root.author.global_name ?? root.author.username;
  return `A thread on what ${name} said: ${beginning(root.content)}`;
};
