import type { Channel, Connection, Outgoing } from "../connection.ts";
import type { Line } from "../line.ts";
import { asMiddle } from "../line.ts";
import type { History } from "../history.ts";
import { peersOf } from "../channels.ts";
import { fold } from "../names.ts";
import type { Settings } from "../settings.ts";

/** The network's state, as commands see it. */
export interface World {
  readonly settings: Settings;
  /** By folded nick; also those who hold a nick before registering. */
  readonly clients: Map<string, Connection>;
  readonly channels: Map<string, Channel>;
  readonly history: History;
  /** Records something the grammar or the announced limits forbid. */
  violation(me: Connection, why: string): void;
  /** How CHATHISTORY is answered now. */
  remembers(me: Connection): "well" | "refused" | "never";
  /** Whether this message is to be delivered and then never confirmed; counts it. */
  swallows(me: Connection): boolean;
}

/** One command: how many parameters the RFC gives it, and what it does. */
export interface Command {
  readonly min: number;
  readonly max: number;
  /** May be used before registration is complete. */
  readonly early?: true;
  /** Answers a call with too few parameters where 461 is not the answer. */
  missing?(me: Connection, params: readonly string[]): void;
  run(world: World, me: Connection, line: Line): void;
}

/** A refusal that software can read (IRCv3 standard-replies). */
export function fail(
  world: World,
  me: Connection,
  facts: {
    readonly command: string;
    readonly code: string;
    readonly about?: readonly string[];
    readonly why: string;
  },
): void {
  const { command, code, about = [], why } = facts;
  const words = ["FAIL", command, code, ...about.map(asMiddle)];
  me.send({ source: world.settings.name, rest: `${words.join(" ")} :${why}` });
}

/** The registered client of that nick. */
export function findClient(world: World, nick: string): Connection | undefined {
  const client = world.clients.get(fold(nick));
  return client?.registered === true ? client : undefined;
}

/** The channel, or 403 to the client. */
export function needChannel(world: World, me: Connection, name: string): Channel | undefined {
  const channel = world.channels.get(fold(name));
  if (channel === undefined) me.numeric("403", asMiddle(name), "No such channel");
  return channel;
}

/** The channel the client is in, or 403 or 442 to it. */
export function needOwnChannel(world: World, me: Connection, name: string): Channel | undefined {
  const channel = needChannel(world, me, name);
  if (channel === undefined || channel.members.has(me)) return channel;
  me.numeric("442", channel.name, "You're not on that channel");
  return undefined;
}

/** Takes a client off the network and tells those who shared a channel with it. */
export function departs(world: World, me: Connection, reason: string): void {
  const peers = peersOf(me);
  for (const [name, channel] of me.channels) {
    channel.members.delete(me);
    if (channel.members.size === 0) world.channels.delete(name);
  }
  me.channels.clear();
  for (const channel of world.channels.values()) channel.invited.delete(me);
  if (world.clients.get(fold(me.nick)) === me) world.clients.delete(fold(me.nick));
  const quit: Outgoing = me.says(`QUIT :${reason}`);
  for (const peer of peers) peer.send(quit);
  me.registered = false;
}
