declare const brand: unique symbol;

/** A string that only the file which minted it may make; mixing two kinds is a compile error. */
export type Id<B extends string> = string & { readonly [brand]: B };

/** One configured network: the key under `networks:` in the config, e.g. `libera`. */
export type NetworkId = Id<"network">;
/** One remote account known to the box: a person's, a bot's or a relay's. Unique in the box. */
export type LoginId = Id<"login">;
/** One ordered inbound stream with its own cursor: a socket, a shard, a pts sequence. */
export type SourceId = Id<"source">;
/** A conversation, as the network names it. */
export type ChatId = Id<"chat">;
/** A remote account. One ghost = one UserId, for ever; never reused for another person. */
export type UserId = Id<"user">;
/** A message, unique within (chat, receiver). */
export type MessageId = Id<"message">;
/** A piece of a message; `""` is the only or the first one. */
export type PartId = Id<"part">;

/** What may cross the contract, be stored, replayed and sent to another process. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Milliseconds: a duration, or a moment since 1970 UTC. */
export type Millis = number;

export const networkId = (text: string): NetworkId => text as NetworkId;
export const loginId = (text: string): LoginId => text as LoginId;
export const sourceId = (text: string): SourceId => text as SourceId;
export const chatId = (text: string): ChatId => text as ChatId;
export const userId = (text: string): UserId => text as UserId;
export const messageId = (text: string): MessageId => text as MessageId;
export const partId = (text: string): PartId => text as PartId;

/** The part id of a message that has one part, and of the first part of any other. */
export const firstPart: PartId = partId("");

/**
 * A chat as the network names it. `receiver` is set by the adapter exactly if ids in that chat mean
 * something to one login only (private chats where each side numbers its own messages). Two refs are
 * one portal if and only if both fields are equal.
 */
export interface ChatRef {
  readonly id: ChatId;
  readonly receiver?: LoginId;
}

export const sameChat = (a: ChatRef, b: ChatRef): boolean =>
  a.id === b.id && a.receiver === b.receiver;
