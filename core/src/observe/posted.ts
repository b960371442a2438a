import type { Log, Millis } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import { traced } from "./traced.ts";

/** Where something is posted to, for whoever looks after many boxes. */
export interface Posting {
  readonly url: string;
  /** The key of the config that has the address, for the log. */
  readonly key: string;
  /** The appservice's token, by which the other side knows the box. */
  readonly asToken: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const patience: Millis = 10_000;

/** Between attempts, in milliseconds. */
export const postBackoff = { first: 500, most: 60_000 };

/** Whether it was taken; the first of several failures is logged. Never throws. */
export const posted = async (
  { url, key, asToken, log, signal }: Posting,
  body: object,
  failures: number,
): Promise<boolean> => {
  try {
    const answer = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: { authorization: `Bearer ${asToken}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
    });
    await answer.body?.cancel();
    if (answer.ok) return true;
    const { status } = answer;
    if (failures === 0)
      log.warn(`What is posted to ${key} was not taken; it is tried again`, { status });
  } catch (error) {
    if (failures === 0 && !signal.aborted)
      log.warn(`What is posted to ${key} did not arrive; it is tried again`, {
        error: traced(error),
      });
  }
  return false;
};
