/** Where the homeserver takes its time from, so that a test can own it. */
export type Clock = {
  now(): number;
  /** Runs `job` once after `ms`; the returned function takes it back. */
  after(ms: number, job: () => void): () => void;
};

/** The machine's clock. Its timers never keep a process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, job) => {
    const timer = setTimeout(job, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until a test moves it: back-offs and typing end at once, without sleeping. */
export class ManualClock implements Clock {
  #now: number;
  readonly #jobs = new Set<{ at: number; job: () => void }>();

  constructor(start = Date.now()) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, job: () => void): () => void {
    const entry = { at: this.#now + ms, job };
    this.#jobs.add(entry);
    return () => void this.#jobs.delete(entry);
  }

  /** Moves time on and runs what became due, earliest first. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#jobs].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#jobs.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.job();
    }
    this.#now = end;
  }
}
