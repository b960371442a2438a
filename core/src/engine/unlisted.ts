import type { MessageId } from "../adapter/index.ts";
import type { Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";

/**
 * Notes that history does not list that message: it is taken away for that once, and one that only some
 * logins see, which no history lists, never. False: that was noted before.
 */
export const noteUnlisted = (
  { clock }: Box,
  tx: Repositories,
  { id }: Pick<Portal, "id">,
  message: MessageId,
): Promise<boolean> => tx.seen.add(id, `unlisted:${message}`, clock.now());
