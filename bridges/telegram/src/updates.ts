import {
  BridgeError,
  type Log,
  type LoginId,
  type RemoteEvent,
  type Source,
} from "@bridgebox/core/adapter";
import { advance, lineAt, offer, type Line } from "./api/state.ts";
import { Api, decimal } from "./api/tl.ts";
import { lineOf } from "./ids.ts";
import { placeOfMessage, type View } from "./message.ts";
import { note, type Noting } from "./noting.ts";
import type { Row } from "./known-channels.ts";
import type { Peers } from "./peers.ts";
import { goneFrom, placeOf, widen, type Place } from "./places.ts";
import { eventsOf, messageEvents } from "./receive.ts";
import { StoreFailed } from "./store.ts";

/** An update that comes too early waits so long for those before it (core.telegram.org/api/updates). */
export const gapPatience = 500;

/** The key of a send or edit whose answer these updates are. */
export interface Mark {
  readonly key: string;
  /** The message's number where the updates do not say it beside the send's random id. */
  readonly message?: number;
}

export interface InboxOptions extends Noting {
  readonly source: Source;
  readonly login: LoginId;
  readonly view: View;
  readonly peers: Peers;
  readonly log: Log;
  /** Sends under way: their random ids, and the keys of their attempts. */
  readonly sending: ReadonlyMap<string, string>;
  missing(line: string, hurry: boolean): void;
  /** A channel is heard of for the first time: durable when it resolves, with what is known of it. */
  newChannel(id: string, row: Row): Promise<Row>;
}

/**
 * The sequences of one login: takes updates in any order, turns those whose turn it is into events,
 * and commits events and positions together. Works on one thing at a time; its caller keeps that.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #lines = new Map<string, Line<Api.TypeUpdate>>();
  readonly #sent = new Map<string, number>();
  #events: RemoteEvent[] = [];
  #cursor: Record<string, string | null> = {};
  #keys = new Map<number, string>();
  #listens = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Forgets what is not committed: the next difference starts where the core stands. */
  reset(): void {
    this.#listens = false;
    this.#lines.clear();
    this.#events = [...this.#options.peers.untold()];
    this.#options.polls.reset();
    this.#cursor = {};
  }

  /**
   * Whether all that was missed has been asked for. Until then what is pushed shows neither where a new
   * channel begins nor up to when everything is known, and whatever is missing is asked for anyway.
   */
  listens(on: boolean): void {
    this.#listens = on;
  }

  /** The position of a line: `pts`, `qts` or `channel:<id>`. */
  position(line: string): number | undefined {
    return this.#line(line)?.pts;
  }

  /** A number that is kept beside the positions: `date`, `seq`, `top:<line>`. */
  number(name: string): number | undefined {
    const waiting = this.#cursor[name];
    return parseNumber(waiting === undefined ? this.#options.source.cursor(name) : waiting);
  }

  set(name: string, value: number): void {
    if (this.number(name) !== value) this.#cursor[name] = String(value);
  }

  /** The newest message number that was seen on that line; 0 where that is not known. */
  top(line: string): number {
    return this.number(`top:${line}`) ?? 0;
  }

  /** Nothing up to that message is missing on that line. */
  seen(line: string, message: number): void {
    if (message > this.top(line)) this.set(`top:${line}`, message);
  }

  /** The newest number known there, own sends whose updates are still on their way included. */
  newest(line: string): number {
    return Math.max(this.top(line), this.#sent.get(line) ?? 0);
  }

  /** An own message got this number; the position stays where it is until its update is taken. */
  sent(line: string, message: number): void {
    this.#sent.set(line, Math.max(message, this.#sent.get(line) ?? 0));
  }

  /** Whether something that came too early is still waiting there. */
  isWaiting(line: string): boolean {
    return (this.#line(line)?.early.length ?? 0) > 0;
  }

  add(events: readonly RemoteEvent[]): void {
    this.#events.push(...events);
  }

  forget(line: string): void {
    this.#lines.delete(line);
    this.#cursor[line] = null;
    this.#cursor[`top:${line}`] = null;
  }

  /** Commits what has gathered; only then is it passed. */
  async commit(): Promise<void> {
    if (this.#events.length === 0 && Object.keys(this.#cursor).length === 0) return;
    const batch = { events: this.#events, cursor: this.#cursor, seenBy: [this.#options.login] };
    this.#events = [];
    this.#cursor = {};
    // Side by side, so that neither waits; what fails of the first is written with the next commit.
    const { whereabouts, source, peers, polls } = this.#options;
    const accepting = source.accept(batch).then(() => polls.told());
    await Promise.all([whereabouts.save(), accepting]);
    await peers.told(batch.events);
  }

  /** Everything that the server pushed or answered in one piece. */
  async take(updates: Api.TypeUpdates, mark?: Mark): Promise<void> {
    const wide = await widen(updates, this.#options);
    if (wide === undefined) return this.#hurry("pts");
    this.#keys = this.#keysIn(wide.updates, mark);
    this.add(await this.#options.peers.learn(wide.users, wide.chats));
    const fresh = this.#sequence(wide.seqStart, wide.seq);
    this.add(goneFrom(wide, this.#options.login));
    for (const update of wide.updates) {
      const place = placeOf(update);
      if (place !== undefined) await this.#offer(place, update);
      else if (fresh) await this.#apply(update);
    }
    if (wide.date > 0 && this.#listens) this.set("date", wide.date);
    this.#keys = new Map();
  }

  /** What a difference holds: messages without numbers of their own, and other updates. */
  async takeDifference(difference: {
    readonly line: string;
    readonly messages: readonly Api.TypeMessage[];
    readonly updates: readonly Api.TypeUpdate[];
    readonly users: readonly Api.TypeUser[];
    readonly chats: readonly Api.TypeChat[];
  }): Promise<void> {
    this.add(await this.#options.peers.learn(difference.users, difference.chats));
    this.#keys = this.#keysIn(difference.updates, undefined);
    for (const message of difference.messages) {
      await this.#apply(new Api.UpdateNewMessage({ message, pts: 0, ptsCount: 0 }));
    }
    for (const update of difference.updates) {
      const place = placeOf(update);
      if (place === undefined || place.line === difference.line) await this.#apply(update);
      else await this.#offer(place, update);
    }
    this.#keys = new Map();
  }

  /** Messages out of the network's history, as if they had just come; no number moves by them. */
  async replay(messages: readonly Api.TypeMessage[]): Promise<void> {
    for (const message of messages) {
      if (message instanceof Api.MessageEmpty) continue;
      await note(this.#options, message);
      this.add(messageEvents(message, this.#options.view));
    }
  }

  /** A line stands at that number now, whatever was there before. */
  async moveTo(line: string, pts: number): Promise<void> {
    const { line: moved, ready } = advance(this.#line(line) ?? lineAt<Api.TypeUpdate>(pts), pts);
    this.#keep(line, moved);
    for (const update of ready) await this.#apply(update);
  }

  /** A change of our own that the server counted and did not push (a deletion). */
  async count(line: string, pts: number, count: number): Promise<void> {
    await this.#offer({ line, pts, count }, new Api.UpdatePtsChanged());
  }

  async #offer(place: Place, update: Api.TypeUpdate): Promise<void> {
    const line = this.#line(place.line) ?? (await this.#begin(place));
    if (line === undefined) return;
    const offered = offer(line, { pts: place.pts, count: place.count, value: update });
    this.#keep(place.line, offered.line);
    for (const ready of offered.ready) await this.#apply(ready);
    if (offered.line.early.length > 0) this.#options.missing(place.line, false);
  }

  /** A channel begins with what is first heard of it, the account's box with its state alone. */
  async #begin(place: Place): Promise<Line<Api.TypeUpdate> | undefined> {
    const channel = /^channel:(\d+)$/.exec(place.line)?.[1];
    if (channel === undefined) return undefined;
    const begin = place.pts - place.count;
    const missed = this.#listens ? {} : this.#since();
    const row = await this.#options.newChannel(channel, { begin, ...missed });
    if (row.since === undefined) return lineAt(begin);
    // What was said since one came into it is read first, and this with it.
    this.#hurry(place.line);
    return undefined;
  }

  /** Up to when everything is known. */
  #since(): Row {
    const since = this.number("date");
    return since === undefined ? {} : { since };
  }

  #hurry(line: string): void {
    if (this.#listens) this.#options.missing(line, true);
  }

  async #apply(update: Api.TypeUpdate): Promise<void> {
    if (update instanceof Api.UpdateChannelTooLong) {
      const channel = decimal(update.channelId);
      await this.#options.newChannel(channel, this.#since());
      return this.#hurry(`channel:${channel}`);
    }
    try {
      await this.#remember(update);
      if (update instanceof Api.UpdateUserName) this.add(await this.#renamed(update));
      const events = await eventsOf(update, this.#options.view);
      this.add(events.map((event) => this.#confirmed(event)));
    } catch (error) {
      // What the store or the network did not give comes again; what we cannot read never will.
      if (error instanceof StoreFailed || error instanceof BridgeError) throw error;
      const says = error instanceof Error ? error.message : String(error);
      this.#options.log.warn("An update could not be read", { update: update.className, says });
    }
  }

  async #renamed(update: Api.UpdateUserName): Promise<readonly RemoteEvent[]> {
    const username = update.usernames.find((each) => each.active)?.username;
    const name = `${update.firstName} ${update.lastName}`.trim();
    if (name === "") return [];
    return this.#options.peers.rename(decimal(update.userId), {
      name,
      ...(username === undefined ? {} : { username }),
    });
  }

  async #remember(update: Api.TypeUpdate): Promise<void> {
    if (!("message" in update) || typeof update.message !== "object") return;
    const { message } = update;
    if (!(message instanceof Api.Message || message instanceof Api.MessageService)) return;
    if (isNew(update)) this.seen(lineOf(placeOfMessage(message)), message.id);
    await note(this.#options, message);
  }

  #confirmed(event: RemoteEvent): RemoteEvent {
    if (event.kind !== "message" && event.kind !== "edit") return event;
    const key = this.#keys.get(Number(event.id));
    return key === undefined ? event : { ...event, confirms: key };
  }

  #keysIn(updates: readonly Api.TypeUpdate[], mark: Mark | undefined): Map<number, string> {
    const keys = new Map<number, string>();
    for (const update of updates) {
      if (!(update instanceof Api.UpdateMessageID)) continue;
      const { randomId } = update;
      const key = randomId && this.#options.sending.get(decimal(randomId));
      if (key !== undefined) keys.set(update.id, key);
    }
    if (mark?.message !== undefined) keys.set(mark.message, mark.key);
    return keys;
  }

  /** Whether what has no number of its own is new; a jump in `seq` means that something is missing. */
  #sequence(start: number, end: number): boolean {
    if (end === 0) return true;
    const seq = this.number("seq") ?? 0;
    if (seq === 0 || start === seq + 1) {
      this.set("seq", end);
      return true;
    }
    if (start <= seq) return false;
    this.#hurry("pts");
    return true;
  }

  #line(name: string): Line<Api.TypeUpdate> | undefined {
    const memory = this.#lines.get(name);
    if (memory !== undefined) return memory;
    const pts = this.number(name);
    return pts === undefined ? undefined : lineAt(pts);
  }

  #keep(name: string, line: Line<Api.TypeUpdate>): void {
    this.#lines.set(name, line);
    this.set(name, line.pts);
  }
}

/** An edit tells nothing of how far its chat has come. */
const isNew = (update: Api.TypeUpdate): boolean =>
  update instanceof Api.UpdateNewMessage || update instanceof Api.UpdateNewChannelMessage;

const parseNumber = (text: string | null | undefined): number | undefined =>
  text !== null && text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
