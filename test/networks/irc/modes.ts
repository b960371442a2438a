import { level, seconds } from "./channels.ts";
import type { Channel, Connection } from "./connection.ts";
import { asMiddle } from "./line.ts";
import { fold, fullMask, isExtban } from "./names.ts";

/** One letter of a mode string with the parameter it took. */
export interface ModeChange {
  readonly on: boolean;
  readonly letter: string;
  readonly arg: string | undefined;
}

/** A mode string read against CHANMODES and PREFIX, and what did not fit. */
export interface ModeRequest {
  readonly changes: readonly ModeChange[];
  readonly unknown: readonly string[];
  readonly faults: readonly string[];
}

const flags = "imnpst";
const levels: Readonly<Record<string, number>> = { q: 5, a: 5, o: 3, h: 3 };

/** Reads `+o-v+k a b key`: which letter takes which parameter follows CHANMODES and PREFIX (CVE-2022-39202). */
export function parseModes(
  text: string,
  args: readonly string[],
  { perLine, lists }: { readonly perLine: number; readonly lists: string },
): ModeRequest {
  const changes: ModeChange[] = [];
  const unknown: string[] = [];
  const faults: string[] = [];
  let on = true;
  let used = 0;
  for (const letter of text) {
    if (letter === "+" || letter === "-") on = letter === "+";
    else if (flags.includes(letter)) changes.push({ on, letter, arg: undefined });
    else if (letter === "l" && !on) changes.push({ on, letter, arg: undefined });
    else if (!`${lists}klqaohv`.includes(letter)) unknown.push(letter);
    else {
      const arg = args[used++];
      if (arg === undefined && !lists.includes(letter))
        faults.push(`mode ${letter} without its parameter`);
      else changes.push({ on, letter, arg });
    }
  }
  if (used < args.length) faults.push("mode parameter that no letter takes");
  if (Math.min(used, args.length) > perLine) faults.push(`more than MODES=${perLine}`);
  return { changes, unknown, faults };
}

/** Why a change was not made: a numeric with its middle and text. */
export interface ModeRefusal {
  readonly code: string;
  readonly middle: string;
  readonly text: string;
}

/** Who wants a change: a client, or the server itself, which may do anything. */
export interface ModeActor {
  readonly client: Connection | undefined;
  readonly name: string;
  /** The letters of the lists that this server keeps. */
  readonly lists: string;
  find(nick: string): Connection | undefined;
}

type Verdict = ModeChange | ModeRefusal | undefined;

function changeRank(channel: Channel, change: ModeChange, actor: ModeActor): Verdict {
  const nick = change.arg ?? "";
  const target = actor.find(nick);
  if (target === undefined) {
    return { code: "401", middle: asMiddle(nick), text: "No such nick/channel" };
  }
  const held = channel.members.get(target);
  if (held === undefined) {
    return {
      code: "441",
      middle: `${target.nick} ${channel.name}`,
      text: "They aren't on that channel",
    };
  }
  if (held.has(change.letter) === change.on) return undefined;
  if (change.on) held.add(change.letter);
  else held.delete(change.letter);
  return { ...change, arg: target.nick };
}

/** Entries that one list takes, announced as MAXLIST. */
export const listLength = 100;

function changeList(channel: Channel, change: ModeChange, actor: ModeActor): Verdict {
  const arg = change.arg ?? "";
  const mask = isExtban(arg) ? arg : fullMask(arg);
  const list = channel.lists.get(change.letter);
  if (asMiddle(mask) !== mask || list === undefined) return undefined;
  const key = fold(mask);
  if (list.has(key) === change.on) return undefined;
  if (change.on && list.size >= listLength) {
    return { code: "478", middle: `${channel.name} ${mask}`, text: "Channel list is full" };
  }
  if (change.on) list.set(key, { mask, by: actor.name, at: seconds() });
  else list.delete(key);
  return { ...change, arg: mask };
}

function changeKey(channel: Channel, change: ModeChange): Verdict {
  if (!change.on) {
    if (channel.key === undefined) return undefined;
    channel.key = undefined;
    return { ...change, arg: "*" };
  }
  const key = change.arg ?? "";
  if (!/^[^\0-\x20,:]{1,23}$/.test(key)) {
    return { code: "525", middle: channel.name, text: "Key is not well-formed" };
  }
  channel.key = key;
  return change;
}

function changeLimit(channel: Channel, change: ModeChange): Verdict {
  const limit = Number(change.arg);
  if (change.on && !(Number.isInteger(limit) && limit > 0)) return undefined;
  if (!change.on && channel.limit === undefined) return undefined;
  channel.limit = change.on ? limit : undefined;
  return change;
}

function changeFlag(channel: Channel, change: ModeChange): Verdict {
  if (channel.flags.has(change.letter) === change.on) return undefined;
  if (change.on) channel.flags.add(change.letter);
  else channel.flags.delete(change.letter);
  return change;
}

/** Makes one change if the actor may; the change as it is to be announced, a refusal, or undefined if nothing changed. */
export function changeMode(channel: Channel, change: ModeChange, actor: ModeActor): Verdict {
  const { client } = actor;
  const lowersSelf = !change.on && client !== undefined && actor.find(change.arg ?? "") === client;
  const isList = actor.lists.includes(change.letter);
  const ranks = isList ? "" : "qaohv";
  const least = isList ? 2 : (levels[change.letter] ?? 2);
  const needed = lowersSelf && ranks.includes(change.letter) ? 0 : least;
  if (client !== undefined && level(channel, client) < needed) {
    return { code: "482", middle: channel.name, text: "You're not channel operator" };
  }
  if (actor.lists.includes(change.letter)) return changeList(channel, change, actor);
  if (change.letter === "k") return changeKey(channel, change);
  if (change.letter === "l") return changeLimit(channel, change);
  return flags.includes(change.letter)
    ? changeFlag(channel, change)
    : changeRank(channel, change, actor);
}

/** Changes as one mode string with its parameters. */
export function formatModes(changes: readonly ModeChange[]): string {
  let text = "";
  let sign: boolean | undefined;
  for (const { on, letter } of changes) {
    if (on !== sign) text += on ? "+" : "-";
    sign = on;
    text += letter;
  }
  return [text, ...changes.flatMap(({ arg }) => (arg === undefined ? [] : [arg]))].join(" ");
}
