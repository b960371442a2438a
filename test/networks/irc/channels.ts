import type { Ban, Channel, Connection, Outgoing } from "./connection.ts";
import { fold, matchesMask } from "./names.ts";

const ranks = ["q", "a", "o", "h", "v"];
const prefixes = "~&@%+";
/** Bans, exceptions from them, who needs no invitation, and who may not speak (Solanum). */
const listModes = ["b", "e", "I", "q"] as const;

/** Seconds since 1970, as the protocol's times are given. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A new channel with the modes servers start one with. */
export function newChannel(name: string): Channel {
  return {
    name,
    created: seconds(),
    members: new Map(),
    flags: new Set(["n", "t"]),
    lists: new Map(listModes.map((letter) => [letter, new Map<string, Ban>()])),
    invited: new Set(),
    key: undefined,
    limit: undefined,
    topic: undefined,
  };
}

/** 5 for an owner down to 1 for voice, 0 for the others. */
export function level(channel: Channel, client: Connection): number {
  const held = channel.members.get(client);
  if (held === undefined) return 0;
  const best = ranks.findIndex((rank) => held.has(rank));
  return best < 0 ? 0 : ranks.length - best;
}

/** The level that a sign of a rank stands for, such as 3 for `@`. */
export const levelOf = (sign: string): number => {
  const at = prefixes.indexOf(sign);
  return at < 0 ? 0 : ranks.length - at;
};

/** The prefixes shown before a nick: all of them with multi-prefix, else the highest. */
export function shownPrefix(held: ReadonlySet<string>, all: boolean): string {
  const shown = ranks.map((rank, at) => (held.has(rank) ? prefixes.charAt(at) : "")).join("");
  return all ? shown : shown.slice(0, 1);
}

/** Whether a list of the channel covers the client. */
export function isListed(channel: Channel, letter: string, client: Connection): boolean {
  const masks = [...(channel.lists.get(letter)?.values() ?? [])];
  return masks.some(({ mask }) => matchesMask(mask, client.prefix));
}

/** Whether a ban covers the client, and no exception does. */
export function isBanned(channel: Channel, client: Connection): boolean {
  return isListed(channel, "b", client) && !isListed(channel, "e", client);
}

const isQuiet = (channel: Channel, client: Connection): boolean =>
  isBanned(channel, client) || (isListed(channel, "q", client) && !isListed(channel, "e", client));

/** Whether the client may speak there (RFC 2812 §3.3.1: else 404). */
export function maySpeak(channel: Channel, client: Connection): boolean {
  if (level(channel, client) >= 1) return true;
  if (channel.flags.has("n") && !channel.members.has(client)) return false;
  return !channel.flags.has("m") && !isQuiet(channel, client);
}

/** Whether the client may know that the channel exists. */
export function isVisible(channel: Channel, client: Connection): boolean {
  const hidden = channel.flags.has("s") || channel.flags.has("p");
  return !hidden || channel.members.has(client);
}

/** Sends to every member but `except`. */
export function relay(channel: Channel, message: Outgoing, except?: Connection): void {
  for (const member of channel.members.keys()) if (member !== except) member.send(message);
}

/** Everyone who shares a channel with the client, without itself. */
export function peersOf(client: Connection): Set<Connection> {
  const peers = new Set<Connection>();
  for (const channel of client.channels.values()) {
    for (const member of channel.members.keys()) peers.add(member);
  }
  peers.delete(client);
  return peers;
}

/** Takes the client out; an empty channel is gone. */
export function leave(channels: Map<string, Channel>, channel: Channel, client: Connection): void {
  channel.members.delete(client);
  client.channels.delete(fold(channel.name));
  if (channel.members.size === 0) channels.delete(fold(channel.name));
}
