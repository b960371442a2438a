import { setTimeout as sleep } from "node:timers/promises";

/** The first thing `look` finds, asked every few milliseconds; after `ms` it fails, saying `what` as it is then. */
export const until = async <T>(
  what: string | (() => string),
  look: () => T | undefined | false,
  ms = 15_000,
): Promise<T> => {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) {
      const named = typeof what === "string" ? what : what();
      throw new Error(`It did not happen in ${ms} ms: ${named}.`);
    }
    await sleep(3);
  }
};
