import { setTimeout as sleep } from "node:timers/promises";
import {
  asBridgeError,
  type BridgeError,
  type Log,
  type RemoteEvent,
  type Source,
} from "@bridgebox/core/adapter";
import { asObject, objectIn, textIn, type Wire } from "./api/shapes.ts";
import type { Transport } from "./api/transport.ts";
import { namedIn, withLeaver, type Audience } from "./audience.ts";
import { endingIn } from "./ending.ts";
import { behind, isLoginOver, lost } from "./errors.ts";
import { isDirect } from "./ids.ts";
import { orLeftOut } from "./left-out.ts";
import { beginLife, LastHeard } from "./life.ts";
import type { Life } from "./life.ts";
import type { Listener } from "./listener.ts";
import { Queues, Turns } from "./queues.ts";
import { channelOf, eventsOf } from "./receive.ts";
import { movedBy } from "./moved.ts";
import { entrantOf, markWhole, rejoin, type Entrant } from "./rejoin.ts";

export interface HubOptions {
  readonly source: Source;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly transport: Transport;
  /** Whom an event of the app is for. Absent: the stream is one login's own. */
  readonly audience?: Audience;
  /** Between two connections, for that many milliseconds; the clock of this machine if not given. */
  readonly pause?: (delay: number, signal: AbortSignal) => Promise<unknown>;
  /** What tells how long nobody heard, in milliseconds; the clock of this machine if not given. */
  readonly now?: () => number;
}

const firstDelay = 100;
const longestDelay = 60_000;
/** How long after a start an event waits for a login that is not connected yet, in milliseconds. */
const grace = 30_000;
const rememberedEvents = 5000;
/** More events than this that are not stored mean that the core is behind. */
const mostUnderway = 5000;

const sleepFor = (delay: number, signal: AbortSignal): Promise<void> =>
  sleep(delay, undefined, { signal });

/**
 * One stream of events, for all logins that hear by it: an app's socket or address, or a browser's
 * socket. What comes is acknowledged when it is on disk; what came while nobody listened is asked for.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #queues = new Queues();
  readonly #turns = new Turns(3);
  readonly #seen = new Map<string, Promise<void>>();
  readonly #since = Date.now();
  #running: Promise<void> | undefined;
  /** Connections in a row by which not all that was missed was fetched. */
  #failures = 0;
  #underway = 0;
  readonly #failed = new Map<string, number>();
  #life = beginLife(Promise.resolve());
  readonly #lastHeard: LastHeard;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#lastHeard = new LastHeard(options.now ?? Date.now);
  }

  /** From now on until its signal aborts, that login hears. */
  async add(listener: Listener): Promise<void> {
    const leave = (): void => {
      if (this.#listeners.get(listener.user) === listener) this.#listeners.delete(listener.user);
      this.#life.whole.delete(listener.user);
      this.#lastHeard.forget(listener.user);
    };
    listener.signal.addEventListener("abort", leave, { once: true });
    if (listener.signal.aborted) return;
    const life = this.#life;
    if (!life.open) {
      this.#listeners.set(listener.user, listener);
      this.#running ??= this.#run();
      return;
    }
    const entering = this.#enter([listener], life);
    life.ready = Promise.allSettled([life.ready, entering]);
    await entering;
    // The connection ended meanwhile: the next one lets it in.
    if (life.signal.aborted && !listener.signal.aborted) await this.add(listener);
  }

  /** Resolves when it is on disk, or is nothing that anybody needs. */
  receive(payload: unknown): Promise<void> {
    const from = asObject(payload);
    if (from?.["type"] !== "event_callback") return Promise.resolve();
    const id = textIn(from, "event_id");
    const known = id === undefined ? undefined : this.#seen.get(id);
    if (known) return known;
    if (this.#underway >= mostUnderway) {
      const why = behind();
      this.#drop(this.#life, why);
      return Promise.reject(why);
    }
    const taken = this.#take(from);
    this.#underway += 1;
    const over = (): void => void (this.#underway -= 1);
    void taken.then(over, over);
    if (id !== undefined) this.#remember(id, taken);
    return taken;
  }

  /** Ends the connection, so that what was not stored comes again. */
  #drop(life: Life, why: unknown): void {
    if (life.signal.aborted) return;
    this.#options.log.warn("Slack's events are heard anew", { why: asBridgeError(why).message });
    life.end();
  }

  /**
   * A job of one conversation. Where it fails, the connection is over before the next one begins:
   * what comes after a hole must not be taken for all there is up to there.
   */
  #inOrder(channel: string, life: Life, job: () => Promise<void>): Promise<void> {
    return this.#queues.run(channel, async () => {
      try {
        if (life.signal.aborted) throw lost();
        await job();
      } catch (thrown) {
        this.#drop(life, thrown);
        throw thrown;
      }
    });
  }

  async closed(): Promise<void> {
    await this.#running;
  }

  #remember(id: string, taken: Promise<void>): void {
    this.#seen.set(id, taken);
    taken.catch(() => this.#seen.delete(id));
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > rememberedEvents && oldest !== undefined) this.#seen.delete(oldest);
  }

  async #run(): Promise<void> {
    const { signal, transport, pause = sleepFor } = this.#options;
    for (this.#failures = 0; !signal.aborted; this.#failures += 1) {
      const opening = Promise.withResolvers<void>();
      const life = beginLife(opening.promise);
      this.#life = life;
      let why = lost();
      try {
        await transport({
          receive: (payload) => this.receive(payload),
          opened: async () => {
            await this.#opened(life);
            opening.resolve();
            void this.#caughtUp(life);
          },
          signal: AbortSignal.any([signal, life.signal]),
        });
      } catch (thrown) {
        why = asBridgeError(thrown);
      }
      life.end();
      opening.resolve();
      this.#lastHeard.ended(life);
      if (signal.aborted) return;
      if (this.#over(why)) return;
      for (const { state } of this.#listeners.values()) state("reconnecting", why);
      const delay =
        Math.min(longestDelay, firstDelay * 2 ** this.#failures) * (0.5 + Math.random());
      await pause(why.retryAfter ?? delay, signal).catch(() => undefined);
    }
  }

  async #caughtUp(life: Life): Promise<void> {
    await Promise.all(life.work);
    if (!life.signal.aborted) this.#failures = 0;
  }

  #over(why: BridgeError): boolean {
    if (!isLoginOver(why)) return false;
    for (const { state } of this.#listeners.values()) state("needs-login", why);
    this.#running = undefined;
    return true;
  }

  /** Lets all in, also who comes meanwhile. */
  async #opened(life: Life): Promise<void> {
    // A browser's socket brings nothing a second time.
    if (this.#options.audience !== undefined) life.renewed = this.#lastHeard.renewed();
    const entered = new Set<Listener>();
    for (;;) {
      const waiting = [...this.#listeners.values()].filter((each) => !entered.has(each));
      if (waiting.length === 0) break;
      for (const each of waiting) entered.add(each);
      await this.#enter(waiting, life, life.renewed);
    }
    life.open = !life.signal.aborted;
  }

  /**
   * Puts what the logins have missed in its place, and lets them hear. Who comes into an open connection
   * is none of `renewed`: what came before was acknowledged for the others.
   */
  async #enter(
    listeners: readonly Listener[],
    life: Life,
    renewed: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    const { source, audience } = this.#options;
    const asked = await Promise.all(listeners.map((each) => entrantOf(each, source)));
    const entrants = asked.filter(({ listener }) => !listener.signal.aborted);
    for (const { listener } of entrants) this.#listeners.set(listener.user, listener);
    audience?.forget();
    const known = entrants.filter(({ since }) => since !== undefined);
    const whole = async (entrant: Entrant): Promise<void> => {
      const { listener } = entrant;
      await markWhole(entrant, source);
      if (this.#listeners.get(listener.user) === listener) life.whole.add(listener.user);
    };
    for (const each of entrants) if (!known.includes(each)) await whole(each);
    const inOrder = (channel: string, job: () => Promise<void>): Promise<void> =>
      this.#inOrder(channel, life, () => this.#turns.take(channel, job));
    const { signal } = life;
    const failed = this.#failed;
    for (const each of rejoin(known, { source, signal, inOrder, renewed, failed, whole }))
      life.work.push(each.catch((thrown: unknown) => this.#drop(life, thrown)));
    if (life.signal.aborted) return;
    for (const { listener } of entrants) if (!listener.signal.aborted) listener.state("connected");
  }

  async #take(payload: Wire): Promise<void> {
    const { audience } = this.#options;
    const life = this.#life;
    await life.ready;
    if (life.signal.aborted) throw lost();
    const event = objectIn(payload, "event");
    if (event === undefined) return;
    const ending = endingIn(event);
    if (ending !== undefined) {
      for (const { user, state, api } of this.#listeners.values())
        if (ending.isOf(user)) state("needs-login", ending.why(api.credentials.setting));
      return;
    }
    const channel = channelOf(event);
    if (channel !== undefined && this.#isEarly(payload)) throw lost();
    if (channel !== undefined) this.#turns.hurry(channel);
    await this.#inOrder(channel ?? "", life, async () => {
      const all = [...this.#listeners.values()];
      const seeing = (await audience?.of({ payload, channel }, all, life.signal)) ?? all;
      const listeners = withLeaver(event, { seeing, all });
      await this.#accept(event, { channel, listeners, life });
    });
  }

  async #accept(
    event: Wire,
    {
      channel,
      listeners,
      life,
    }: {
      readonly channel: string | undefined;
      readonly listeners: readonly Listener[];
      readonly life: Life;
    },
  ): Promise<void> {
    const [first] = listeners;
    if (first === undefined) return;
    const direct = channel !== undefined && isDirect(channel);
    const of = { channel, ts: textIn(event, "ts") ?? textIn(event, "event_ts") };
    for (const listener of direct ? listeners : [first]) {
      const { log } = listener.view;
      const signals = [life.signal, listener.signal];
      const read = (): Promise<readonly RemoteEvent[]> => eventsOf(event, listener.view);
      const events = await orLeftOut({ log, of, signals, read });
      if (events.length === 0) continue;
      const seenBy = direct ? [listener.login] : listeners.map(({ login }) => login);
      const cursor = movedBy({ event, events, channel }, listener, this.#options.source);
      if (life.signal.aborted) throw lost();
      await this.#options.source.accept({ events, seenBy, cursor });
    }
  }

  /** A login of the app is not connected yet: the event is not acknowledged, so it comes again. */
  #isEarly(payload: Wire): boolean {
    if (Date.now() - this.#since > grace) return false;
    return namedIn(payload).some((user) => !this.#listeners.has(user));
  }
}
