import { Pool } from "pg";
import type { QueryResult } from "pg";
import type { Millis } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { systemClock } from "../flow/gate.ts";
import { StoreBroken } from "./errors.ts";
import type { Activity } from "./postgres-activity.ts";
import { configOf, isLost, readingSettings, translated, whyOf } from "./postgres-connection.ts";
import type { Asked } from "./postgres-connection.ts";

export interface Reader {
  ask(asked: Asked): Promise<QueryResult>;
  close(): Promise<void>;
}

/** Connections that read at once. */
const most = 4;

/**
 * Sees what is committed and nothing else. A question whose connection was lost is asked again: it
 * changes nothing, so asking twice is asking once.
 */
export const openReader = (
  { uri, place, patience }: { uri: string; place: string; patience: Millis },
  activity: Activity,
): Reader => {
  const pool = new Pool({
    ...configOf(uri),
    max: most,
    idleTimeoutMillis: 60_000,
    verify: (client, done) => client.query(readingSettings, (error) => done(error)),
  });
  // An idle connection that is lost is replaced when it is needed.
  pool.on("error", () => undefined);
  const closing = new AbortController();
  const away = (thrown: unknown): StoreBroken =>
    new StoreBroken(
      `Nothing was read – the database at ${place} is away: ${whyOf(thrown)} – see that it runs and can be reached; the box goes on by itself.`,
      thrown,
    );
  const patiently = async (asked: Asked): Promise<QueryResult> => {
    const until = performance.now() + patience;
    for (let failures = 1; ; failures += 1) {
      try {
        return await pool.query(asked);
      } catch (thrown) {
        if (!isLost(thrown)) throw translated(thrown);
        if (closing.signal.aborted || performance.now() > until) throw away(thrown);
      }
      await systemClock.sleep(delayAfter(failures, { first: 20, most: 1_000 }), closing.signal);
    }
  };
  return {
    ask: (asked) => activity.during(patiently(asked)),
    async close() {
      closing.abort();
      await pool.end();
    },
  };
};
