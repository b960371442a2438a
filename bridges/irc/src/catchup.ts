import type { ChatRef, Log, LoginId, RemoteEvent } from "@bridgebox/core/adapter";
import type { Batch } from "./api/batches.ts";
import type { Client } from "./api/client.ts";
import type { Past } from "./history.ts";
import { boundAt, partners, pastsOf, reachOf, request, timestamp } from "./history.ts";
import { isChannel, messageBy, msgidOf } from "./ids.ts";
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

/** Also of waiting for its turn under the flood limit. */
const queriesSince = "queries";
const requestMs = 180_000;
/** A hundred thousand messages: what is older is shown as a gap. */
const mostPages = 200;
const mostHeld = 5_000;
/** Clocks differ; who was there a moment before proves that the memory reaches back. */
const witnessMs = 120_000;
const skewMs = 5_000;

/**
 * Fills what was missed while a connection was down, from what the server remembers. Meanwhile what is
 * said live in that chat waits, so that the order stays. What is gone for good is told as a gap.
 */
export class Catchup {
  readonly #context: CatchupContext;
  readonly #held = new Map<string, RemoteEvent[]>();
  readonly #replays = new Map<string, (batch: Batch | undefined) => void>();
  /** What is said to this login while it asks who wrote meanwhile. */
  #queries: RemoteEvent[] | undefined;
  #reading: Reading | undefined;

  constructor(context: CatchupContext) {
    this.#context = context;
  }

  begin(reading: Reading): void {
    this.#reading = reading;
  }

  /** Live: goes on at once, or when its chat has caught up. */
  hear(event: RemoteEvent): void {
    const chat = "chat" in event ? event.chat : undefined;
    const query = chat?.receiver === undefined ? undefined : this.#queries;
    const held = query ?? this.#held.get(chat?.id ?? "");
    const waits = event.kind === "message" || event.kind === "delete" || event.kind === "reactions";
    if (held === undefined || !waits) return this.#tell(event);
    held.push(event);
    if (held.length > mostHeld && query === undefined) this.#release(event.chat.id, new Set());
  }

  /** A message of ours has that id: the memory reaches back if it still has that. */
  own(chat: ChatRef, at: number, msgid: string): void {
    if (!this.#held.has(chat.id)) this.#context.mark(`seen:${chat.id}`, `${at} ${msgid}`);
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
    this.#held.set(missed.chat.id, []);
    const caught = history === undefined ? this.#replayed(missed) : this.#asked(missed);
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

  /** Who wrote to this login while it was away. */
  async queries(aliveAt: number | undefined, now: number): Promise<void> {
    const { client, login, log, signal, cursor, mark, flush } = this.#context;
    const reading = this.#reading;
    const left = Number(cursor(queriesSince) ?? "");
    const since = Number.isFinite(left) && left > 0 ? left : aliveAt;
    if (client.abilities?.history === undefined || reading === undefined) return;
    if (since === undefined) return;
    mark(queriesSince, String(since));
    this.#queries = [];
    const span = { from: since - witnessMs, to: now + witnessMs };
    const named = await partners(client, span, this.#patience()).catch((error: unknown) => {
      if (!signal.aborted) {
        log.warn("Who wrote meanwhile could not be asked", { error: String(error) });
      }
      return [];
    });
    if (signal.aborted) return;
    const told = named
      .filter((name) => !isChannel(name))
      .map((name) => {
        const chat = reading.names.query(name, login);
        return this.missed({ chat, target: name, since, at: now });
      });
    const waiting = this.#queries;
    this.#queries = undefined;
    for (const event of waiting) this.hear(event);
    await Promise.all(told);
    mark(queriesSince, null);
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
    if (event.kind !== "message") return;
    const msgid = msgidOf(event.id);
    if (msgid !== undefined) this.#context.mark(`seen:${event.chat.id}`, `${event.at} ${msgid}`);
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
    const held = this.#held.get(id) ?? [];
    this.#held.delete(id);
    for (const event of held) {
      if (event.kind !== "message" || !told.has(event.key)) this.#tell(event);
    }
  }

  /** Tells what is new of it; gives the keys. */
  #news(pasts: readonly Past[], { chat }: Missed, after: number): ReadonlySet<string> {
    const reading = this.#reading;
    const last = this.#last(chat);
    const told = new Set<string>();
    const seen = last === undefined ? -1 : pasts.findIndex(({ event }) => isAt(event, last));
    for (const { event, head } of pasts.slice(seen + 1)) {
      if (event.at < after || reading?.saidByUs(head.nick, head.prefix) === true) continue;
      const relayer = head.tags["draft/relaymsg"];
      if (relayer !== undefined && reading?.isOurs(relayer) === true) continue;
      this.#tell(event);
      if (event.kind === "message") told.add(event.key);
    }
    return told;
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
    for (let page = 0; ; page += 1) {
      const ability = client.abilities?.history;
      const reading = this.#reading;
      if (ability === undefined || reading === undefined || page === mostPages) break;
      const bounds = [bound, String(ability.limit)];
      const batch = await request(client, { verb: "AFTER", target, bounds }, this.#patience());
      signal.throwIfAborted();
      reach ??= reachOf(batch);
      pasts.push(...pastsOf(reading, chat, batch));
      const next = boundAt(batch, "last", ability.byId);
      if (next === undefined || next === bound) break;
      bound = next;
    }
    return this.#settle(missed, { pasts, last, reach, start });
  }

  /** By what the server plays back on a join, if it does; its modes come after that. */
  async #replayed(missed: Missed): Promise<ReadonlySet<string>> {
    const { chat, target, since } = missed;
    const { client } = this.#context;
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
    const last = this.#last(chat);
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
    return this.#news(pasts, missed, known ? 0 : (last?.at ?? start - skewMs));
  }
}

const isAt = (event: Past["event"], { msgid }: Last): boolean =>
  event.kind === "message" && event.id === messageBy(msgid);
