import type { MessageEvent } from "../adapter/index.ts";
import type { Item, ItemId } from "../store/types.ts";
import { isControl } from "./control.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/**
 * Items that this process claimed before their turn came, so that their call can leave the moment
 * the one before it has arrived. After a crash they are as suspect as any that was being tried.
 */
export class Ahead {
  readonly #claims = new Map<ItemId, Promise<boolean>>();

  has(id: ItemId): boolean {
    return this.#claims.has(id);
  }

  note(id: ItemId, claim: Promise<boolean>): void {
    this.#claims.set(
      id,
      claim.catch(() => false),
    );
  }

  /** True: claimed, and nothing has left since. Asked once, when the turn begins. */
  async take(id: ItemId): Promise<boolean> {
    const claim = this.#claims.get(id);
    this.#claims.delete(id);
    return (await claim) === true;
  }
}

/** Whether its turn may begin while the end of the message before it is still being written down. */
export const overlaps = (item: Item): boolean => {
  if (item.lane.direction !== "in" || isControl(item.lane) || item.kind !== "message") return false;
  if (item.until !== undefined || item.waitKey !== undefined) return false;
  const { content } = item.payload as unknown as MessageEvent;
  return content.parts.length === 1 && content.replyTo === undefined;
};

/** While a message is on its way, the next of its lane is written ahead. */
export const claimNext = async (works: Works, turn: Turn): Promise<void> => {
  if (!overlaps(turn.item)) return;
  const { store, clock } = works.box;
  const heads = await store.read.items.heads(turn.item.lane, 3);
  const next = heads[heads.findIndex((item) => item.id === turn.item.id) + 1];
  if (next?.state !== "ready" || next.id === turn.item.id) return;
  if (!overlaps(next) || works.ahead.has(next.id)) return;
  works.ahead.note(
    next.id,
    store.commit((tx) => tx.items.claim(next.id, clock.now())),
  );
};
