import type { Lane, Repositories, Store } from "../store/types.ts";

/**
 * The keys that something is parked for, so that the many settlements that wake nobody cost no
 * query. A rebuildable cache: it may name a key that nobody waits for, never miss one.
 */
export class Parked {
  readonly #keys = new Set<string>();

  async load(store: Store): Promise<void> {
    for (const key of await store.read.items.parkedKeys()) this.#keys.add(key);
  }

  note(key: string): void {
    this.#keys.add(key);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  async wake(tx: Repositories, keys: readonly string[]): Promise<readonly Lane[]> {
    const lanes: Lane[] = [];
    for (const key of keys) {
      if (!this.#keys.delete(key)) continue;
      lanes.push(...(await tx.items.wake(key)));
    }
    return lanes;
  }
}
