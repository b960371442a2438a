import type { Batch, ChatRef, Log, LoginId, RemoteEvent, Source } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import { GatewayDispatchEvents as Name } from "discord.js";
import type { GatewayDispatchPayload, GatewayGuildCreateDispatchData } from "discord.js";
import type { Place, Session } from "./api/gateway.ts";
import { behind, isTransient, notStored } from "./errors.ts";
import { changesIn, gapIn, isBehind, missedIn, unheardIn } from "./catch-up.ts";
import { channelIn, channelRef, compareIds, timeOf } from "./ids.ts";
import { keep, readKept } from "./kept.ts";
import type { Kept } from "./kept.ts";
import type { Newest } from "./newest.ts";
import { isForum } from "./places.ts";
import { eventsOf } from "./receive.ts";
import { isId, makesSense, serversIn } from "./wire.ts";
import type { Reader } from "./receive.ts";

export interface PumpOptions {
  readonly source: Source;
  readonly login: LoginId;
  readonly reader: Reader;
  readonly newest: Newest;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A session has begun or goes on, and everything before is stored. */
  readonly ready: () => void;
  /** The source is dropped for now: what is not stored comes again. */
  readonly failed: (error: unknown) => void;
}

/** More frames than this waiting mean that the core is behind: the rest is left to a resume. */
const mostWaiting = 5000;
const perCommit = 64;
const sessionAt = "session";
const lastAt = (channel: string): string => `last:${channel}`;

/** A fault of Discord's at one frame is waited for so often, with growing pauses. */
const mostTries = 5;

interface Heard {
  readonly frame: GatewayDispatchPayload;
  readonly session: Session;
}

/**
 * Turns the gateway's frames into commits, in their order. How far a session was read moves only with
 * a commit, so that a resume, also after a restart of ours, brings everything else again.
 */
export class Pump {
  readonly #options: PumpOptions;
  #queue: Heard[] = [];
  #running = false;
  #kept: Kept | undefined;
  #events: RemoteEvent[] = [];
  #cursor: Record<string, string | null> = {};
  /** Up to when all was heard of the session that Discord forgot. */
  #heardAt: number | undefined;
  /** Since when the session under way has something to catch up; as far as the batch under way came. */
  #since: number | undefined;
  /** The servers that are still to come for that; as far as the batch under way came. */
  #awaited = new Set<string>();
  /** The frame that failed last, and how often in a row. */
  #stuck = { sequence: 0, times: 0 };
  #generation = 0;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#kept = readKept(options.source.cursor(sessionAt));
  }

  /** Where a session can be gone on with. */
  get place(): Place | undefined {
    return this.#kept;
  }

  /** Discord does not know the session any more. */
  forget(): void {
    this.#heardAt = this.#kept?.at ?? this.#heardAt;
    this.#kept = undefined;
    this.#drop();
  }

  push(frames: readonly GatewayDispatchPayload[], session: Session): void {
    if (this.#options.signal.aborted) return;
    if (this.#queue.length + frames.length > mostWaiting) {
      this.#drop();
      this.#options.failed(behind());
      return;
    }
    for (const frame of frames) this.#queue.push({ frame, session });
    if (!this.#running) void this.#run();
  }

  /** Nothing more comes: what is not being stored at the moment comes again by a resume. */
  reset(): void {
    this.#drop();
  }

  #drop(): void {
    this.#generation += 1;
    this.#queue = [];
  }

  async #run(): Promise<void> {
    this.#running = true;
    const { signal, failed } = this.#options;
    const generation = this.#generation;
    // A reset while something is awaited: what is in the queue then is of the next connection.
    const current = (): boolean => this.#generation === generation && !signal.aborted;
    try {
      while (this.#queue.length > 0 && current()) {
        const batch = this.#queue.splice(0, perCommit);
        this.#events = [];
        this.#cursor = {};
        this.#since = this.#kept?.since;
        this.#awaited = new Set(this.#kept?.awaited);
        const { last, failure } = await this.#takeAll(batch, current);
        if (!current()) return;
        const kept = last && (await this.#commit(last.session, last.frame.s));
        if (!current()) return;
        this.#kept = kept ?? this.#kept;
        if (failure !== undefined) throw failure;
        const begun = batch.some(({ frame }) => frame.t === Name.Ready || frame.t === Name.Resumed);
        if (begun) this.#options.ready();
      }
    } catch (error) {
      if (!current()) return;
      this.#drop();
      failed(error instanceof BridgeError ? error : notStored(error));
    } finally {
      this.#running = false;
      if (this.#queue.length > 0 && !signal.aborted) void this.#run();
    }
  }

  /** As far as it goes: what came before a failure is stored, so that it is gone on with from there. */
  async #takeAll(
    batch: readonly Heard[],
    current: () => boolean,
  ): Promise<{ readonly last: Heard | undefined; readonly failure?: unknown }> {
    let last: Heard | undefined;
    for (const heard of batch) {
      try {
        await this.#take(heard.frame);
      } catch (failure) {
        return { last, failure };
      }
      if (!current()) break;
      last = heard;
    }
    return { last };
  }

  async #take(frame: GatewayDispatchPayload): Promise<void> {
    if (!makesSense(frame)) {
      this.#options.log.error("An event of Discord was left out", { event: frame.t });
      return;
    }
    if (frame.t === Name.Ready) {
      this.#since = this.#kept?.at ?? this.#heardAt;
      this.#options.reader.votes.forget();
      await this.#directs(frame.s);
      this.#awaited = serversIn(frame.d);
      return;
    }
    // A server in an outage is told of again when it is over.
    if (frame.t === Name.GuildCreate && frame.d.unavailable === true) return;
    const events = await this.#read(frame);
    if (frame.t === Name.GuildCreate) await this.#guild(frame.d, frame.s);
    this.#events.push(...events);
    const deleted = frame.t === Name.ChannelDelete || frame.t === Name.ThreadDelete;
    if (deleted && isId(frame.d.id)) this.#cursor[lastAt(frame.d.id)] = null;
    if (frame.t === Name.MessageCreate) this.#saw(frame.d.channel_id, frame.d.id);
    const left = frame.t === Name.GuildDelete && frame.d.unavailable !== true;
    if (frame.t === Name.GuildCreate || left) this.#awaited.delete(frame.d.id);
  }

  /** One frame that cannot be read must not stop all others for ever. */
  async #read(frame: GatewayDispatchPayload): Promise<readonly RemoteEvent[]> {
    const { reader, log, signal } = this.#options;
    try {
      return await eventsOf(frame, reader);
    } catch (error) {
      if (signal.aborted || this.#comesAgain(error, frame.s)) throw error;
      log.error("An event of Discord was left out", { event: frame.t, why: String(error) });
      return [];
    }
  }

  /** One channel that makes no sense must not keep all others away. */
  async #orLeftOut(
    channel: string,
    read: () => Promise<readonly RemoteEvent[]>,
  ): Promise<readonly RemoteEvent[]> {
    const { log, signal } = this.#options;
    try {
      return await read();
    } catch (error) {
      if (signal.aborted || error instanceof BridgeError) throw error;
      log.error("A channel of Discord was left out", { chat: channel, why: String(error) });
      return [];
    }
  }

  /** Whether the frame is to be taken again: after a while, or after a login. */
  #comesAgain(error: unknown, sequence: number): boolean {
    if (!(error instanceof BridgeError)) return false;
    if (error.scope === "login") return true;
    if (!isTransient(error)) return false;
    const times = this.#stuck.sequence === sequence ? this.#stuck.times + 1 : 1;
    this.#stuck = { sequence, times };
    return times < mostTries;
  }

  #saw(channel: string, message: string): void {
    this.#options.newest.saw(channel, message);
    this.#cursor[lastAt(channel)] = message;
  }

  #last(channel: string): string | undefined {
    return this.#cursor[lastAt(channel)] ?? this.#options.source.cursor(lastAt(channel));
  }

  /** The channels of a server: what they got while no session ran, and what became of what they had. */
  async #guild(guild: GatewayGuildCreateDispatchData, sequence: number): Promise<void> {
    const known = new Set((await this.#options.reader.chats()).map(({ id }) => String(id)));
    const inAll = async (): Promise<readonly RemoteEvent[]> => {
      const changes: RemoteEvent[] = [];
      for (const channel of [...guild.channels, ...guild.threads]) {
        const at = { known: known.has(channel.id), sequence };
        const look = () => this.#channel(channel, at);
        changes.push(...(await this.#orLeftOut(channel.id, look)));
      }
      return changes;
    };
    this.#events.push(...(await this.#orLeftOut(guild.id, inAll)));
  }

  async #channel(
    channel: GatewayGuildCreateDispatchData["channels" | "threads"][number],
    { known, sequence }: { readonly known: boolean; readonly sequence: number },
  ): Promise<readonly RemoteEvent[]> {
    // What is said in a forum is said in its posts, which are channels of their own.
    if (isForum(channel)) return [];
    const last = "last_message_id" in channel ? channel.last_message_id : undefined;
    const stored = this.#last(channel.id);
    const chat = channelRef(channel.id);
    if (stored === undefined) {
      if (typeof last !== "string" || !known) return [];
      const since = this.#since;
      const missed = since !== undefined && timeOf(last) > since;
      // From here on it is known what is new, also if nothing was said before the next outage.
      this.#cursor[lastAt(channel.id)] = last;
      // With it, as what follows in this server may fail: then what was looked at before is stored.
      if (missed) this.#events.push(unheardIn(chat, since));
      return [];
    }
    if (isBehind(stored, last)) return this.#catchUp(chat, stored, sequence);
    return known ? [changesIn(chat, { since: this.#since, first: undefined })] : [];
  }

  /** Private chats are in no server's list. */
  async #directs(sequence: number): Promise<void> {
    const changes: RemoteEvent[] = [];
    for (const chat of await this.#options.reader.chats()) {
      const channel = channelIn(chat);
      if (chat.receiver === undefined || channel === undefined) continue;
      const stored = this.#last(channel);
      if (stored !== undefined) changes.push(...(await this.#catchUp(chat, stored, sequence)));
    }
    this.#events.push(...changes);
  }

  /** Gives what is still to be told: that changes were missed too, or that not all could be read. */
  async #catchUp(chat: ChatRef, after: string, sequence: number): Promise<readonly RemoteEvent[]> {
    const { reader, log, signal } = this.#options;
    let from = after;
    let first: string | undefined;
    try {
      for await (const { events, channel, oldest, newest } of missedIn(reader, chat, after)) {
        await this.#flush();
        first ??= oldest;
        from = compareIds(newest, from) > 0 ? newest : from;
        await this.#accept({ events, catchUp: true, cursor: { [lastAt(channel)]: from } });
        this.#options.newest.saw(channel, from);
      }
      return [changesIn(chat, { since: this.#since, first })];
    } catch (error) {
      if (signal.aborted || this.#comesAgain(error, sequence)) throw error;
      log.warn("What was missed in a channel cannot be read", {
        chat: chat.id,
        why: String(error),
      });
      return [gapIn(chat, from, error instanceof BridgeError && isTransient(error))];
    }
  }

  /** What was gathered before goes before; it stays gathered where the store refuses it. */
  async #flush(): Promise<void> {
    if (this.#events.length === 0 && Object.keys(this.#cursor).length === 0) return;
    await this.#accept({ events: this.#events, cursor: this.#cursor });
    this.#events = [];
    this.#cursor = {};
  }

  async #commit(session: Session, sequence: number): Promise<Kept> {
    const kept = keep({ ...session, sequence }, { since: this.#since, awaited: this.#awaited });
    const cursor = { ...this.#cursor, [sessionAt]: JSON.stringify(kept) };
    await this.#accept({ events: this.#events, cursor });
    return kept;
  }

  async #accept(batch: Omit<Batch, "seenBy">): Promise<void> {
    const { source, login } = this.#options;
    try {
      await source.accept({ ...batch, seenBy: [login] });
    } catch (error) {
      throw error instanceof BridgeError && error.scope === "login" ? error : notStored(error);
    }
  }
}
