const DEADLINE_MS = 20_000;

/** Lets tests wait for a state of the network instead of for time to pass. */
export class Watch {
  readonly #waiting = new Set<() => void>();

  /** Has everybody who waits look again. */
  changed(): void {
    for (const look of this.#waiting) look();
  }

  /** The first truthy value of `probe`, looked at after every change; rejects after the deadline. */
  until<T>(
    probe: () => T | undefined | null | false,
    deadlineMs: number = DEADLINE_MS,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`after ${deadlineMs} ms still not: ${probe.toString()}`));
      }, deadlineMs);
      const look = (): void => {
        try {
          const value = probe();
          if (value === undefined || value === null || value === false) return;
          stop();
          resolve(value);
        } catch (error) {
          stop();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.#waiting.add(look);
      look();
    });
  }
}
