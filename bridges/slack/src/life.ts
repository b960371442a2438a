/** (live) One connection, from its opening to its end. */
export interface Life {
  readonly signal: AbortSignal;
  readonly end: () => void;
  /** Events wait until what was missed before them has its place. */
  ready: Promise<unknown>;
  /** What was missed before it: each ends when its part is on disk, or the connection is over. */
  readonly work: Promise<void>[];
  /** All who were there have been let in; who comes now is let in at once. */
  open: boolean;
  /** Users for whom all that they missed before is on disk, and who have heard everything since. */
  readonly whole: Set<string>;
  /** Users who were away for so short a while that Slack still brings what they did not hear. */
  renewed: ReadonlySet<string>;
}

export const beginLife = (ready: Promise<unknown>): Life => {
  const ended = new AbortController();
  const life: Life = {
    signal: ended.signal,
    end: () => {
      life.open = false;
      ended.abort();
    },
    ready,
    work: [],
    open: false,
    whole: new Set(),
    renewed: new Set(),
  };
  return life;
};

/**
 * What is not acknowledged comes again from Slack: at once, after a minute and after five
 * (docs.slack.dev/apis/events-api#retries). In milliseconds, within the first of them.
 */
const broughtFor = 60_000;
/** After that long nothing comes again any more, in milliseconds. */
const broughtUntil = 10 * 60_000;

/** Until when each user who was whole has heard everything. */
export class LastHeard {
  readonly #now: () => number;
  readonly #ends = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A short connection may have brought nothing of what came before it: the end before that counts. */
  ended({ whole, renewed }: Life): void {
    const now = this.#now();
    for (const user of whole) {
      const before = renewed.has(user) ? this.#ends.get(user) : undefined;
      if (before === undefined || now - before > broughtUntil) this.#ends.set(user, now);
    }
  }

  /** What comes while that user is away is acknowledged for others, and does not come again. */
  forget(user: string): void {
    this.#ends.delete(user);
  }

  /** Those for whom Slack still keeps all that they have not heard. */
  renewed(): ReadonlySet<string> {
    const now = this.#now();
    return new Set([...this.#ends].flatMap(([user, at]) => (now - at < broughtFor ? [user] : [])));
  }
}
