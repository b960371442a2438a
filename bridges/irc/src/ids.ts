import type { ChatRef, LoginId, MessageId, UserId } from "@bridgebox/core/adapter";
import { chatId, messageId, userId } from "@bridgebox/core/adapter";

/** How a server compares names (ISUPPORT CASEMAPPING). */
export type CaseMapping = "ascii" | "rfc1459" | "rfc1459-strict";

export const caseMappings: readonly CaseMapping[] = ["ascii", "rfc1459", "rfc1459-strict"];

const folded: Readonly<Record<string, string>> = { "[": "{", "]": "}", "\\": "|", "^": "~" };

/** A name in the one spelling that all its spellings share. */
export function fold(name: string, mapping: CaseMapping): string {
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (mapping === "ascii") return lower;
  const also = mapping === "rfc1459" ? /[[\]\\^]/g : /[[\]\\]/g;
  return lower.replace(also, (sign) => folded[sign] ?? sign);
}

const hidden = /[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** The sentence that says why this is no channel name, or nothing. */
export function wrongChannel(name: string): string | undefined {
  if (!/^[#&]/.test(name)) return "A channel begins with # or &, such as #bridgebox.";
  if (hidden.test(name)) return "A channel name has no spaces, tabs or control characters.";
  if (/[,:]/.test(name)) return "A channel name has no comma or colon; name one channel.";
  const bytes = Buffer.byteLength(name);
  if (bytes < 2 || bytes > 200) return "A channel name has 1 to 199 characters after its #.";
  return undefined;
}

/** The sentence that says why this is no nick, or nothing. */
export function wrongNick(nick: string): string | undefined {
  if (nick === "" || Buffer.byteLength(nick) > 64) return "A nick has 1 to 64 characters.";
  if (hidden.test(nick)) return "A nick has no spaces or control characters.";
  if (/[,:!@*?.$/]/.test(nick)) return "A nick has none of , : ! @ * ? . $ / in it.";
  if (/^[\d#&+~%-]/.test(nick))
    return "A nick begins with a letter, not a digit or a channel sign.";
  return undefined;
}

export const isChannel = (name: string): boolean => /^[#&+!]/.test(name);

/** No channel: a person, or part of a channel, which only one login hears. */
export const isQuery = ({ id, receiver }: ChatRef): boolean =>
  receiver !== undefined || !isChannel(id);

/** Part of a channel: who has that rank in it at least. */
export interface Audience {
  readonly sign: string;
  readonly channel: string;
}

/** Signs of ranks before a channel's name (ISUPPORT STATUSMSG): `@#room` are its operators. */
export const audienceOf = (name: string): Audience | undefined => {
  const [, signs = "", channel = ""] = /^([~&@%+!]+)([#&].+)$/.exec(name) ?? [];
  const sign = lowestFirst.find((one) => signs.includes(one));
  return sign === undefined ? undefined : { sign, channel };
};

/** Whoever is meant by several signs is meant by the lowest. */
const lowestFirst = ["+", "%", "@", "&", "~", "!"] as const;

/** Names as ids, by the server's case mapping. */
export interface Names {
  readonly mapping: CaseMapping;
  readonly fold: (name: string) => string;
  readonly user: (nick: string) => UserId;
  readonly channel: (name: string) => ChatRef;
  readonly query: (nick: string, receiver: LoginId) => ChatRef;
  /** What is said to part of a channel, as one login hears it: a chat of its own. */
  readonly audience: (audience: Audience, receiver: LoginId) => ChatRef;
}

export const namesBy = (mapping: CaseMapping): Names => {
  const by = (name: string) => fold(name, mapping);
  return {
    mapping,
    fold: by,
    user: (nick) => userId(by(nick)),
    channel: (name) => ({ id: chatId(by(name)) }),
    audience: ({ sign, channel }, receiver) => ({ id: chatId(sign + by(channel)), receiver }),
    query: (nick, receiver) => ({ id: chatId(by(nick)), receiver }),
  };
};

/** What a server that gives ids (tag `msgid`) calls the message; a made-up id never looks like it. */
export const messageBy = (msgid: string): MessageId => messageId(`=${msgid}`);

/** The server's own id of a message; absent where it has none. */
export const msgidOf = (id: MessageId): string | undefined =>
  id.startsWith("=") && id.length > 1 ? id.slice(1) : undefined;

/** An id as it may stand in a command and in a key; anything else is none. */
export const usableMsgid = (tag: string | undefined): string | undefined =>
  tag !== undefined && /^[^\s\p{Cc},:][^\s\p{Cc},]{0,127}$/u.test(tag) ? tag : undefined;
