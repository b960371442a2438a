import type { MessageEvent } from "../adapter/index.ts";
import type { Item, ItemId } from "../store/types.ts";
import { isControl } from "./control.ts";

/**
 * Items that this process claimed before their turn came, so that their call can leave the moment
 * the one before it has arrived. After a crash they are as suspect as any that was being tried.
 */
export class Ahead {
  readonly #claims = new Map<ItemId, Promise<boolean>>();
  readonly #turns = new Set<ItemId>();
  readonly #followed = new Set<ItemId>();

  has(id: ItemId): boolean {
    return this.#claims.has(id);
  }

  note(id: ItemId, claim: Promise<boolean>): void {
    this.#claims.set(
      id,
      claim.catch(() => false),
    );
  }

  /** It stands right behind `first` of its lane. */
  follow(first: ItemId, id: ItemId, claim: Promise<boolean>): void {
    this.note(id, claim);
    if (this.#turns.has(first)) this.#followed.add(first);
  }

  /** Whether anything stands behind one whose turn it is. */
  get isFollowed(): boolean {
    return this.#followed.size > 0;
  }

  /** Those whose turn has not come: nothing of them has left. */
  get waiting(): readonly ItemId[] {
    return [...this.#claims.keys()];
  }

  /** True: claimed, and nothing has left since. Asked once, when the turn begins. */
  async take(id: ItemId): Promise<boolean> {
    const claim = this.#claims.get(id);
    this.#claims.delete(id);
    this.#turns.add(id);
    return (await claim) === true;
  }

  /** Its turn is over, whatever came of it. */
  over(id: ItemId): void {
    this.#turns.delete(id);
    this.#followed.delete(id);
  }
}

/** Whether its turn may begin while the end of the message before it is still being written down. */
export const overlaps = (item: Item): boolean => {
  if (item.lane.direction !== "in" || isControl(item.lane) || item.kind !== "message") return false;
  if (item.until !== undefined || item.waitKey !== undefined) return false;
  const { content } = item.payload as unknown as MessageEvent;
  if (content.replyTo !== undefined || content.thread !== undefined) return false;
  return content.parts.length === 1;
};
