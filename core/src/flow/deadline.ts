import type { Millis } from "../adapter/index.ts";

/** The signal of one call: it aborts with its parent, or when its time is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The call is over: neither timer nor listener outlives it. */
  readonly end: () => void;
}

/** Made and ended by the thousand per second, so it leaves nothing behind. */
export const deadlineWithin = (within: Millis, parent: AbortSignal): Deadline => {
  const stop = new AbortController();
  const over = (): void => stop.abort(new Error("The time for this call is over."));
  const relay = (): void => stop.abort(parent.reason);
  const timer = setTimeout(over, within);
  const end = (): void => {
    clearTimeout(timer);
    parent.removeEventListener("abort", relay);
  };
  parent.addEventListener("abort", relay, { once: true });
  stop.signal.addEventListener("abort", end, { once: true });
  if (parent.aborted) relay();
  return { signal: stop.signal, end };
};
