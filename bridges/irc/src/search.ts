import type { Resolved } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { Client } from "./api/client.ts";
import { command } from "./api/line.ts";
import type { ConnectionContext } from "./context.ts";
import { offline } from "./errors.ts";
import type { Listed, Listing } from "./listing.ts";
import { channelCount, listing } from "./listing.ts";

const what = "No channels were looked for";
/** A list is good for so long. */
const freshMs = 300_000;
/** So long somebody waits for a list; what has come by then is looked through. */
const patienceMs = 15_000;
/** Of a network that has more channels, those are listed whole that have people enough, where it can do that. */
const manyChannels = 3_000;
const enoughPeople = 9;
const mostFound = 50;
const mostLists = 20;

interface Kept {
  readonly client: Client;
  readonly since: number;
  /** Once it was this list's turn to be asked for. */
  readonly begun: Promise<Listing>;
}

/**
 * Finds channels by name and topic. A server's list is asked for once in a while, one list at a time, and
 * kept; by name it can be asked for alone, where the server can do that (ISUPPORT ELIST M).
 */
export function channelSearch(
  context: ConnectionContext,
): (text: string, signal: AbortSignal) => Promise<readonly Resolved[]> {
  const lists = new Map<string, Kept>();
  let turn: Promise<unknown> = Promise.resolve();
  /** The server lists a hidden channel to whoever is on it: nobody else is to hear of it. */
  const may = (name: string): boolean => {
    const channel = context.link.roster.channel(name);
    if (channel === undefined) return true;
    return channel.flags !== undefined && !channel.flags.has("s") && !channel.flags.has("p");
  };
  // For whoever asks meanwhile, too: it does not end with the patience of the first.
  const begin = async (client: Client, mask: string, ahead: Promise<unknown>): Promise<Listing> => {
    await ahead;
    const line = command.channels(mask === whole ? await wholeMask(client) : mask);
    return listing(client, line, may);
  };
  /** That list, kept or asked for now. */
  const listed = (client: Client, mask: string): Promise<Listing> => {
    const known = lists.get(mask);
    if (known?.client === client && Date.now() - known.since < freshMs) return known.begun;
    const begun = begin(client, mask, turn);
    const kept: Kept = { client, since: Date.now(), begun };
    lists.delete(mask);
    lists.set(mask, kept);
    const [oldest] = lists.keys();
    if (lists.size > mostLists && oldest !== undefined) lists.delete(oldest);
    turn = begun
      .then(({ done }) => done)
      .catch(() => {
        if (lists.get(mask) === kept) lists.delete(mask);
      });
    return begun;
  };
  return async (text, signal) => {
    const client = context.link.registered;
    if (client === undefined) throw offline(what);
    const { fold } = context.shared.names();
    const words = fold(text)
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length === 0) return [];
    const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const masks = [...nameMasks(client, words), whole];
    const all = new Map<string, Listed>();
    let failed: unknown;
    let read = 0;
    for (const mask of masks) {
      try {
        const { found, done } = await within(listed(client, mask), patience);
        await within(done, patience).catch((error: unknown) => {
          if (found.length === 0 || !patience.aborted) throw error;
        });
        read += 1;
        for (const one of found) all.set(fold(one.name), one);
      } catch (error) {
        signal.throwIfAborted();
        failed = error;
      }
    }
    if (read === 0) throw failed;
    const hits = [...all.values()].filter(({ name }) => may(name));
    return ranked(hits, words, fold).map(({ name, topic, people }) => ({
      name,
      chat: context.shared.names().channel(name),
      members: people,
      ...(topic === "" ? {} : { topic }),
    }));
  };
}

/** The list of all channels, as far as it is had. */
const whole = "";

const elist = (client: Client): string => {
  const stated = client.supports("ELIST");
  return typeof stated === "string" ? stated.toUpperCase() : "";
};

/** Channels that have that word in their names; a list of everything has them too, if it is not cut. */
const nameMasks = (client: Client, words: readonly string[]): readonly string[] => {
  const [word = "", ...more] = words;
  const isSafe = more.length === 0 && /^[^\s*?,<>!:\p{Cc}]{2,60}$/u.test(word);
  return isSafe && elist(client).includes("M") ? [`*${word}*`] : [];
};

/** All of a small network; of a large one the channels with people enough, where it can tell (ELIST U). */
async function wholeMask(client: Client): Promise<string | undefined> {
  if (!elist(client).includes("U")) return undefined;
  const count = await channelCount(client, AbortSignal.timeout(patienceMs));
  return count > manyChannels ? `>${enoughPeople}` : undefined;
}

/** Those in which every word stands; by name first, then by how many people are there. */
function ranked(
  hits: readonly Listed[],
  words: readonly string[],
  fold: (name: string) => string,
): readonly Listed[] {
  const low = (text: string): string => fold(text.toLowerCase());
  const wanted = words.map(low);
  const scored = hits.flatMap((one) => {
    const [name, topic] = [low(one.name), low(one.topic)];
    const isNamed = wanted.every((word) => name.includes(word));
    const isAbout = wanted.every((word) => name.includes(word) || topic.includes(word));
    return isAbout ? [{ one, isNamed }] : [];
  });
  return scored
    .sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || b.one.people - a.one.people)
    .slice(0, mostFound)
    .map(({ one }) => one);
}

/** Waits no longer than that; what is waited for goes on, and is there for who asks next. */
async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const aborted = (): void => reject(slow());
  if (signal.aborted) aborted();
  signal.addEventListener("abort", aborted, { once: true });
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

const slow = (): BridgeError =>
  new BridgeError(
    "timeout",
    `${what} – the IRC server's list of channels is still coming. Ask again in a minute.`,
    { reached: "no", scope: "item" },
  );
