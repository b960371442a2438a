import type { Millis } from "../adapter/index.ts";
import type { Store } from "./types.ts";

/** How long what is only kept to recognise a repetition, or to answer a question, stays. */
export interface Retention {
  /** Events and transactions of the homeserver, and log events of the networks. */
  readonly dedupe: Millis;
  readonly outcomes: Millis;
}

/** Forgets what is older, in three commits so that none of them holds up the rest for long. */
export const forgetOld = async (store: Store, now: Millis, keep: Retention): Promise<void> => {
  await store.commit((tx) => tx.inbox.forget(now - keep.dedupe));
  await store.commit((tx) => tx.seen.forget(now - keep.dedupe));
  await store.commit((tx) => tx.outcomes.forget(now - keep.outcomes));
};
