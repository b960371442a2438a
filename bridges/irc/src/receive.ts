import type { ChatRef, Member, RemoteEvent, UserId } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Batch } from "./api/batches.ts";
import { isBatch } from "./api/batches.ts";
import { unheard } from "./aside.ts";
import { usableMsgid } from "./ids.ts";
import { ctcpIn } from "./ctcp.ts";
import { deletionOf, messageOf, reactionOf, timeOf } from "./message.ts";
import { parseModes, roleOf } from "./modes.ts";
import { elsewhere, isEcho, placeOf } from "./place.ts";
import type { Reading } from "./reading.ts";
import type { Channel } from "./roster.ts";
import { parseEntry } from "./roster.ts";
import { tellChat, tellRoster } from "./tell.ts";

type Reader = (reading: Reading, message: IrcMessage) => void;

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
  if (reading.isTaken(nick)) return;
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
  if (!reading.roster.remove(channel, nick) || reading.isTaken(nick)) return;
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
  else if (reading.isTaken(message.nick) || reading.isTaken(to)) {
    comesAndGoes(reading, { from: message.nick, to, at });
  } else if (reading.tells(before) && reading.tells(after)) {
    emit({ kind: "userRenamed", from: before, to: after, at });
  }
};

/** Of two names one is that of an account of ours, which is not who is called so: only the other is told of. */
const comesAndGoes = (
  reading: Reading,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at: number },
): void => {
  const [before, after] = [reading.names.user(from), reading.names.user(to)];
  for (const channel of reading.roster.where(to)) {
    const role = roleOf(channel.people.get(after)?.modes ?? new Set());
    const list: readonly Member[] = [
      ...(reading.isTaken(from) ? [] : [{ user: before, state: "leave" } as const]),
      ...(reading.isTaken(to) ? [] : [{ user: after, state: "join", role } as const]),
    ];
    members(reading, channel, { at, list, complete: false });
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

/** Whoever is there is told a new key, and so comes in again after an outage. */
const hearKey = (
  reading: Reading,
  channel: Channel,
  changes: readonly {
    readonly on: boolean;
    readonly mode: string;
    readonly param?: string | undefined;
  }[],
): void => {
  const change = changes.findLast(({ mode: letter }) => letter === "k");
  if (change !== undefined) reading.key(channel, change.on ? (change.param ?? "*") : undefined);
};

const mode: Reader = (reading, message) => {
  const { roster, rules } = reading;
  const channel = roster.channel(param(message, 0));
  if (channel === undefined) return;
  const changes = parseModes(param(message, 1), message.params.slice(2), rules);
  hearKey(reading, channel, changes);
  const { people, flagged } = roster.apply(channel, changes, rules);
  const at = timeOf(message);
  const list = people
    .filter(({ user }) => !reading.isTaken(user))
    .map((member) => ({ ...member, user: reading.userOf(member.user) }));
  if (list.length > 0) members(reading, channel, { at, list, complete: false });
  // What the channel lets us do depends on our own role in it.
  const mine = reading.userOf(reading.nick());
  if (list.some(({ user }) => user === mine)) channel.openFor = 0;
  if (flagged || list.some(({ user }) => user === mine)) tellChat(reading, channel, at);
};

/** 324: all flags of a channel, which `MODE #c` asked for. */
const flags: Reader = (reading, message) => {
  const channel = reading.roster.channel(param(message, 1));
  if (channel === undefined) return;
  const changes = parseModes(param(message, 2), message.params.slice(3), reading.rules);
  if (changes.every(({ mode: letter }) => letter !== "k")) reading.key(channel, undefined);
  else hearKey(reading, channel, changes);
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

/** One message of several lines names its target where it opens, after the kind of batch. */
const opened = ({ opening, params }: Batch): IrcMessage => ({ ...opening, params });

function said(reading: Reading, item: IrcMessage | Batch) {
  const head = isBatch(item) ? opened(item) : item;
  if (head.nick === "" || head.nick.includes(".")) return;
  const place = placeOf(reading, head);
  if (place === undefined) return unheard(reading, head, item);
  if (isEcho(reading, head, place)) {
    const msgid = usableMsgid(head.tags["msgid"]);
    if (msgid !== undefined) reading.own(place, timeOf(head), msgid);
    return;
  }
  const event = messageOf(reading, place, item);
  if (event === undefined) return;
  const account = head.tags["account"];
  if (account !== undefined) reading.account(head.nick, account, event.at);
  reading.emit(event);
}

const speech: Reader = (reading, message) => {
  const text = param(message, 1);
  const ctcp = ctcpIn(text);
  const verb = ctcp?.verb;
  if (verb === undefined || verb === "ACTION") return said(reading, message);
  const person = message.nick !== "" && !message.nick.includes(".");
  if (message.command !== "NOTICE" && person && !reading.isOurs(message.nick)) {
    reading.ctcp(message.nick, verb, ctcp?.text ?? "");
  }
};

/** Longer than any client leaves between two notices that it still types (IRCv3 +typing: 6 s). */
const typingMs = 6_000;

const tagged: Reader = (reading, message) => {
  const place = elsewhere(reading, message);
  if (place === undefined || message.nick === "" || message.nick.includes(".")) return;
  const reaction = reactionOf(reading, place, message);
  if (reaction !== undefined) reading.emit(reaction);
  const typing = message.tags["+typing"] ?? message.tags["+draft/typing"];
  if (typing === undefined) return;
  const what = typing === "active" ? "text" : "none";
  const user = reading.userOf(message.nick);
  const at = timeOf(message);
  reading.emit({ kind: "typing", chat: place, at, user, what, ttl: typingMs });
};

const redact: Reader = (reading, message) => {
  const place = elsewhere(reading, message);
  const event = place && deletionOf(reading, place, message);
  if (event !== undefined) reading.emit(event);
};

const away: Reader = (reading, message) => {
  const user = reading.userOf(message.nick);
  if (message.nick === "" || reading.isOurs(message.nick) || !reading.tells(user)) return;
  const text = param(message, 0)
    .replace(/\p{Cc}/gu, "")
    .slice(0, 300);
  const state = message.params.length > 0 && param(message, 0) !== "" ? "away" : "online";
  const why = text === "" ? {} : { text };
  reading.emit({ kind: "presence", user, state, ...why, at: timeOf(message) });
};

const account: Reader = (reading, message) => {
  if (reading.isOurs(message.nick)) return;
  reading.account(message.nick, param(message, 0), timeOf(message));
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
  TAGMSG: tagged,
  REDACT: redact,
  AWAY: away,
  ACCOUNT: account,
};

/** Turns one line of the server into events, in order. */
export function read(reading: Reading, message: IrcMessage): void {
  if (Object.hasOwn(readers, message.command)) readers[message.command]?.(reading, message);
}

/** A part of the network has gone or come back: for each channel, one change of who is there. */
function split(reading: Reading, { items }: Batch): void {
  const changes = new Map<string, { chat: ChatRef; at: number; list: Member[] }>();
  const emit = (event: RemoteEvent) => {
    if (event.kind !== "members" || event.complete) return reading.emit(event);
    const before = changes.get(event.chat.id);
    if (before === undefined) {
      changes.set(event.chat.id, { chat: event.chat, at: event.at, list: [...event.list] });
    } else before.list.push(...event.list);
  };
  for (const item of items) if (!isBatch(item)) read({ ...reading, emit }, item);
  for (const { chat, at, list } of changes.values()) {
    reading.emit({ kind: "members", chat, at, list, complete: false });
  }
}

/** Lines that belong together; history is read by whoever asked for it. */
export function readBatch(reading: Reading, batch: Batch): void {
  if (batch.type === "draft/multiline") said(reading, batch);
  else if (batch.type === "netsplit" || batch.type === "netjoin") split(reading, batch);
}
