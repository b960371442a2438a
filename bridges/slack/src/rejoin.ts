import { asBridgeError, type Source } from "@bridgebox/core/adapter";
import { changesEvent, missedIn, unfetched, type Found } from "./catch-up.ts";
import { isLoginOver } from "./errors.ts";
import { isConversation, isDirect, tsOf } from "./ids.ts";
import type { Listener } from "./listener.ts";

/** A login that comes in, with the conversations it was in. */
export interface Entrant {
  readonly listener: Listener;
  /** Until then it has heard everything; absent: it was never here. A moment of Slack's. */
  readonly since: string | undefined;
  /** Now, and a little before that: what comes later is heard. */
  readonly now: string;
  readonly channels: readonly string[];
}

/** Where what was missed is put. */
export interface Place {
  readonly source: Source;
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
  /** What a conversation has missed goes before all that is said there now. */
  readonly inOrder: (channel: string, job: () => Promise<void>) => Promise<void>;
  /** Users who were away for so short a while that Slack still brings what they did not hear. */
  readonly renewed: ReadonlySet<string>;
  /** In how many connections in a row a conversation could not be read, by its position. */
  readonly failed: Map<string, number>;
  /** All that an entrant missed is in its place. */
  readonly whole: (entrant: Entrant) => Promise<void>;
}

export const entrantOf = async (listener: Listener, source: Source): Promise<Entrant> => {
  const since = source.cursor(sinceOf(listener));
  const now = tsOf(listener.api.now() - 2000);
  const chats = (await listener.chats()).map(({ id }) => String(id));
  return { listener, since, now, channels: [...new Set(chats.filter(isConversation))] };
};

/** From now on all is heard. */
export const markWhole = ({ listener, now }: Entrant, source: Source): Promise<void> =>
  source.accept({ events: [], seenBy: [], cursor: { [sinceOf(listener)]: now } });

/**
 * Fetches what they have missed, each conversation once for all who share it. The answers, one for
 * each of them, come when all of its own conversations are whole, whoever has read them.
 */
export const rejoin = (entrants: readonly Entrant[], place: Place): readonly Promise<void>[] => {
  const ended = new Set<Listener>();
  const sharing = new Map<string, { readonly channel: string; readonly by: Entrant[] }>();
  for (const entrant of entrants)
    for (const channel of entrant.channels) {
      const position = positionOf(channel, entrant.listener);
      const known = sharing.get(position);
      if (known) known.by.push(entrant);
      else sharing.set(position, { channel, by: [entrant] });
    }
  const jobs = new Map(
    [...sharing].map(([position, { channel, by }]) => [
      position,
      place.inOrder(channel, () => catchUp({ channel, position, by, ended }, place)),
    ]),
  );
  return entrants.map(async (entrant) => {
    const { listener, channels } = entrant;
    await Promise.all(channels.map(async (channel) => jobs.get(positionOf(channel, listener))));
    if (!ended.has(listener) && !listener.signal.aborted) await place.whole(entrant);
  });
};

/** How far a conversation was read; a direct one looks different from both sides, so it has two. */
export const positionOf = (channel: string, { user }: Listener): string =>
  isDirect(channel) ? `at:${channel}:${user}` : `at:${channel}`;

const sinceOf = ({ user }: Listener): string => `since:${user}`;

interface Shared {
  readonly channel: string;
  readonly position: string;
  /** Those who may be able to read it. */
  readonly by: readonly Entrant[];
  /** Logins that turn out to be over: what they have missed is still missing. */
  readonly ended: Set<Listener>;
}

/**
 * By the first who can. Who was away longest says from where on: the others may have come later. What was
 * said before may have been changed and deleted too, which the core looks for: it knows what is shown.
 */
const catchUp = async (
  { channel, position, by, ended }: Shared,
  { source, signal, renewed, failed }: Place,
): Promise<void> => {
  const [since = ""] = by.flatMap((each) => each.since ?? []).toSorted();
  const known = source.cursor(position);
  const after = known !== undefined && known > since ? known : since;
  const changed = by.some(({ listener }) => !renewed.has(listener.user));
  for (const { listener } of by) {
    if (listener.signal.aborted || ended.has(listener)) continue;
    const found = await readBy({ listener, channel, after, signal }, { ended, position, failed });
    if (found === undefined) continue;
    failed.delete(position);
    const { oldest, newest, partial } = found;
    const { view, api } = listener;
    // Its answers tell the second.
    const now = tsOf(api.now() + 1000);
    const asks =
      changed && !partial ? [changesEvent({ view, channel }, { since, oldest, now })] : [];
    const events = [...found.events, ...asks];
    if (events.length === 0) return;
    const cursor = newest === undefined ? {} : { cursor: { [position]: newest } };
    await source.accept({ events, seenBy: [listener.login], ...cursor });
    return;
  }
};

interface Reading {
  readonly listener: Listener;
  readonly channel: string;
  readonly after: string;
  readonly signal: AbortSignal;
}

/** In so many connections a conversation is read before it is left to the core as a gap. */
const mostTries = 5;

/** Nothing where this login cannot read it: another one may. */
const readBy = async (
  { listener, signal, ...range }: Reading,
  {
    ended,
    position,
    failed,
  }: Pick<Shared, "ended" | "position"> & { readonly failed: Map<string, number> },
): Promise<Found | undefined> => {
  const both = AbortSignal.any([listener.signal, signal]);
  const missed = { ...listener, ...range, signal: both };
  try {
    return await missedIn(missed);
  } catch (thrown) {
    const error = asBridgeError(thrown);
    if (signal.aborted) throw error;
    if (listener.signal.aborted) return undefined;
    // One conversation that cannot be read must not keep all others away for ever.
    const tries = (failed.get(position) ?? 0) + 1;
    if (error.scope !== "login") failed.set(position, tries);
    if (tries >= mostTries && error.scope !== "login") return unfetched(missed, error);
    if (!isLoginOver(error)) throw error;
    ended.add(listener);
    listener.state("needs-login", error);
    return undefined;
  }
};
