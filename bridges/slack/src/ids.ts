import {
  BridgeError,
  chatId,
  messageId,
  userId,
  type ChatRef,
  type LoginId,
  type MessageId,
  type UserId,
} from "@bridgebox/core/adapter";

const conversation = /^[CDG][A-Z0-9]{2,30}$/;
const person = /^[UWB][A-Z0-9]{2,30}$/;
const workspace = /^[TE][A-Z0-9]{2,30}$/;
const moment = /^\d{1,12}\.\d{6}$/;

export const isConversation = (id: string): boolean => conversation.test(id);

/** A person (`U`, `W`) or an integration without a user of its own (`B`). */
export const isPerson = (id: string): boolean => person.test(id);

export const isTs = (text: string): boolean => moment.test(text);

/** Whether it is a direct conversation of two. */
export const isDirect = (id: string): boolean => id.startsWith("D");

/**
 * A direct conversation looks different from its two sides, so each login has its own. Everything
 * else is the same for all who are in it.
 */
export const chatRef = (id: string, login: LoginId): ChatRef =>
  isDirect(id) ? { id: chatId(id), receiver: login } : { id: chatId(id) };

/** What all its channels are in: a chat of its own, in which nobody talks. */
export const workspaceRef = (team: string): ChatRef => ({ id: chatId(team) });

export const isWorkspace = (id: string): boolean => workspace.test(id);

export const userOf = (id: string): UserId => userId(id);

/** A message is the moment it was said, which is unique in its conversation. */
export const messageOf = (ts: string): MessageId => messageId(ts);

/** In milliseconds. */
export const timeOf = (ts: string): number => Math.floor(Number(ts) * 1000);

/** A moment as Slack writes it. */
export const tsOf = (at: number): string =>
  `${Math.floor(at / 1000)}.${String(at % 1000).padStart(3, "0")}000`;

/** Comparable as text. */
export const orderOf = (ts: string): string => ts.padStart(19, "0");

/** The moment that a message is named by. @throws BridgeError where no message can have that id. */
export const momentOf = (id: MessageId, what: string): string => {
  if (isTs(id)) return id;
  const sentence = `${what}: Slack has no such message.`;
  throw new BridgeError("not_found", sentence, { reached: "no", scope: "item" });
};
