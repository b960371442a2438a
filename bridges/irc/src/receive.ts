import type { ChatRef, MessageEvent, RemoteEvent, RichText, UserId } from "@bridgebox/core/adapter";
import { firstPart, messageId } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { parseText } from "./format.ts";
import { isChannel } from "./ids.ts";
import { parseModes } from "./modes.ts";
import type { Reading } from "./reading.ts";
import type { Channel } from "./roster.ts";
import { parseEntry } from "./roster.ts";
import { tellChat, tellRoster } from "./tell.ts";

type Reader = (reading: Reading, message: IrcMessage) => void;

const timeOf = ({ tags }: IrcMessage): number => {
  const at = Date.parse(tags["time"] ?? "");
  return Number.isFinite(at) ? at : Date.now();
};

const param = (message: IrcMessage, at: number): string => message.params[at] ?? "";

function members(
  { names, emit }: Reading,
  channel: Channel,
  event: Omit<Extract<RemoteEvent, { kind: "members" }>, "kind" | "chat">,
): void {
  emit({ kind: "members", chat: names.channel(channel.name), ...event });
}

const join: Reader = (reading, message) => {
  const { names, roster, emit } = reading;
  const name = param(message, 0);
  const { nick } = message;
  if (names.fold(nick) === names.fold(reading.nick())) {
    return reading.entered(roster.enter(name), timeOf(message));
  }
  const channel = roster.channel(name);
  if (channel === undefined) return;
  const user = reading.userOf(nick);
  const spelled = roster.spelling(names.user(nick));
  roster.add(channel, nick);
  const at = timeOf(message);
  if (spelled !== undefined && spelled !== nick && !reading.isOurs(nick)) {
    emit({ kind: "user", user, info: { name: nick }, at });
  }
  members(reading, channel, {
    at,
    list: [{ user, state: "join", role: "member" }],
    complete: false,
  });
};

interface Leaving {
  readonly channel: Channel;
  readonly nick: string;
  readonly at: number;
  readonly by?: UserId;
  readonly reason: string;
}

function leaves(reading: Reading, { channel, nick, at, by, reason }: Leaving): void {
  if (!reading.roster.remove(channel, nick)) return;
  const user = reading.userOf(nick);
  const more = { ...(by === undefined ? {} : { by }), ...(reason === "" ? {} : { reason }) };
  members(reading, channel, { at, list: [{ user, state: "leave", ...more }], complete: false });
}

const part: Reader = (reading, message) => {
  const { names, roster } = reading;
  const channel = roster.channel(param(message, 0));
  if (channel === undefined) return;
  const at = timeOf(message);
  leaves(reading, { channel, nick: message.nick, at, reason: param(message, 1) });
  if (names.fold(message.nick) !== names.fold(reading.nick())) return;
  roster.leave(channel.name);
  reading.left(channel, at);
};

const quit: Reader = (reading, message) => {
  const { nick } = message;
  const facts = { nick, at: timeOf(message), reason: param(message, 0) };
  for (const channel of reading.roster.where(nick)) leaves(reading, { channel, ...facts });
};

const kick: Reader = (reading, message) => {
  const { names, roster } = reading;
  const channel = roster.channel(param(message, 0));
  if (channel === undefined) return;
  const nick = param(message, 1);
  const reason = param(message, 2);
  const at = timeOf(message);
  const by = message.nick === "" ? {} : { by: reading.userOf(message.nick) };
  leaves(reading, { channel, nick, at, reason, ...by });
  if (names.fold(nick) !== names.fold(reading.nick())) return;
  roster.leave(channel.name);
  reading.left(channel, at);
  reading.kicked(channel, message.nick || message.prefix, reason);
};

const rename: Reader = (reading, message) => {
  const { names, roster, emit } = reading;
  const to = param(message, 0);
  const ours = reading.isOurs(message.nick) || reading.isOurs(to);
  const seen = roster.rename(message.nick, to);
  if (!seen || ours || to === "") return;
  const at = timeOf(message);
  const [before, after] = [names.user(message.nick), names.user(to)];
  if (before === after) emit({ kind: "user", user: after, info: { name: to }, at });
  else if (reading.tells(before) && reading.tells(after)) {
    emit({ kind: "userRenamed", from: before, to: after, at });
  }
};

const topic =
  (channelAt: number): Reader =>
  (reading, message) => {
    const channel = reading.roster.channel(param(message, channelAt));
    if (channel === undefined) return;
    channel.topic = message.command === "331" ? "" : param(message, channelAt + 1);
    if (channel.complete) tellChat(reading, channel, timeOf(message));
  };

const mode: Reader = (reading, message) => {
  const { roster, rules } = reading;
  const channel = roster.channel(param(message, 0));
  if (channel === undefined) return;
  const changes = parseModes(param(message, 1), message.params.slice(2), rules);
  const { people, flagged } = roster.apply(channel, changes, rules);
  const at = timeOf(message);
  const list = people.map((member) => ({ ...member, user: reading.userOf(member.user) }));
  if (list.length > 0) members(reading, channel, { at, list, complete: false });
  if (flagged) tellChat(reading, channel, at);
};

/** 324: all flags of a channel, which `MODE #c` asked for. */
const flags: Reader = (reading, message) => {
  const channel = reading.roster.channel(param(message, 1));
  if (channel === undefined) return;
  const changes = parseModes(param(message, 2), message.params.slice(3), reading.rules);
  channel.flags = new Set(changes.filter(({ on }) => on).map(({ mode: letter }) => letter));
  tellChat(reading, channel, timeOf(message));
};

const names: Reader = (reading, message) => {
  const channel = reading.roster.channel(param(message, 2));
  if (channel === undefined) return;
  for (const entry of param(message, 3).split(" ")) {
    const { nick, modes } = parseEntry(entry, reading.rules);
    if (nick !== "") reading.roster.add(channel, nick, modes);
  }
};

const endOfNames: Reader = (reading, message) => {
  const channel = reading.roster.channel(param(message, 1));
  if (channel === undefined || channel.complete) return;
  channel.complete = true;
  channel.topic ??= "";
  tellRoster(reading, channel, timeOf(message));
};

/** Where a message was said: a channel we are on, or between its sender and this login. */
function placeOf(reading: Reading, message: IrcMessage): ChatRef | undefined {
  const target = param(message, 0);
  const { nick } = message;
  if (isChannel(target)) {
    const channel = reading.roster.channel(target);
    if (channel === undefined || reading.saidByUs(nick, message.prefix)) return undefined;
    return reading.names.channel(channel.name);
  }
  const mine = reading.names.fold(reading.nick());
  if (reading.names.fold(target) !== mine || reading.names.fold(nick) === mine) return undefined;
  return reading.queries ? reading.names.query(nick, reading.login) : undefined;
}

type Tone = "normal" | "notice" | "action";

function said(reading: Reading, message: IrcMessage, { tone, text }: { tone: Tone; text: string }) {
  const place = placeOf(reading, message);
  if (place === undefined || text === "") return;
  const key = reading.nextKey();
  const people = reading.roster.channel(place.id)?.people;
  const rich: RichText = parseText(text, {
    nickAt: (word) => {
      const user = reading.names.user(word);
      const person = people?.get(user);
      return person && { user: reading.userOf(person.nick), nick: person.nick };
    },
  });
  const event: MessageEvent = {
    kind: "message",
    chat: place,
    at: timeOf(message),
    key,
    id: messageId(key),
    sender: reading.names.user(message.nick),
    content: { parts: [{ id: firstPart, kind: "text", text: rich, tone }] },
  };
  reading.emit(event);
}

const speech: Reader = (reading, message) => {
  const text = param(message, 1);
  const notice = message.command === "NOTICE";
  if (message.nick === "" || message.nick.includes(".")) return;
  if (!text.startsWith("\x01")) {
    return said(reading, message, { tone: notice ? "notice" : "normal", text });
  }
  const [asked = ""] = text.slice(1).split("\x01");
  const [verb = ""] = asked.split(" ");
  const rest = asked.slice(verb.length + 1);
  if (verb.toUpperCase() === "ACTION" && !notice) {
    said(reading, message, { tone: "action", text: rest });
  } else if (!notice && !reading.isOurs(message.nick)) {
    reading.ctcp(message.nick, verb.toUpperCase(), rest);
  }
};

const readers: Readonly<Record<string, Reader>> = {
  JOIN: join,
  PART: part,
  QUIT: quit,
  KICK: kick,
  NICK: rename,
  TOPIC: topic(0),
  "331": topic(1),
  "332": topic(1),
  MODE: mode,
  "324": flags,
  "353": names,
  "366": endOfNames,
  PRIVMSG: speech,
  NOTICE: speech,
};

/** Turns one line of the server into events, in order. */
export function read(reading: Reading, message: IrcMessage): void {
  if (Object.hasOwn(readers, message.command)) readers[message.command]?.(reading, message);
}
