import type { ChatRef } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { audienceOf, isChannel } from "./ids.ts";
import type { Reading } from "./reading.ts";

/** A message, from here or by a relay of ours: the other side has it already. */
export function isEcho(reading: Reading, head: IrcMessage, place: ChatRef): boolean {
  // Each login has a chat of its own with part of a channel.
  if (place.receiver !== undefined && audienceOf(place.id) !== undefined)
    return reading.names.fold(head.nick) === reading.names.fold(reading.nick());
  const relayer = head.tags["draft/relaymsg"] ?? head.tags["relaymsg"];
  if (relayer !== undefined) return reading.isOurs(relayer);
  return reading.saidByUs(head.nick, head.prefix);
}

/** Where a message was said: a channel we are on or part of it, or between its sender and this login. */
export function placeOf(reading: Reading, message: IrcMessage): ChatRef | undefined {
  const target = message.params[0] ?? "";
  const { nick } = message;
  const channel = reading.roster.channel(target);
  if (channel !== undefined) return reading.names.channel(channel.name);
  const part = audienceOf(target);
  if (part !== undefined) {
    const isThere = reading.queries && reading.roster.channel(part.channel) !== undefined;
    return isThere ? reading.names.audience(part, reading.login) : undefined;
  }
  if (isChannel(target)) return undefined;
  const mine = reading.names.fold(reading.nick());
  if (reading.names.fold(target) !== mine || reading.names.fold(nick) === mine) return undefined;
  return reading.queries ? reading.names.query(nick, reading.login) : undefined;
}

/** Where somebody else did something. */
export function elsewhere(reading: Reading, message: IrcMessage): ChatRef | undefined {
  const place = placeOf(reading, message);
  return place === undefined || isEcho(reading, message, place) ? undefined : place;
}
