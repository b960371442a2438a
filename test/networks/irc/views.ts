import { shownPrefix } from "./channels.ts";
import { modeString } from "./commands/mode.ts";
import type { Channel, Connection } from "./connection.ts";
import type { Remembered } from "./history.ts";
import { fromWire } from "./line.ts";

/** A channel as a test sees it. */
export interface ChannelView {
  readonly name: string;
  readonly topic: string | undefined;
  /** As 324 gives it, with the key. */
  readonly modes: string;
  /** Nick to all its prefixes, such as `@+`. */
  readonly members: ReadonlyMap<string, string>;
  readonly bans: readonly string[];
  /** The masks of another list, by its mode letter. */
  list(letter: string): readonly string[];
}

/** A client as a test sees it. */
export interface ClientView {
  readonly nick: string;
  readonly user: string;
  readonly host: string;
  readonly realName: string;
  readonly account: string | undefined;
  readonly away: string | undefined;
  readonly channels: readonly string[];
  readonly caps: readonly string[];
  /** Made by `user()` of the server. */
  readonly person: boolean;
}

/** A message as the server remembers it. */
export interface SaidView {
  readonly nick: string;
  readonly verb: string;
  readonly text: string;
  readonly msgid: string;
  /** The id of the message that it answers or reacts to. */
  readonly answers: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

/** A remembered message in text; lines that go on are joined, others have a line break between them. */
export function viewSaid({ nick, verb, rows, msgid, tags }: Remembered): SaidView {
  const text = rows
    .map((row, at) => (row.joined || at === 0 ? row.text : `\n${row.text}`))
    .join("");
  const inText = new Map([...tags].map(([name, value]) => [name, fromWire(value)] as const));
  const answers = inText.get("+draft/reply");
  return { nick: fromWire(nick), verb, text: fromWire(text), msgid, answers, tags: inText };
}

const optional = (wire: string | undefined): string | undefined =>
  wire === undefined ? undefined : fromWire(wire);

const listed = ({ lists }: Channel, letter: string): readonly string[] =>
  [...(lists.get(letter)?.values() ?? [])].map(({ mask }) => fromWire(mask));

/** A channel in text, as it stands now. */
export function viewChannel(channel: Channel): ChannelView {
  const members = [...channel.members].map(
    ([client, held]) => [fromWire(client.nick), shownPrefix(held, true)] as const,
  );
  return {
    name: fromWire(channel.name),
    topic: optional(channel.topic?.text),
    modes: fromWire(modeString(channel, true)),
    members: new Map(members),
    bans: listed(channel, "b"),
    list: (letter) => listed(channel, letter),
  };
}

/** A client in text, as it stands now. */
export function viewClient(client: Connection, person: boolean): ClientView {
  return {
    nick: fromWire(client.nick),
    user: fromWire(client.user),
    host: client.host,
    realName: fromWire(client.realName),
    account: optional(client.account),
    away: optional(client.away),
    channels: [...client.channels.values()].map(({ name }) => fromWire(name)),
    caps: [...client.caps],
    person,
  };
}
