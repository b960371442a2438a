import type { Millis } from "../adapter/index.ts";

/** What a gate needs of time, so that tests bring their own. */
export interface Clock {
  now(): Millis;
  /** Resolves after `delay`, or at once when the signal aborts. */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>;
}

/** The longest that the runtime's own timers can wait: beyond it they end at once. */
const longest = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (delay, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      let left = Math.max(0, delay);
      const wait = (): NodeJS.Timeout => {
        const step = Math.min(left, longest);
        left -= step;
        return setTimeout(() => (left > 0 ? (timer = wait()) : finish()), step);
      };
      let timer = wait();
      signal?.addEventListener("abort", finish, { once: true });
    }),
};

/** Why a gate is shut; `until` absent: until somebody opens it. */
export interface Closure {
  readonly until: Millis | undefined;
  readonly why: string;
}

/**
 * One door that many lanes pass. An error's scope closes it, its retry time or a reconnect opens it:
 * one outage makes one retry, not one per lane. When the time of a closure is over, one caller goes
 * through as a probe; the others follow when `open` is called or the gate is closed no more.
 */
export class Gate {
  #closure: Closure | undefined;
  #failures = 0;
  #probing = false;
  #waiters = new Set<() => void>();

  /** Undefined while open. */
  get closure(): Closure | undefined {
    return this.#closure;
  }

  /** How often it was closed in a row: what a back-off counts with. */
  get failures(): number {
    return this.#failures;
  }

  close(closure: Closure): void {
    this.#closure = closure;
    this.#failures += 1;
    this.#probing = false;
    this.#wake();
  }

  open(): void {
    if (this.#closure === undefined && this.#failures === 0) return;
    this.#closure = undefined;
    this.#failures = 0;
    this.#probing = false;
    this.#wake();
  }

  /** The probe ended without a verdict on the gate: the next one may try. */
  release(): void {
    if (!this.#probing) return;
    this.#probing = false;
    this.#wake();
  }

  /** The caller of `pass` that went through for this closure learned that the way is clear. */
  clear(probed: Closure): void {
    if (this.#closure === probed) this.open();
  }

  /** The probe of that closure ended without a verdict; of another closure it knows nothing. */
  giveBack(probed: Closure): void {
    if (this.#closure === probed) this.release();
  }

  /** Resolves when it is open or its time is over, without being the probe. */
  async ready(clock: Clock, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const left = this.#left(clock);
      if (left === undefined || left <= 0) return;
      await this.#change(left === Infinity ? undefined : left, clock, signal);
    }
  }

  #left(clock: Clock): Millis | undefined {
    if (this.#closure === undefined) return undefined;
    return this.#closure.until === undefined ? Infinity : this.#closure.until - clock.now();
  }

  /**
   * Resolves when the caller may pass: with the closure that it is the probe of, if the gate is not
   * open. Rejects only with the signal's reason.
   */
  async pass(clock: Clock, signal: AbortSignal): Promise<Closure | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const left = this.#left(clock);
      if (left === undefined) return undefined;
      if (left <= 0 && !this.#probing) {
        this.#probing = true;
        return this.#closure;
      }
      await this.#change(left > 0 && left !== Infinity ? left : undefined, clock, signal);
    }
  }

  async #change(within: Millis | undefined, clock: Clock, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const wake = (): void => done.abort();
    this.#waiters.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    const changed = new Promise<void>((resolve) => {
      done.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await (within === undefined ? changed : clock.sleep(within, done.signal));
    this.#waiters.delete(wake);
    signal.removeEventListener("abort", wake);
    done.abort();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }
}
