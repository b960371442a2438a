import { BridgeError, type Log } from "@bridgebox/core/adapter";

interface Reading<T> {
  readonly log: Log;
  /** What is read: the conversation, and the moment of Slack's by which it is found there. */
  readonly of: { readonly channel: string | undefined; readonly ts: string | undefined };
  /** While these are not aborted, a failure is the event's own. */
  readonly signals: readonly AbortSignal[];
  readonly read: () => Promise<readonly T[]>;
}

/** One event that makes no sense must not keep all others away: it is nothing, and logged. */
export const orLeftOut = async <T>({
  log,
  of,
  signals,
  read,
}: Reading<T>): Promise<readonly T[]> => {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BridgeError || signals.some(({ aborted }) => aborted)) throw error;
    log.error("An event of Slack was left out", { ...of, ...placeOf(error) });
    return [];
  }
};

/** What it was and where it came from, without its message: that may hold what people said. */
const placeOf = (error: unknown): { readonly why: string; readonly at?: readonly string[] } => {
  if (!(error instanceof Error)) return { why: typeof error };
  const { name, stack = "" } = error;
  const head = String(error);
  if (!stack.startsWith(head)) return { why: name };
  const at = stack.slice(head.length).split("\n");
  return { why: name, at: at.map((line) => line.trim()).filter((line) => line !== "") };
};
