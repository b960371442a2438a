import type { MessageId } from "../adapter/index.ts";
import type { MessageRow, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";

const goneKey = (remote: MessageId): string => `gone:${remote}`;

/**
 * In the commit that takes a piece of a message away: it is forgotten, and with the last one all that
 * was true of the message. That it was there is kept, so that what is still said of it waits for nothing.
 */
export const forgetPiece = async (
  { clock }: Box,
  tx: Repositories,
  { portal, remote, part }: Pick<MessageRow, "portal" | "remote" | "part">,
): Promise<void> => {
  await tx.messages.remove(portal, remote, part);
  if ((await tx.messages.byRemote(portal, remote)).length > 0) return;
  await tx.assertions.forget(portal, remote);
  await tx.seen.add(portal, goneKey(remote), clock.now());
};

/** Whether all of that message was here and was taken away. */
export const isGone = (
  store: Repositories,
  portal: PortalId,
  remote: MessageId,
): Promise<boolean> => store.seen.has(portal, goneKey(remote));
