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
  /** What was missed before it is on disk, all of it. */
  whole: boolean;
  /** Users who were away for so short a while that Slack still brings what they did not hear. */
  readonly renewed: ReadonlySet<string>;
}

export const beginLife = (
  ready: Promise<unknown>,
  renewed: ReadonlySet<string> = new Set(),
): Life => {
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
    whole: false,
    renewed,
  };
  return life;
};

/**
 * What is not acknowledged comes again from Slack: at once, after a minute and after five
 * (docs.slack.dev/apis/events-api#retries). In milliseconds, within the first of them.
 */
const broughtFor = 60_000;

/** Who heard everything until the last whole connection ended. */
export class LastHeard {
  #users: ReadonlySet<string> = new Set();
  #at = 0;

  ended({ whole }: Life, users: Iterable<string>): void {
    if (!whole) return;
    this.#users = new Set(users);
    this.#at = Date.now();
  }

  /** Those for whom Slack still keeps all that they have not heard. */
  renewed(): ReadonlySet<string> {
    return Date.now() - this.#at < broughtFor ? this.#users : new Set();
  }
}
