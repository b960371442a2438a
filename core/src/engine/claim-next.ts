import { overlaps } from "./ahead.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** While a message is on its way, the next of its lane is written ahead. */
export const claimNext = async (works: Works, turn: Turn): Promise<void> => {
  if (!overlaps(turn.item)) return;
  const { store, clock } = works.box;
  const heads = await store.read.items.heads(turn.item.lane, 3);
  const next = heads[heads.findIndex((item) => item.id === turn.item.id) + 1];
  if (next?.state !== "ready" || next.id === turn.item.id) return;
  if (!overlaps(next) || works.ahead.has(next.id)) return;
  works.ahead.follow(
    turn.item.id,
    next.id,
    store.commit((tx) => tx.items.claim(next.id, clock.now())),
  );
};
