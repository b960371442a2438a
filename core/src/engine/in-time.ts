import type { BridgeError, Millis } from "../adapter/index.ts";
import { deadlineWithin } from "../flow/deadline.ts";

/** One page of a list may take so long, rate limits included. */
const patience: Millis = 300_000;

/**
 * The pages of an adapter's list as they come, none of which may take for ever.
 * @throws what `late` makes.
 */
export const inTime = async function* <P>(
  list: (signal: AbortSignal) => AsyncIterable<P> | undefined,
  signal: AbortSignal,
  late: () => BridgeError,
): AsyncGenerator<P> {
  const stop = new AbortController();
  const within = AbortSignal.any([signal, stop.signal]);
  const pages = list(within)?.[Symbol.asyncIterator]();
  if (pages === undefined) return;
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  within.addEventListener("abort", () => over.reject(late()), { once: true });
  if (within.aborted) over.reject(late());
  try {
    for (;;) {
      const deadline = deadlineWithin(patience, signal);
      deadline.signal.addEventListener("abort", () => stop.abort(), { once: true });
      const next = await Promise.race([pages.next(), over.promise]).finally(deadline.end);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    stop.abort();
    void Promise.resolve(pages.return?.()).catch(() => undefined);
  }
};
