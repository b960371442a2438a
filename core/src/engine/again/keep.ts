import type { Item, Outcome, Portal, Repositories } from "../../store/types.ts";
import type { Box } from "../box.ts";
import { asJson } from "../as-json.ts";
import { outPayload } from "../sent-row.ts";
import { isRetriable } from "./worth.ts";

interface Ended {
  /** As it stands in the store. */
  readonly item: Item;
  readonly portal: Portal;
  readonly outcome: Outcome;
  /** It is worth another try though its outcome does not say so. */
  readonly again?: boolean | undefined;
}

/** In the commit that ends an item: what is needed to do it once more stays, where that can make sense. */
export const keepRetriable = async (
  box: Box,
  tx: Repositories,
  { item, portal, outcome, again = false }: Ended,
): Promise<void> => {
  if (item.lane.direction !== "out" || portal.room === undefined) return;
  if (!again && !isRetriable(outcome)) return;
  const { again: _, ...payload } = outPayload(item);
  const doubtful = outcome.state === "doubtful";
  // What certainly did not arrive is planned anew: by then another may speak for its sender.
  const whole = item.key === box.keyOf(portal.id, item.origin, "");
  await tx.retriables.put({
    key: item.key,
    portal: portal.id,
    origin: item.origin,
    sub: item.sub,
    kind: item.kind,
    payload: asJson(payload),
    draft: doubtful || !whole ? item.draft : undefined,
    attempt: item.attempt,
    firstAt: doubtful ? item.firstAt : undefined,
    notes: doubtful ? item.notes : null,
    doubtful,
    at: outcome.at,
  });
};
