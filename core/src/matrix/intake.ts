import type { Log, Millis } from "../adapter/index.ts";
import { StoreBroken, StoreFull } from "../store/errors.ts";
import type { Repositories, Store } from "../store/types.ts";
import type { MatrixEvent, Routing, Straight } from "./types.ts";
import { traced } from "../observe/traced.ts";

interface IntakeParts {
  readonly store: Pick<Store, "commit">;
  readonly now: () => Millis;
  readonly log: Log;
  readonly straight: Straight | undefined;
}

/** What one commit took. */
export interface Taken {
  /** Those that were not taken before, in order. */
  readonly events: readonly MatrixEvent[];
  /** False: that transaction was taken before. */
  readonly fresh: boolean;
  /** Starts what was routed; absent: they wait in the inbox. */
  readonly routed: (() => void) | undefined;
}

export type Intake = (
  events: readonly MatrixEvent[],
  /** Of the transaction that ends with these events. */
  transaction: string | undefined,
) => Promise<Taken>;

/**
 * Takes events in one commit: routed where nothing waits before them, else into the inbox. Events
 * that cannot be routed together wait in the inbox too, where the one at fault is found.
 */
export const makeIntake =
  ({ store, now, log, straight }: IntakeParts): Intake =>
  async (events, transaction) => {
    const inInbox = async (tx: Repositories): Promise<Taken> => {
      const at = now();
      const taken: MatrixEvent[] = [];
      for (const event of events)
        if (await tx.inbox.add(event.event_id, { ...event }, at)) taken.push(event);
      return { events: taken, fresh: await isFresh(tx, transaction, at), routed: undefined };
    };
    if (straight === undefined) return store.commit(inInbox);
    try {
      const routing = await straight(events);
      return await durably(store, async (tx, durable) => {
        if ((await tx.inbox.next(1)).length > 0) return inInbox(tx);
        return routed(tx, { events, transaction, at: now(), durable, routing });
      });
    } catch (error) {
      if (error instanceof StoreFull || error instanceof StoreBroken) throw error;
      log.warn("Events were not routed where they were stored; they go through the inbox", {
        error: traced(error),
      });
      return store.commit(inInbox);
    }
  };

const isFresh = async (
  { inbox }: Repositories,
  transaction: string | undefined,
  at: Millis,
): Promise<boolean> => transaction === undefined || inbox.takeTransaction(transaction, at);

const routed = async (
  tx: Repositories,
  facts: {
    readonly events: readonly MatrixEvent[];
    readonly transaction: string | undefined;
    readonly at: Millis;
    readonly durable: Promise<boolean>;
    readonly routing: Routing;
  },
): Promise<Taken> => {
  const { at, durable, routing } = facts;
  const events: MatrixEvent[] = [];
  for (const event of facts.events) if (await tx.inbox.take(event.event_id, at)) events.push(event);
  const fresh = await isFresh(tx, facts.transaction, at);
  return { events, fresh, routed: await routing(tx, { events, at, durable }) };
};

/** A commit that knows of its own end. */
const durably = async <T>(
  store: Pick<Store, "commit">,
  work: (tx: Repositories, durable: Promise<boolean>) => Promise<T>,
): Promise<T> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    const value = await store.commit((tx) => work(tx, promise));
    resolve(true);
    return value;
  } catch (error) {
    resolve(false);
    throw error;
  }
};
