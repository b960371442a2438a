import type { Millis } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import type { Ahead } from "./ahead.ts";

/** Messages said while a transaction waits for its answer: they come together in the next one. */
const most = 4;
/** The longest that an answer waits, in milliseconds, and with it what a person says meanwhile. */
const patience: Millis = 100;

interface Wait {
  left: number;
  readonly end: () => void;
}

/**
 * While messages follow each other into a room, the homeserver pushes each of them back to the box, by a
 * transaction and three writes of its own unless it has to wait for the answer to the one before: what
 * is said in that time comes together. So an answer that nobody waits for is given a little later then.
 */
export class Burst {
  readonly #ahead: Ahead;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waits = new Set<Wait>();

  constructor(parts: {
    readonly ahead: Ahead;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  }) {
    this.#ahead = parts.ahead;
    this.#clock = parts.clock;
    this.#signal = parts.signal;
  }

  /** A message was said in a room. */
  said(): void {
    for (const wait of this.#waits) {
      wait.left -= 1;
      if (wait.left === 0 || !this.#ahead.isFollowed) wait.end();
    }
  }

  /** Resolves after four more messages, when none follows, or after 100 ms; at once without a burst. */
  async gathered(): Promise<void> {
    if (!this.#ahead.isFollowed) return;
    const over = new AbortController();
    const wait: Wait = { left: most, end: () => over.abort() };
    this.#waits.add(wait);
    await this.#clock.sleep(patience, AbortSignal.any([this.#signal, over.signal]));
    this.#waits.delete(wait);
  }
}
