import { level, relay } from "../channels.ts";
import type { Channel, Connection } from "../connection.ts";
import type { ModeActor, ModeChange } from "../modes.ts";
import { changeMode, formatModes, parseModes } from "../modes.ts";
import { fold } from "../names.ts";
import type { Command, World } from "./command.ts";
import { findClient, needChannel } from "./command.ts";
import { modesPerLine } from "./registration.ts";

/** A wish for modes on a channel, by a client or (without one) by the server. */
export interface ModeWish {
  readonly channel: Channel;
  readonly text: string;
  readonly args: readonly string[];
}

/** Of each list: the numerics of an entry and of the end, and what is said there (Solanum has the last). */
const listReplies: Readonly<Record<string, readonly [string, string, string]>> = {
  b: ["367", "368", "End of Channel Ban List"],
  e: ["348", "349", "End of Channel Exception List"],
  I: ["346", "347", "End of Channel Invite List"],
  q: ["728", "729", "End of Channel Quiet List"],
};

function sendList(me: Connection, channel: Channel, letter: string): void {
  const [entry, end, text] = listReplies[letter] ?? ["", "", ""];
  // Who is excepted is for operators to know.
  if ("eI".includes(letter) && level(channel, me) < 2) {
    return me.numeric("482", channel.name, "You're not a channel operator");
  }
  const about = letter === "q" ? `${channel.name} q` : channel.name;
  for (const { mask, by, at } of channel.lists.get(letter)?.values() ?? []) {
    me.numeric(entry, `${about} ${mask} ${by} ${at}`);
  }
  return me.numeric(end, about, text);
}

/** Makes what may be made of a wish and tells the channel; refusals go to the client. */
export function setModes(world: World, client: Connection | undefined, wish: ModeWish): void {
  const { channel } = wish;
  const { lists } = world.settings;
  const request = parseModes(wish.text, wish.args, { perLine: modesPerLine, lists });
  for (const fault of request.faults) if (client !== undefined) world.violation(client, fault);
  for (const letter of request.unknown)
    client?.numeric("472", letter, "is unknown mode char to me");
  const name = client?.prefix ?? world.settings.name;
  const actor: ModeActor = { client, name, lists, find: (nick) => findClient(world, nick) };
  const made: ModeChange[] = [];
  let parameters = 0;
  for (const change of request.changes) {
    if (lists.includes(change.letter) && change.arg === undefined) {
      if (client !== undefined) sendList(client, channel, change.letter);
      continue;
    }
    if (change.arg !== undefined && ++parameters > modesPerLine) continue;
    const verdict = changeMode(channel, change, actor);
    if (verdict === undefined) continue;
    if ("letter" in verdict) made.push(verdict);
    else client?.numeric(verdict.code, verdict.middle, verdict.text);
  }
  if (made.length === 0) return;
  const rest = `MODE ${channel.name} ${formatModes(made)}`;
  relay(channel, client === undefined ? { source: name, rest } : client.says(rest));
}

/** The modes of a channel as 324 gives them; the key only to members. */
export function modeString(channel: Channel, withKey: boolean): string {
  const letters = [...channel.flags].sort().join("");
  const key = channel.key === undefined ? "" : "k";
  const limit = channel.limit === undefined ? "" : "l";
  const args = [channel.key === undefined || withKey ? channel.key : "*", channel.limit];
  return [`+${letters}${key}${limit}`, ...args.filter((arg) => arg !== undefined)].join(" ");
}

function userModes(me: Connection, target: string, change: string | undefined): void {
  if (fold(target) !== fold(me.nick))
    return me.numeric("502", "", "Cannot change mode for other users");
  if (change === undefined) return me.numeric("221", `+${[...me.modes].join("")}`);
  let on = true;
  const made: ModeChange[] = [];
  for (const letter of change) {
    if (letter === "+" || letter === "-") on = letter === "+";
    else if (!"iw".includes(letter)) me.numeric("501", "", "Unknown MODE flag");
    else {
      if (on) me.modes.add(letter);
      else me.modes.delete(letter);
      made.push({ on, letter, arg: undefined });
    }
  }
  if (made.length === 0) return undefined;
  return me.send(me.says(`MODE ${me.nick} :${formatModes(made)}`));
}

const mode: Command = {
  min: 1,
  max: 15,
  run(world, me, { params: [target = "", text, ...args] }) {
    if (!target.startsWith("#")) return userModes(me, target, text);
    const channel = needChannel(world, me, target);
    if (channel === undefined) return undefined;
    if (text !== undefined) return setModes(world, me, { channel, text, args });
    me.numeric("324", `${channel.name} ${modeString(channel, channel.members.has(me))}`);
    return me.numeric("329", `${channel.name} ${channel.created}`);
  },
};

/** MODE, for channels and for oneself. */
export const modeCommands = { MODE: mode } as const;
