import type { ItemId, Lane, Repositories, Store } from "../store/types.ts";

/**
 * The keys that something is parked for, so that the many settlements that wake nobody cost no
 * query. A rebuildable cache: it may name a key that nobody waits for, never miss one.
 */
export class Parked {
  readonly #keys = new Set<string>();

  async load(store: Store): Promise<void> {
    for (const key of await store.read.items.parkedKeys()) this.#keys.add(key);
  }

  /** In the caller's commit. */
  async park(
    tx: Repositories,
    id: ItemId,
    { key, until }: { readonly key: string; readonly until: number },
  ): Promise<void> {
    await tx.items.park(id, key, until);
    this.#keys.add(key);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** In the caller's commit, which may yet be undone: a key is forgotten when nobody waits for it. */
  async wake(tx: Repositories, keys: readonly string[]): Promise<readonly Lane[]> {
    const lanes: Lane[] = [];
    for (const key of keys) {
      if (!this.#keys.has(key)) continue;
      const woken = await tx.items.wake(key);
      if (woken.length === 0) this.#keys.delete(key);
      lanes.push(...woken);
    }
    return lanes;
  }
}
