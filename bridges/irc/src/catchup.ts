import type { ChatRef, Log, LoginId, RemoteEvent } from "@bridgebox/core/adapter";
import type { Batch } from "./api/batches.ts";
import type { Client } from "./api/client.ts";
import type { Past } from "./history.ts";
import { boundAt, partners, pastsOf, reachOf, request, timestamp } from "./history.ts";
import { audienceOf, isChannel, messageBy, msgidOf } from "./ids.ts";
import type { Reading } from "./reading.ts";

export interface CatchupContext {
  readonly login: LoginId;
  readonly client: Client;
  readonly log: Log;
  /** Ends with the connection. */
  readonly signal: AbortSignal;
  /** A committed cursor of the login's source. */
  readonly cursor: (name: string) => string | undefined;
  readonly emit: (event: RemoteEvent) => void;
  readonly mark: (name: string, value: string | null) => void;
  /** What was emitted outside of the reading of lines is to be stored now. */
  readonly flush: () => void;
}

/** The last message that was seen in a chat. */
interface Last {
  readonly at: number;
  readonly msgid: string;
}

/** Time in which a chat was not heard. */
export interface Missed {
  readonly chat: ChatRef;
  /** How the wire calls it. */
  readonly target: string;
  readonly since: number | undefined;
  readonly at: number;
}

/** What is said live while a chat catches up; once it is too much to hold, it goes on at once. */
interface Held {
  readonly events: RemoteEvent[];
  full: boolean;
}

const queriesSince = "queries";
/** Also of waiting for its turn under the flood limit. */
const requestMs = 180_000;
/** Chats that are asked about at once: the others do not wait under the flood limit with their time running. */
const mostAsked = 4;
/** A hundred thousand messages: what is beyond is shown as a gap. */
const mostPages = 200;
const mostHeld = 1_000;
/** Clocks differ; who was there a moment before proves that the memory reaches back. */
const witnessMs = 120_000;
const skewMs = 5_000;

/**
 * Fills what was missed while a connection was down, from what the server remembers. Meanwhile what is
 * said live in that chat waits, so that the order stays. What is gone for good is told as a gap.
 */
export class Catchup {
  readonly #context: CatchupContext;
  readonly #held = new Map<string, Held>();
  readonly #turns: (() => void)[] = [];
  #asking = 0;
  readonly #replays = new Map<string, (batch: Batch | undefined) => void>();
  /** What is said to this login while it asks who wrote meanwhile. */
  #queries: Held | undefined;
  /** Who wrote to this login is not known since then, so what it sees now proves nothing of before. */
  #owed = false;
  #reading: Reading | undefined;

  constructor(context: CatchupContext) {
    this.#context = context;
  }

  begin(reading: Reading): void {
    this.#reading = reading;
  }

  /** Live: goes on at once, or when its chat has caught up. */
  hear(event: RemoteEvent): void {
    const waits = event.kind === "message" || event.kind === "delete" || event.kind === "reactions";
    if (!waits) return this.#context.emit(event);
    const { chat } = event;
    const queries = chat.receiver === undefined ? undefined : this.#queries;
    const held = queries ?? this.#held.get(chat.id);
    if (held === undefined) return this.#tell(event);
    if (held.full) return this.#context.emit(event);
    held.events.push(event);
    if (held.events.length <= mostHeld) return undefined;
    held.full = true;
    for (const one of held.events.splice(0)) this.#context.emit(one);
    return undefined;
  }

  /** A message of ours has that id: the memory reaches back if it still has that. */
  own(chat: ChatRef, at: number, msgid: string): void {
    if (!this.#held.has(chat.id)) this.#seen(chat, at, msgid);
  }

  /** It was away from that chat; resolves once all that can be told is, never if the connection ends. */
  missed(missed: Missed): Promise<void> {
    const { client } = this.#context;
    const { history, replays } = client.abilities ?? {};
    if (this.#held.has(missed.chat.id)) return Promise.resolve();
    if (history === undefined && (replays !== true || !isChannel(missed.target))) {
      this.#gap(missed);
      return Promise.resolve();
    }
    this.#held.set(missed.chat.id, { events: [], full: false });
    const caught =
      history === undefined ? this.#replayed(missed) : this.#inTurn(() => this.#asked(missed));
    return this.#told(missed, caught);
  }

  async #told(missed: Missed, caught: Promise<ReadonlySet<string>>): Promise<void> {
    const { signal, log, flush } = this.#context;
    const told = await caught.catch((error: unknown) => {
      if (signal.aborted) return new Promise<never>(() => undefined);
      log.warn("What was missed could not be read", { error: String(error) });
      this.#gap(missed);
      return new Set<string>();
    });
    this.#release(missed.chat.id, told);
    // Whoever waits for this marks the chat as heard: in the same commit.
    queueMicrotask(flush);
  }

  /** Who wrote to this login while it was away; where that cannot be asked, the next connection does. */
  async queries(aliveAt: number | undefined, now: number): Promise<void> {
    const { client, login, log, signal, cursor, mark, flush } = this.#context;
    const reading = this.#reading;
    const left = Number(cursor(queriesSince) ?? "");
    this.#owed = Number.isFinite(left) && left > 0;
    const since = this.#owed ? left : aliveAt;
    if (client.abilities?.history === undefined || reading === undefined) return;
    if (since === undefined) return;
    mark(queriesSince, String(since));
    this.#owed = true;
    const held: Held = { events: [], full: false };
    this.#queries = held;
    const span = { from: since - witnessMs, to: now + witnessMs };
    const asked = await partners(client, span, this.#patience()).catch((error: unknown) => {
      if (!signal.aborted) {
        log.warn("Who wrote meanwhile could not be asked", { error: String(error) });
      }
      return undefined;
    });
    if (signal.aborted) return;
    const told = asked?.names
      .filter((name) => !isChannel(name) && audienceOf(name) === undefined)
      .map((name) => {
        const chat = reading.names.query(name, login);
        return this.missed({ chat, target: name, since, at: now });
      });
    this.#owed = asked?.whole !== true;
    this.#queries = undefined;
    for (const event of held.events) this.hear(event);
    if (told === undefined) return flush();
    await Promise.all(told);
    if (!this.#owed) mark(queriesSince, null);
    flush();
  }

  /** History that nobody asked for: what a join brought back. */
  replay(batch: Batch): void {
    const [target = ""] = batch.params;
    const id = this.#reading?.names.fold(target) ?? "";
    this.#replays.get(id)?.(batch);
  }

  #patience(): AbortSignal {
    return AbortSignal.any([this.#context.signal, AbortSignal.timeout(requestMs)]);
  }

  #tell(event: RemoteEvent): void {
    this.#context.emit(event);
    const msgid = event.kind === "message" ? msgidOf(event.id) : undefined;
    if (event.kind === "message" && msgid !== undefined) this.#seen(event.chat, event.at, msgid);
  }

  #seen(chat: ChatRef, at: number, msgid: string): void {
    if (chat.receiver !== undefined && this.#owed) return;
    this.#context.mark(`seen:${chat.id}`, `${at} ${msgid}`);
  }

  #last(chat: ChatRef): Last | undefined {
    const stored = this.#context.cursor(`seen:${chat.id}`);
    const [, at, msgid] = /^(\d+) (\S+)$/.exec(stored ?? "") ?? [];
    return at === undefined || msgid === undefined ? undefined : { at: Number(at), msgid };
  }

  #gap({ chat, at, since }: Missed): void {
    const known = since === undefined ? {} : { since };
    this.#context.emit({ kind: "gap", chat, at, ...known, healable: false });
  }

  #release(id: string, told: ReadonlySet<string>): void {
    const held = this.#held.get(id);
    this.#held.delete(id);
    for (const event of held?.events ?? []) {
      if (event.kind !== "message" || !told.has(event.key)) this.#tell(event);
    }
  }

  /** Tells what is new of it since that was seen; gives the keys. */
  #news(pasts: readonly Past[], last: Last | undefined, after: number): ReadonlySet<string> {
    const reading = this.#reading;
    const told = new Set<string>();
    const seen = last === undefined ? -1 : pasts.findIndex(({ event }) => isAt(event, last));
    for (const [place, { event, head }] of pasts.entries()) {
      // A deletion may stand beside the message that it takes away, however old that is.
      const isNew = event.kind === "delete" || (place > seen && event.at >= after);
      if (!isNew || reading?.saidByUs(head.nick, head.prefix) === true) continue;
      const relayer = head.tags["draft/relaymsg"];
      if (relayer !== undefined && reading?.isOurs(relayer) === true) continue;
      this.#tell(event);
      if (event.kind === "message") told.add(event.key);
    }
    return told;
  }

  async #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#asking < mostAsked) this.#asking += 1;
    else await new Promise<void>((go) => this.#turns.push(go));
    try {
      this.#context.signal.throwIfAborted();
      return await ask();
    } finally {
      const next = this.#turns.shift();
      if (next) next();
      else this.#asking -= 1;
    }
  }

  /** By draft/chathistory, page after page. */
  async #asked(missed: Missed): Promise<ReadonlySet<string>> {
    const { client, signal } = this.#context;
    const { chat, target, since } = missed;
    const last = this.#last(chat);
    const start = last?.at ?? since ?? missed.at;
    // A little earlier: the last message may have been deleted, and an older one proves the same.
    let bound = timestamp(start - witnessMs);
    const pasts: Past[] = [];
    let reach: number | undefined;
    let unread: number | undefined;
    for (let page = 0; ; page += 1) {
      const ability = client.abilities?.history;
      const reading = this.#reading;
      if (ability === undefined || reading === undefined || page === mostPages) {
        unread = pasts.at(-1)?.event.at ?? start;
        break;
      }
      const bounds = [bound, String(ability.limit)];
      const batch = await request(client, { verb: "AFTER", target, bounds }, this.#patience());
      signal.throwIfAborted();
      reach ??= reachOf(batch);
      pasts.push(...pastsOf(reading, chat, batch));
      const next = boundAt(batch, "last", ability.byId);
      if (next === undefined || next === bound) break;
      bound = next;
    }
    const told = this.#settle(missed, { pasts, last, reach, start });
    if (unread !== undefined) this.#gap({ ...missed, since: unread });
    return told;
  }

  /** By what the server plays back on a join, if it does; its modes come after that. */
  async #replayed(missed: Missed): Promise<ReadonlySet<string>> {
    const { chat, target, since } = missed;
    const { client } = this.#context;
    const last = this.#last(chat);
    const over = new AbortController();
    const modes = client
      .until(
        ({ command, params }) =>
          command === "324" && this.#reading?.names.fold(params[1] ?? "") === chat.id,
        AbortSignal.any([this.#patience(), over.signal]),
      )
      .then(() => undefined)
      .catch(() => undefined);
    const brought = new Promise<Batch | undefined>((resolve) =>
      this.#replays.set(chat.id, resolve),
    );
    const batch = await Promise.race([brought, modes]);
    this.#replays.delete(chat.id);
    over.abort();
    this.#context.signal.throwIfAborted();
    const reading = this.#reading;
    const start = last?.at ?? since ?? missed.at;
    const read = batch === undefined || reading === undefined;
    const pasts = read ? [] : pastsOf(reading, { id: chat.id }, batch);
    const reach = batch && reachOf(batch);
    const named = { ...missed, target };
    return this.#settle(named, { pasts, last, reach, start });
  }

  /** It is whole if it begins with what was seen last, or before the time that was missed. */
  #settle(
    missed: Missed,
    facts: {
      pasts: readonly Past[];
      last: Last | undefined;
      reach: number | undefined;
      start: number;
    },
  ): ReadonlySet<string> {
    const { pasts, last, reach, start } = facts;
    const known = last !== undefined && pasts.some(({ event }) => isAt(event, last));
    const older = reach !== undefined && reach < start;
    if (!known && !older) this.#gap(missed);
    return this.#news(pasts, last, known ? 0 : (last?.at ?? start - skewMs));
  }
}

const isAt = (event: Past["event"], { msgid }: Last): boolean =>
  event.kind === "message" && event.id === messageBy(msgid);
