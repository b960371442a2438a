import type { Clock } from "./gate.ts";

const second = 1000;

/** So many in a second; after a rest, as many at once. Whoever waits is served in order. */
export class Pace {
  readonly #clock: Clock;
  readonly #perSecond: () => number;
  /** When the next one may go if there was no rest. */
  #next = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, perSecond: () => number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Resolves when it is the caller's turn; rejects only with the signal's reason. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const gap = second / this.#perSecond();
    const now = this.#clock.now();
    const at = Math.max(this.#next, now - second + gap);
    this.#next = at + gap;
    if (at > now) await this.#clock.sleep(at - now, signal);
    signal.throwIfAborted();
  }
}
