import type { Box } from "../box.ts";

/** What nobody waits for: if it cannot be done now, it is not done at all. */
export const quietly = async (box: Box, what: string, work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!box.signal.aborted)
      box.log.debug(`${what} was not passed on`, {
        why: error instanceof Error ? error.message : String(error),
      });
  }
};
