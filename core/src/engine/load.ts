import type { Store } from "../store/types.ts";

/**
 * How much is on its way to the homeserver. The store is asked only when as much was added as the
 * quota leaves room for, so the number can be too high for a moment and never drifts.
 */
export class Load {
  #most = Number.POSITIVE_INFINITY;

  /** One more, in a commit that may yet be undone. */
  added(): void {
    this.#most += 1;
  }

  async isFull(store: Store, quota: number): Promise<boolean> {
    if (this.#most < quota) return false;
    const depth = await store.read.items.depth();
    const inbound = depth.filter(({ direction }) => direction === "in");
    this.#most = inbound.reduce((sum, { count }) => sum + count, 0);
    return this.#most >= quota;
  }
}
