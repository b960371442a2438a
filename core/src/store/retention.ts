import type { Log, Millis } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import type { Repositories, Store } from "./types.ts";

/** How long what is only kept to recognise a repetition, or to answer a question, stays. */
export interface Retention {
  /** Events and transactions of the homeserver, and log events of the networks. */
  readonly dedupe: Millis;
  readonly outcomes: Millis;
}

/** Forgets what is older, in many commits so that none of them holds up the rest for long. */
export const forgetOld = async (
  store: Store,
  now: Millis,
  keep: Retention,
  signal?: AbortSignal,
): Promise<void> => {
  const all = async (step: (tx: Repositories) => Promise<number>): Promise<void> => {
    for (let gone = 1; gone > 0; gone = await store.commit(step)) if (signal?.aborted) return;
  };
  await all((tx) => tx.inbox.forget(now - keep.dedupe));
  await all((tx) => tx.seen.forget(now - keep.dedupe));
  await all((tx) => tx.links.forgetOffers(now));
  await all((tx) => tx.outcomes.forget(now - keep.outcomes));
  await all((tx) => tx.retriables.forget(now - keep.outcomes));
};

const minute = 60_000;
/** Soon, for a box may be stopped every day; not at once, when it has everything else to do. */
const first = { least: 2 * minute, most: 5 * minute };
const every = 6 * 60 * minute;

/** Forgets some minutes after the start, and a few times a day. Resolves when the signal aborts. */
export const keepForgetting = async (
  store: Store,
  keep: Retention,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> => {
  let pause = first.least + Math.random() * (first.most - first.least);
  for (;;) {
    await clock.sleep(pause, signal);
    if (signal.aborted) return;
    try {
      await forgetOld(store, clock.now(), keep, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn("Old rows were not forgotten; it is tried again later", { why: String(error) });
    }
    pause = every;
  }
};
