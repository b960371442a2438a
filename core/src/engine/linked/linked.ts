import type { Millis, NetworkId, UserId } from "../../adapter/index.ts";
import { Lru } from "../../flow/lru.ts";
import type { Link, Repositories } from "../../store/types.ts";
import type { Box, LiveNetwork } from "../box.ts";

/** One remote account. */
export interface Placed {
  readonly network: NetworkId;
  readonly account: string;
}

/** Who said it: under which id, and by which account the network says that it was. */
export interface By {
  readonly sender: UserId;
  readonly account?: string | undefined;
}

/** What one account may say to the box within that time; beyond it nothing is answered. */
const lately = { most: 10, within: 10 * 60_000 } satisfies { most: number; within: Millis };

/**
 * Which Matrix user an account of a network belongs to, as they have proved: looked up for every message,
 * so what was read stays in a bounded cache until it changes.
 */
export class Linked {
  readonly #box: Box;
  readonly #holders = new Lru<string, Link | "nobody">(20_000);
  readonly #people = new Lru<string, readonly Link[]>(20_000);
  readonly #said = new Lru<string, { readonly since: Millis; readonly count: number }>(10_000);
  /** What was read before a change is not kept after it. */
  #changes = 0;

  constructor(box: Box) {
    this.#box = box;
  }

  /** The link of that account. */
  async of(tx: Repositories, { network, account }: Placed): Promise<Link | undefined> {
    const key = keyOf(network, account);
    const known = this.#holders.get(key);
    if (known !== undefined) return known === "nobody" ? undefined : known;
    const before = this.#changes;
    const link = await tx.links.get(network, account);
    if (this.#changes === before) this.#holders.set(key, link ?? "nobody");
    return link;
  }

  /** All accounts of a person, the newest link first. */
  async accountsOf(tx: Repositories, mxid: string): Promise<readonly Link[]> {
    const known = this.#people.get(mxid);
    if (known !== undefined) return known;
    const before = this.#changes;
    const all = await tx.links.of(mxid);
    if (this.#changes === before) this.#people.set(mxid, all);
    return all;
  }

  /** That link was made or ended: to be called once it is durable. */
  changed({ network, account, mxid }: Placed & { readonly mxid: string }): void {
    this.#changes += 1;
    this.#holders.delete(keyOf(network, account));
    this.#people.delete(mxid);
  }

  /** Whether that account has said so little lately that it is answered. Counts it. */
  isHeard({ network, account }: Placed): boolean {
    const key = keyOf(network, account);
    const now = this.#box.clock.now();
    const known = this.#said.get(key);
    const current = known && now - known.since < lately.within ? known : { since: now, count: 0 };
    this.#said.set(key, { ...current, count: current.count + 1 });
    return current.count < lately.most;
  }
}

const keyOf = (network: NetworkId, account: string): string => JSON.stringify([network, account]);

/**
 * By what an account is known for sure: the id, or where ids are names that others can take, only the
 * account that the network vouches for.
 */
export const accountOf = (live: LiveNetwork, { sender, account }: By): string | undefined =>
  account ?? (live.settings.adapter.ids === "shared" ? sender : undefined);
