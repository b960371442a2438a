import type { Millis } from "../adapter/index.ts";

export interface Backoff {
  /** The first delay. */
  readonly first: Millis;
  /** The longest. */
  readonly most: Millis;
}

/** Doubles from `first` to `most`, with full jitter over the upper half: 50–100 % of the step. */
export const delayAfter = (
  failures: number,
  { first, most }: Backoff,
  random: () => number = Math.random,
): Millis => {
  const step = Math.min(most, first * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(step * (0.5 + random() / 2));
};
