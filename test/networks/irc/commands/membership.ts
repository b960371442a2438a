import {
  isBanned,
  isListed,
  isVisible,
  leave,
  level,
  newChannel,
  relay,
  seconds,
  shownPrefix,
} from "../channels.ts";
import type { Channel, Connection } from "../connection.ts";
import { asMiddle } from "../line.ts";
import { fold, isChannel } from "../names.ts";
import type { Command, World } from "./command.ts";
import { findClient, needChannel, needOwnChannel } from "./command.ts";
import { playback } from "./history.ts";
import { topicLength } from "./registration.ts";

/** Sends 353 in as many lines as it takes, and 366. */
function sendNames(world: World, me: Connection, channel: Channel): void {
  const symbol = channel.flags.has("s") ? "@" : channel.flags.has("p") ? "*" : "=";
  const head = `${symbol} ${channel.name}`;
  const room =
    world.settings.maxLine - world.settings.name.length - me.nick.length - head.length - 12;
  let line = "";
  for (const [member, held] of channel.members) {
    const entry = shownPrefix(held, me.caps.has("multi-prefix")) + member.nick;
    if (line !== "" && line.length + 1 + entry.length > room) {
      me.numeric("353", head, line);
      line = entry;
    } else line = line === "" ? entry : `${line} ${entry}`;
  }
  if (line !== "") me.numeric("353", head, line);
  me.numeric("366", channel.name, "End of /NAMES list");
}

function sendTopic(me: Connection, channel: Channel): void {
  if (channel.topic === undefined) return;
  me.numeric("332", channel.name, channel.topic.text);
  me.numeric("333", `${channel.name} ${channel.topic.by} ${channel.topic.at}`);
}

function refusal(channel: Channel, me: Connection, key: string | undefined): string | undefined {
  if (channel.invited.has(me)) return undefined;
  if (channel.flags.has("i") && !isListed(channel, "I", me)) return "473 (+i)";
  if (channel.key !== undefined && channel.key !== key) return "475 (+k)";
  if (isBanned(channel, me)) return "474 (+b)";
  if (channel.limit !== undefined && channel.members.size >= channel.limit) return "471 (+l)";
  return undefined;
}

function joinOne(world: World, me: Connection, name: string, key: string | undefined): void {
  if (!isChannel(name)) return me.numeric("403", asMiddle(name), "No such channel");
  const known = world.channels.get(fold(name));
  if (known?.members.has(me) === true) return undefined;
  const no = known === undefined ? undefined : refusal(known, me, key);
  if (no !== undefined)
    return me.numeric(no.slice(0, 3), name, `Cannot join channel ${no.slice(4)}`);
  const channel = known ?? newChannel(name);
  world.channels.set(fold(name), channel);
  channel.invited.delete(me);
  channel.members.set(me, new Set(known === undefined ? ["o"] : []));
  me.channels.set(fold(name), channel);
  const plain = me.says(`JOIN ${channel.name}`);
  const extended = me.says(`JOIN ${channel.name} ${me.account ?? "*"} :${me.realName}`);
  for (const member of channel.members.keys()) {
    member.send(member.caps.has("extended-join") ? extended : plain);
    if (member !== me && me.away !== undefined && member.caps.has("away-notify")) {
      member.send(me.says(`AWAY :${me.away}`));
    }
  }
  sendTopic(me, channel);
  sendNames(world, me, channel);
  remember(world, me, channel);
}

/** The join itself, and what was said before it where the server plays that back. */
function remember(world: World, me: Connection, channel: Channel): void {
  const place = fold(channel.name);
  const { replays, name } = world.settings;
  const list = world.history.of(place, false).slice(-replays);
  if (replays > 0 && list.length > 0 && me.caps.has("batch")) {
    me.send(playback(me, name, { target: channel.name, list }));
  }
  world.history.add({
    place,
    verb: "JOIN",
    target: channel.name,
    source: me.prefix,
    nick: me.nick,
    account: me.account,
    realName: me.realName,
    rows: [],
    tags: new Map(),
    msgid: world.history.nextId(),
    at: Date.now() + world.settings.ahead,
    relayer: undefined,
  });
}

function partOne(world: World, me: Connection, name: string, reason: string | undefined): void {
  const channel = needOwnChannel(world, me, name);
  if (channel === undefined) return;
  relay(channel, me.says(`PART ${channel.name}${reason === undefined ? "" : ` :${reason}`}`));
  leave(world.channels, channel, me);
}

const join: Command = {
  min: 1,
  max: 2,
  run(world, me, { params: [names = "", keys = ""] }) {
    if (names === "0") {
      for (const channel of me.channels.values()) partOne(world, me, channel.name, undefined);
      return;
    }
    const given = keys.split(",");
    for (const [at, name] of names.split(",").entries()) joinOne(world, me, name, given[at]);
  },
};

const part: Command = {
  min: 1,
  max: 2,
  run(world, me, { params: [names = "", reason] }) {
    for (const name of names.split(",")) partOne(world, me, name, reason);
  },
};

const topic: Command = {
  min: 1,
  max: 2,
  run(world, me, { params: [name = "", text] }) {
    if (text === undefined) {
      const channel = needChannel(world, me, name);
      if (channel === undefined) return undefined;
      if (channel.topic !== undefined) return sendTopic(me, channel);
      return me.numeric("331", channel.name, "No topic is set");
    }
    const channel = needOwnChannel(world, me, name);
    if (channel === undefined) return undefined;
    if (channel.flags.has("t") && level(channel, me) < 2) {
      return me.numeric("482", channel.name, "You're not channel operator");
    }
    const kept = text.slice(0, topicLength);
    channel.topic = kept === "" ? undefined : { text: kept, by: me.prefix, at: seconds() };
    return relay(channel, me.says(`TOPIC ${channel.name} :${kept}`));
  },
};

function kickOne(
  world: World,
  me: Connection,
  kicked: { channel: Channel; nick: string; reason: string },
): void {
  const { channel, nick, reason } = kicked;
  const target = findClient(world, nick);
  if (target === undefined) return me.numeric("401", asMiddle(nick), "No such nick/channel");
  if (!channel.members.has(target)) {
    return me.numeric("441", `${target.nick} ${channel.name}`, "They aren't on that channel");
  }
  const mine = level(channel, me);
  if (mine < 2 || level(channel, target) > mine) {
    return me.numeric("482", channel.name, "You're not channel operator");
  }
  relay(channel, me.says(`KICK ${channel.name} ${target.nick} :${reason}`));
  return leave(world.channels, channel, target);
}

const kick: Command = {
  min: 2,
  max: 3,
  run(world, me, { params: [name = "", nicks = "", reason] }) {
    const channel = needOwnChannel(world, me, name);
    if (channel === undefined) return;
    for (const nick of nicks.split(",")) {
      kickOne(world, me, { channel, nick, reason: (reason ?? me.nick).slice(0, 307) });
    }
  },
};

const invite: Command = {
  min: 2,
  max: 2,
  run(world, me, { params: [nick = "", name = ""] }) {
    const target = findClient(world, nick);
    if (target === undefined) return me.numeric("401", asMiddle(nick), "No such nick/channel");
    const channel = needOwnChannel(world, me, name);
    if (channel === undefined) return undefined;
    if (channel.members.has(target)) {
      return me.numeric("443", `${target.nick} ${channel.name}`, "is already on channel");
    }
    if (channel.flags.has("i") && level(channel, me) < 2) {
      return me.numeric("482", channel.name, "You're not channel operator");
    }
    channel.invited.add(target);
    me.numeric("341", `${target.nick} ${channel.name}`);
    if (target.away !== undefined) me.numeric("301", target.nick, target.away);
    return target.send(me.says(`INVITE ${target.nick} :${channel.name}`));
  },
};

const names: Command = {
  min: 0,
  max: 1,
  run(world, me, { params: [list] }) {
    if (list === undefined) return me.numeric("366", "*", "End of /NAMES list");
    for (const name of list.split(",")) {
      const channel = world.channels.get(fold(name));
      if (channel !== undefined && isVisible(channel, me)) sendNames(world, me, channel);
      else me.numeric("366", asMiddle(name), "End of /NAMES list");
    }
    return undefined;
  },
};

/** Commands about being in a channel. */
export const membership = {
  JOIN: join,
  PART: part,
  TOPIC: topic,
  KICK: kick,
  INVITE: invite,
  NAMES: names,
} as const;
