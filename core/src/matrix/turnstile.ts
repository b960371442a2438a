import type { Millis } from "../adapter/index.ts";
import { type Backoff, delayAfter } from "../flow/backoff.ts";
import { type Clock, type Closure, Gate } from "../flow/gate.ts";
import { Slots } from "../flow/slots.ts";
import type { CallClass, MatrixError } from "./types.ts";

const again = Symbol("again");
const never = new AbortController().signal;
const reconnect: Backoff = { first: 250, most: 15_000 };

/** Where a call stands in line; `transfer` is for bytes, so that a slow file holds up no talk. */
export type Queue = CallClass | "transfer";

/** What a call learnt about the homeserver as a whole. */
export type Verdict =
  /** It answered. */
  | { readonly kind: "up" }
  /** It cannot be connected to. */
  | { readonly kind: "down"; readonly why: string }
  /** It failed in a way that may be its own or only this call's: reset, timeout, bad gateway. */
  | { readonly kind: "suspect"; readonly why: string }
  /** It asked for patience. */
  | { readonly kind: "limited"; readonly why: string; readonly retryAfter: Millis | undefined }
  /** Nothing: the caller went away. */
  | { readonly kind: "none" };

/** The gates as a call found them when it went through. */
export interface Passage {
  readonly queue: Queue;
  readonly closure: Closure | undefined;
  /** Of the gate of its queue. */
  readonly limit: Closure | undefined;
  readonly began: Millis;
}

interface Line {
  readonly slots: Slots;
  readonly limit: Gate;
}

const line = (size: number, limit = new Gate()): Line => ({ slots: new Slots(size), limit });

/**
 * Who may call the homeserver, and when: slots by class, so that a backfill never silences live chat,
 * behind one gate, so that an outage makes one retry and not one per lane. Homeservers limit joins
 * and uploads apart from messages, so a limit met there shuts that queue only. It never retries.
 */
export class Turnstile {
  /** Shut while the homeserver is away or limits live calls. */
  readonly gate = new Gate();
  readonly #clock: Clock;
  readonly #lines: Readonly<Record<Queue, Line>> = {
    live: line(8, this.gate),
    roster: line(2),
    history: line(2),
    transfer: line(4),
  };
  #lastAnswer = Number.NEGATIVE_INFINITY;
  /** The closure that stands for its absence, not for its patience. */
  #outage: Closure | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits for both gates, then for a slot; if one of them was shut meanwhile, from the start. */
  async pass<T>(
    queue: Queue,
    signal: AbortSignal | undefined,
    work: (passage: Passage) => Promise<T>,
  ): Promise<T> {
    const { slots } = this.#lines[queue];
    for (;;) {
      const passage = await this.#gates(queue, signal ?? never);
      const result = await slots.use(async () =>
        this.#stands(passage) ? work({ ...passage, began: this.#clock.now() }) : again,
      );
      if (result !== again) return result;
      this.#release(passage);
    }
  }

  /**
   * Opens or closes the gates. Calls that ran side by side report one outage, so only those that
   * know the gate as it is now have a say in it.
   */
  judge(passage: Passage, verdict: Verdict): void {
    const current = this.gate.closure === passage.closure;
    const { limit } = this.#lines[passage.queue];
    switch (verdict.kind) {
      case "up":
        this.#lastAnswer = this.#clock.now();
        if (current) this.gate.open();
        if (limit.closure === passage.limit) limit.open();
        return;
      case "limited":
        this.#limit(passage, verdict.why, verdict.retryAfter);
        return;
      case "down":
        if (current) this.#shut(verdict.why);
        break;
      case "suspect":
        if (current && this.#lastAnswer < passage.began) this.#shut(verdict.why);
        break;
      case "none":
    }
    this.#release(passage);
  }

  /** The homeserver called us, so it is there, whatever became of our own calls. */
  heard(): void {
    this.#lastAnswer = this.#clock.now();
    if (this.#outage !== undefined && this.gate.closure === this.#outage) this.gate.open();
  }

  async #gates(queue: Queue, signal: AbortSignal): Promise<Passage> {
    const { limit } = this.#lines[queue];
    const began = this.#clock.now();
    if (limit !== this.gate) await limit.pass(this.#clock, signal);
    const limited = limit.closure;
    try {
      await this.gate.pass(this.#clock, signal);
    } catch (error) {
      if (limit !== this.gate && limit.closure === limited) limit.release();
      throw error;
    }
    const closure = this.gate.closure;
    return { queue, closure, limit: limit === this.gate ? closure : limited, began };
  }

  #stands({ queue, closure, limit }: Passage): boolean {
    return this.gate.closure === closure && this.#lines[queue].limit.closure === limit;
  }

  /** A probe that came to no verdict leaves its place to the next one. */
  #release({ queue, closure, limit }: Passage): void {
    const line = this.#lines[queue];
    if (this.gate.closure === closure) this.gate.release();
    if (line.limit.closure === limit) line.limit.release();
  }

  /** The homeserver answered, so it is there; the queue waits for the longest time it was told. */
  #limit(passage: Passage, why: string, retryAfter: Millis | undefined): void {
    const { limit } = this.#lines[passage.queue];
    this.#lastAnswer = this.#clock.now();
    if (limit !== this.gate && this.gate.closure === passage.closure) this.gate.open();
    const until = this.#clock.now() + (retryAfter ?? delayOf(limit));
    const known = limit.closure?.until;
    if (limit.closure === passage.limit || known === undefined || known < until) {
      limit.close({ until, why });
    }
  }

  #shut(why: string): void {
    this.#outage = { until: this.#clock.now() + delayOf(this.gate), why };
    this.gate.close(this.#outage);
  }
}

const delayOf = (gate: Gate): Millis => delayAfter(gate.failures + 1, reconnect);

/** What a failed call says of the homeserver. */
export const verdictOf = (error: MatrixError): Verdict => {
  const why = error.message;
  if (error.errcode === "M_LIMIT_EXCEEDED" || error.status === 429) {
    return { kind: "limited", why, retryAfter: error.retryAfter };
  }
  if (error.errcode === "NETWORK") {
    return { kind: error.reached === "no" ? "down" : "suspect", why };
  }
  if (error.status === 0) return { kind: "none" };
  if (error.status >= 500 && error.errcode === "HTTP") return { kind: "suspect", why };
  return { kind: "up" };
};
