import type { Millis } from "../adapter/index.ts";
import type { Outcome, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import type { Tell } from "./ending.ts";
import { forgetListing } from "./list-item.ts";
import { forgetGap } from "./pending-gap.ts";
import { forgetLevels } from "./room-levels.ts";
import { aboutOf, outPayload } from "./sent-row.ts";

/** So many queued items are read at once. */
const page = 200;

/** Who of a room's people speaks by which login of theirs, by portal. */
export const preferredScope = (portal: Portal["id"]): string => `prefer:${portal}`;

/**
 * In the commit that ends a portal: its rows are gone, and what people said that still waited ends as not
 * bridged. The caller forgets the portal afterwards.
 */
export const removePortal = async (
  box: Box,
  tx: Repositories,
  { portal, tell }: { readonly portal: Portal; readonly tell: Tell },
): Promise<void> => {
  const at = box.clock.now();
  const lane = { portal: portal.id, direction: "out" } as const;
  const ended = new Set<string>();
  for (;;) {
    const waiting = await tx.items.list(lane, page);
    if (waiting.length === 0) break;
    for (const item of waiting) {
      await tx.items.done(item.id);
      const { event, also = [] } = outPayload(item);
      for (const origin of [item.origin, ...also]) {
        if (ended.has(origin)) continue;
        ended.add(origin);
        const outcome = unbridged(portal, { origin, at });
        await tx.outcomes.put(outcome);
        tell({
          what: "outcome",
          outcome,
          took: Math.max(0, at - item.at),
          about: aboutOf(event),
        });
      }
    }
  }
  await tx.portals.remove(portal.id);
  await tx.keys.forgetScope(preferredScope(portal.id));
  await forgetListing(tx, portal);
  await forgetGap(tx, portal);
  await forgetLevels(tx, portal.id);
};

const unbridged = (
  portal: Portal,
  { origin, at }: { readonly origin: string; readonly at: Millis },
): Outcome => ({
  origin,
  portal: portal.id,
  direction: "out",
  state: "not_bridged",
  code: "gone",
  sentence: "that chat is not bridged any more.",
  at,
  room: portal.room,
  notice: undefined,
});
