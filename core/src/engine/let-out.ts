import type { ErrorCode } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import { oneByOne } from "./one-by-one.ts";
import { judge } from "./policy.ts";
import type { Settlement } from "./turn.ts";

/** Those who stay, because the homeserver does not let them out. */
export interface Kept {
  readonly count: number;
  readonly code: ErrorCode;
  /** Of the first of them. */
  readonly why: string;
}

/**
 * One whom the homeserver does not let out keeps nobody else, and one whom it cannot let out now is tried
 * again after all others. `out` is asked again of whoever is out already.
 * @throws what says that later more is possible.
 */
export const letOut = async <T>(
  all: Iterable<T>,
  out: (one: T) => Promise<void>,
): Promise<Kept | undefined> => {
  let kept: Kept | undefined;
  await oneByOne(all, (one) =>
    out(one).catch((error: unknown) => {
      const verdict = judge(error);
      if (!(error instanceof MatrixError) || verdict.next === "wait") throw error;
      const { code, sentence: why } = verdict;
      kept = { code, why, ...kept, count: (kept?.count ?? 0) + 1 };
    }),
  );
  return kept;
};

/** How that ends: with an outcome where somebody stays. */
export const endOf = (kept: Kept | undefined, room: string): Settlement => {
  if (kept === undefined) return { end: "dropped" };
  const { count, code, why } = kept;
  const sentence = `${count} of those who were to leave ${room} stay in it: ${why} Remove them there if they disturb.`;
  return { end: "failed", code, sentence };
};
