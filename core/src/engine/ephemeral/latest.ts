import type { Millis } from "../../adapter/index.ts";
import type { Clock } from "../../flow/gate.ts";

interface LatestParts<V> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Values of one key in that time are one: the last. */
  readonly wait: Millis;
  /** Keys that wait at most; the one that waits longest is dropped for a new one. */
  readonly most: number;
  /** Does it; must not throw. */
  readonly work: (value: V) => Promise<void>;
}

/**
 * What comes often and counts only as it is now: of each key the latest value is worked on after a wait,
 * one key at a time. Never stored.
 */
export class Latest<V> {
  readonly #parts: LatestParts<V>;
  readonly #waiting = new Map<string, V>();
  #running = false;

  constructor(parts: LatestParts<V>) {
    this.#parts = parts;
  }

  set(key: string, value: V): void {
    const { most } = this.#parts;
    if (!this.#waiting.has(key) && this.#waiting.size >= most) {
      const [oldest] = this.#waiting.keys();
      if (oldest !== undefined) this.#waiting.delete(oldest);
    }
    this.#waiting.set(key, value);
    if (!this.#running) void this.#run();
  }

  /** The same, once more after a wait, unless there is a later one by now. */
  again(key: string, value: V): void {
    if (!this.#waiting.has(key)) this.set(key, value);
  }

  async #run(): Promise<void> {
    const { clock, signal, wait, work } = this.#parts;
    this.#running = true;
    while (this.#waiting.size > 0 && !signal.aborted) {
      await clock.sleep(wait, signal);
      const taken = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const value of taken) if (!signal.aborted) await work(value);
    }
    this.#running = false;
  }
}
