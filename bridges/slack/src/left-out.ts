import { BridgeError, type Log, type RemoteEvent } from "@bridgebox/core/adapter";

interface Reading {
  readonly log: Log;
  /** While these are not aborted, a failure is the event's own. */
  readonly signals: readonly AbortSignal[];
  readonly read: () => Promise<readonly RemoteEvent[]>;
}

/** One event that makes no sense must not keep all others away: it is nothing, and logged. */
export const orLeftOut = async ({
  log,
  signals,
  read,
}: Reading): Promise<readonly RemoteEvent[]> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BridgeError || signals.some(({ aborted }) => aborted)) throw error;
    log.error("An event of Slack was left out", { why: String(error) });
    return [];
  }
};
