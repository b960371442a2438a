import { MatrixError } from "../matrix/types.ts";
import { judge } from "./policy.ts";

/** Refused for the moment one after another: then it is the homeserver, not the one it is done for. */
const mostInARow = 5;

/**
 * For one after the other: the one for whom the homeserver cannot do it now holds up none of those behind.
 * @throws in the end, what it said of the first of them; at once, what is no such answer.
 */
export const oneByOne = async <T>(
  all: Iterable<T>,
  act: (one: T) => Promise<void>,
): Promise<void> => {
  let later: { readonly error: unknown } | undefined;
  let inARow = 0;
  for (const one of all) {
    try {
      await act(one);
      inARow = 0;
    } catch (error) {
      inARow += 1;
      if (!isAboutOne(error) || inARow === mostInARow) throw error;
      later ??= { error };
    }
  }
  if (later) throw later.error;
};

const isAboutOne = (error: unknown): boolean => {
  if (!(error instanceof MatrixError)) return false;
  const verdict = judge(error);
  return verdict.next === "wait" && verdict.closes === "item";
};
