import type { MessageId } from "../adapter/index.ts";
import type { Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";

/**
 * False where that message is not to be taken away because history does not list it: that was tried, or
 * history never lists it.
 */
export const mayTakeAway = (
  { clock }: Box,
  tx: Repositories,
  { id }: Pick<Portal, "id">,
  message: MessageId,
): Promise<boolean> => tx.seen.add(id, `unlisted:${message}`, clock.now());

/** What only some logins see (an ephemeral message) is in no history. */
export const keepUnlisted = async (
  box: Box,
  tx: Repositories,
  portal: Pick<Portal, "id">,
  message: MessageId,
): Promise<void> => void (await mayTakeAway(box, tx, portal, message));
