interface Waiter {
  check(): boolean;
  fail(cause: Error): void;
}

/** Lets a test wait for a state instead of a time: every waiter is asked again whenever something happened. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /** Resolves with the first value of `look` that is not undefined; rejects, naming `what`, after `timeoutMs`. */
  wait<T>(look: () => T | undefined, what: () => string, timeoutMs: number): Promise<T> {
    const now = look();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiter.fail(new Error(`${what()} did not happen within ${timeoutMs} ms`));
      }, timeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter = {
        check() {
          const value = look();
          if (value === undefined) return false;
          done();
          resolve(value);
          return true;
        },
        fail(cause) {
          done();
          reject(cause);
        },
      };
      this.#waiting.add(waiter);
    });
  }

  /** Asks everyone who waits again. */
  poke(): void {
    for (const waiter of this.#waiting) waiter.check();
  }

  /** Ends all waiting with an error. */
  fail(cause: Error): void {
    for (const waiter of this.#waiting) waiter.fail(cause);
  }
}
