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

/** The state of the gate a call went through. */
export interface Passage {
  readonly closure: Closure | undefined;
  readonly began: Millis;
}

/**
 * Who may call the homeserver, and when: slots by class, so that a backfill never silences live chat,
 * behind one gate, so that an outage makes one retry and not one per lane. It never retries.
 */
export class Turnstile {
  readonly gate = new Gate();
  readonly #clock: Clock;
  readonly #slots: Readonly<Record<Queue, Slots>> = {
    live: new Slots(8),
    roster: new Slots(2),
    history: new Slots(2),
    transfer: new Slots(4),
  };
  #lastAnswer = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits for the gate, then for a slot; if the gate was shut meanwhile, from the start. */
  async pass<T>(
    queue: Queue,
    signal: AbortSignal | undefined,
    work: (passage: Passage) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      await this.gate.pass(this.#clock, signal ?? never);
      const closure = this.gate.closure;
      const result = await this.#slots[queue].use(async () => {
        if (this.gate.closure !== closure) return again;
        return work({ closure, began: this.#clock.now() });
      });
      if (result !== again) return result;
    }
  }

  /**
   * Opens or closes the gate. Calls that ran side by side report one outage, so only those that
   * know the gate as it is now have a say in it.
   */
  judge(passage: Passage, verdict: Verdict): void {
    const current = this.gate.closure === passage.closure;
    switch (verdict.kind) {
      case "up":
        this.#lastAnswer = this.#clock.now();
        if (current) this.gate.open();
        return;
      case "limited":
        this.#limit(current, verdict.why, verdict.retryAfter);
        return;
      case "down":
        if (current) this.#shut(verdict.why);
        return;
      case "suspect":
        if (!current) return;
        if (this.#lastAnswer >= passage.began) this.gate.release();
        else this.#shut(verdict.why);
        return;
      case "none":
        if (current) this.gate.release();
    }
  }

  #limit(current: boolean, why: string, retryAfter: Millis | undefined): void {
    const until = this.#clock.now() + (retryAfter ?? this.#delay());
    const known = this.gate.closure?.until;
    if (current || known === undefined || known < until) this.gate.close({ until, why });
  }

  #shut(why: string): void {
    this.gate.close({ until: this.#clock.now() + this.#delay(), why });
  }

  #delay(): Millis {
    return delayAfter(this.gate.failures + 1, reconnect);
  }
}

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
