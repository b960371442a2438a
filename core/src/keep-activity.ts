import { createHash } from "node:crypto";
import type { Json, Log, Millis } from "./adapter/index.ts";
import type { Clock } from "./flow/gate.ts";
import type { Store } from "./store/index.ts";

const scope = "activity";
const every: Millis = 3_600_000;

/** Short, because a state of many people is not. */
const digest = (state: Json): string =>
  createHash("sha256").update(JSON.stringify(state)).digest("base64");

/** Who was active when, by whoever remembers it. */
export type Rememberers = Readonly<Record<string, () => Json>>;

/** What was kept under that name. */
export const keptActivity = (store: Store, name: string): Promise<Json | undefined> =>
  store.read.keys.get(scope, name);

/**
 * Keeps what is remembered every hour, and once more when it is told to end: a restart forgets nobody, a crash
 * an hour at most. What did not change is not written. `end` asks the store before it returns: whoever closes the
 * store then waits for a database that is away no longer than the store does.
 */
export const keepActivity = (
  store: Store,
  remembered: Rememberers,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): { end(): Promise<void> } => {
  const written = new Map<string, string>();
  const save = async (): Promise<void> => {
    const changed = Object.entries(remembered)
      .map(([name, stateOf]) => ({ name, state: stateOf() }))
      .filter(({ name, state }) => written.get(name) !== digest(state));
    if (changed.length === 0) return;
    try {
      await store.commit(async (tx) => {
        for (const { name, state } of changed) await tx.keys.set(scope, name, state, false);
      });
      for (const { name, state } of changed) written.set(name, digest(state));
    } catch (error) {
      log.warn("Who was active was not kept; it is tried again later", { why: String(error) });
    }
  };
  for (const [name, stateOf] of Object.entries(remembered)) written.set(name, digest(stateOf()));
  const hourly = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(every, signal);
      if (signal.aborted) return;
      await save();
    }
  };
  void hourly();
  return { end: save };
};
