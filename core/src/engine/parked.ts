import type { Millis, NetworkId } from "../adapter/index.ts";
import type { ItemId, Lane, Repositories, Store } from "../store/types.ts";

/** So many keys may be added before it is asked which of them somebody still waits for. */
const most = 10_000;

/**
 * The keys that something is parked for, so that the many settlements that wake nobody cost no
 * query. A rebuildable cache: it may name a key that nobody waits for, never miss one. What waited until
 * its time was over wakes by no key, so those are put in order once there may be many of them.
 */
export class Parked {
  #keys = new Set<string>();
  /** Added since it was last asked: what is parked in a commit that is still open is not in the store. */
  #young = new Set<string>();
  #isAsking = false;
  /** Until when what waits for something that may never come waits, of each network. */
  readonly #crowds = new Map<NetworkId, Map<ItemId, Millis>>();

  /** How many keys are kept. */
  get size(): number {
    return this.#keys.size + this.#young.size;
  }

  async load(store: Store): Promise<void> {
    const added = this.#young;
    this.#young = new Set();
    for (const key of added) this.#keys.add(key);
    const known = await store.read.items.parkedKeys();
    this.#keys = new Set([...known, ...added]);
  }

  /** At the start: what waits since before, by keys that begin so, counts as it did. */
  async recall(store: Store, kind: string): Promise<void> {
    for (const { id, network, until } of await store.read.items.parkedFor(kind))
      this.waits(network, id, until);
  }

  /** In the caller's commit. */
  async park(
    tx: Repositories,
    id: ItemId,
    { key, until }: { readonly key: string; readonly until: number },
  ): Promise<void> {
    this.note(key);
    await tx.items.park(id, key, until);
  }

  /**
   * In the commit that may park for it, before it is looked whether to: whoever would wake it asks in
   * between, and has to come behind that commit.
   */
  note(key: string): void {
    this.#young.add(key);
  }

  /** Called now and then: forgets what nobody waits for any more, if it can be much. */
  async tidy(store: Store): Promise<void> {
    if (this.#young.size < most || this.#isAsking) return;
    this.#isAsking = true;
    await this.load(store).finally(() => (this.#isAsking = false));
  }

  /** Whether more of that network may wait for what may never come. */
  hasRoom(
    network: NetworkId,
    { now, most: allowed }: { readonly now: Millis; readonly most: number },
  ): boolean {
    const crowd = this.#crowds.get(network);
    if (crowd === undefined || crowd.size < allowed) return true;
    for (const [id, until] of crowd) if (until <= now) crowd.delete(id);
    return crowd.size < allowed;
  }

  /** It is parked so. */
  waits(network: NetworkId, id: ItemId, until: Millis): void {
    const crowd = this.#crowds.get(network) ?? new Map<ItemId, Millis>();
    this.#crowds.set(network, crowd);
    crowd.set(id, until);
  }

  /** It goes on, in whatever way. */
  waitsNoMore(network: NetworkId, id: ItemId): void {
    this.#crowds.get(network)?.delete(id);
  }

  has(key: string): boolean {
    return this.#keys.has(key) || this.#young.has(key);
  }

  /** In the caller's commit, which may yet be undone: a key is forgotten when nobody waits for it. */
  async wake(tx: Repositories, keys: readonly string[]): Promise<readonly Lane[]> {
    const lanes: Lane[] = [];
    for (const key of keys) {
      if (!this.has(key)) continue;
      const woken = await tx.items.wake(key);
      if (woken.length === 0) {
        this.#keys.delete(key);
        this.#young.delete(key);
      }
      lanes.push(...woken);
    }
    return lanes;
  }
}
