import type { PortalId, Repositories, Retriable } from "../../store/types.ts";

const mark = "seen:";

/**
 * In the caller's commit: nobody asks about that piece any more, because somebody saw it there. What the
 * network knows it by may still be found, so what is needed to ask stays.
 */
export const keepSeen = (tx: Repositories, row: Retriable): Promise<void> =>
  tx.retriables.put({ ...row, origin: `${mark}${row.origin}` });

export const isSeen = ({ origin }: Pick<Retriable, "origin">): boolean => origin.startsWith(mark);

/** The pieces of an event that are there by somebody's word alone. */
export const seenOf = (
  { retriables }: Pick<Repositories, "retriables">,
  { event, portal }: { readonly event: string; readonly portal: PortalId },
): Promise<readonly Retriable[]> => retriables.of(`${mark}${event}`, portal);
