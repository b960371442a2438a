import { chatId, loginId, messageId, userId } from "@bridgebox/core/adapter";
import type { ChatRef, LoginId, MessageId, UserId } from "@bridgebox/core/adapter";

const epoch = 1_420_070_400_000n;

/** An id as Discord makes them: a number that grows with time. */
export const isSnowflake = (text: string): boolean => /^\d{1,20}$/.test(text);

/** When an id was made, in milliseconds. */
export const timeOf = (id: string): number => Number((BigInt(id) >> 22n) + epoch);

/** The smallest id that could have been made then. */
export const idAt = (at: number): string =>
  String(
    (BigInt(Math.max(0, Math.floor(at))) - epoch > 0n ? BigInt(Math.floor(at)) - epoch : 0n) << 22n,
  );

/** Below zero where the first one is older. */
export const compareIds = (a: string, b: string): number => {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : Number(difference > 0n);
};

/** Ids grow: padded, they compare as text. */
export const orderOf = (id: string): string => id.padStart(20, "0");

/** A channel, or a thread: the same for every bot that sees it. */
export const channelRef = (id: string): ChatRef => ({ id: chatId(id) });

/** A private chat, which only this bot is in. */
export const directRef = (id: string, receiver: LoginId): ChatRef => ({ id: chatId(id), receiver });

/** A server, to which channels belong. */
export const guildRef = (id: string): ChatRef => ({ id: chatId(`guild:${id}`) });

/** The server that a chat stands for, if it stands for one. */
export const guildIn = (chat: ChatRef): string | undefined =>
  /^guild:(\d{1,20})$/.exec(chat.id)?.[1];

/** The channel that a chat is, if its id is one of ours. */
export const channelIn = (chat: ChatRef): string | undefined =>
  isSnowflake(chat.id) ? chat.id : undefined;

export const userOf = (id: string): UserId => userId(id);

export const messageOf = (id: string): MessageId => messageId(id);

export const loginOf = (bot: string): LoginId => loginId(`bot:${bot}`);
