/** An update that counts in a sequence: it holds good if `pts` is what we have plus `count`. */
export interface Numbered<T> {
  readonly pts: number;
  readonly count: number;
  readonly value: T;
}

/** One sequence (the account's box, a channel, qts): where we are, and what came too early. */
export interface Line<T> {
  readonly pts: number;
  readonly early: readonly Numbered<T>[];
}

export interface Offered<T> {
  readonly line: Line<T>;
  /** What holds good now, in order. */
  readonly ready: readonly T[];
}

/** More early updates than this say that something is lost: the difference will bring them. */
const mostEarly = 500;

/** A line that starts at that number. */
export const lineAt = <T>(pts: number): Line<T> => ({ pts, early: [] });

/**
 * The rule of core.telegram.org/api/updates: an update that follows is applied, with everything that
 * waited for it; one that was applied already is dropped; one that comes too early waits.
 */
export const offer = <T>(line: Line<T>, update: Numbered<T>): Offered<T> => {
  const next = line.pts + update.count;
  if (update.pts < next) return { line, ready: [] };
  if (update.pts > next) return { line: hold(line, update), ready: [] };
  const rest = drain<T>({ pts: update.pts, early: line.early });
  return { line: rest.line, ready: [update.value, ...rest.ready] };
};

/** After a difference: what it covered is dropped, what follows it is applied. */
export const advance = <T>(line: Line<T>, pts: number): Offered<T> =>
  drain<T>({ pts, early: line.early });

const hold = <T>(line: Line<T>, update: Numbered<T>): Line<T> => {
  const early = [...line.early, update].sort((a, b) => a.pts - b.pts);
  return { pts: line.pts, early: early.slice(0, mostEarly) };
};

const drain = <T>(line: Line<T>): Offered<T> => {
  const ready: T[] = [];
  const early: Numbered<T>[] = [];
  let pts = line.pts;
  for (const update of line.early) {
    if (update.pts < pts + update.count) continue;
    if (update.pts > pts + update.count) {
      early.push(update);
    } else {
      pts = update.pts;
      ready.push(update.value);
    }
  }
  return { line: { pts, early }, ready };
};
