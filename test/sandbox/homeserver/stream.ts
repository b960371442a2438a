import type { Clock } from "./clock.ts";

/** The one order of everything that happens on the server, and who waits for more of it. */
export class Stream {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();
  #position = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get position(): number {
    return this.#position;
  }

  /** Takes the next place. */
  next(): number {
    this.#position += 1;
    return this.#position;
  }

  /** Who has a long poll open: waking looks at them alone, never at a room's members. */
  waiting(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** Ends a user's long polls. */
  wake(userId: string): void {
    const polls = this.#waiting.get(userId);
    if (!polls) return;
    this.#waiting.delete(userId);
    for (const done of polls) done();
  }

  /** Resolves when the user is woken, the time is over or the caller went away. */
  async wait(userId: string, ms: number, onClose: (job: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const polls = this.#waiting.get(userId) ?? new Set();
      this.#waiting.set(userId, polls);
      const done = (): void => {
        cancel();
        polls.delete(done);
        if (polls.size === 0 && this.#waiting.get(userId) === polls) this.#waiting.delete(userId);
        resolve();
      };
      const cancel = this.#clock.after(ms, done);
      polls.add(done);
      onClose(done);
    });
  }
}
