import type { Store } from "../store/types.ts";

/**
 * How much is on its way to the homeserver. The store is asked only when networks have brought as much
 * as the quota leaves room for: what is done is not taken off before that, and what the box itself adds
 * (lines about messages, their pieces) not counted. Nor is what waits for something else, which has bounds of its
 * own: a message that is taken out in a month holds up none of today's, what waits for a message that never came
 * is given up within half a minute and is no more than the quota (`awaitTarget`), and of one gap only one reading
 * waits (`queueHealing`). Each answer of the store puts both right.
 */
export class Load {
  #most = Number.POSITIVE_INFINITY;

  /** A network brought one more, in a commit that may yet be undone. */
  added(): void {
    this.#most += 1;
  }

  async isFull(store: Store, quota: number): Promise<boolean> {
    if (this.#most < quota) return false;
    const depth = await store.read.items.depth();
    const inbound = depth.filter(
      ({ direction, state }) => direction === "in" && state !== "parked",
    );
    this.#most = inbound.reduce((sum, { count }) => sum + count, 0);
    return this.#most >= quota;
  }
}
