import { setTimeout as sleep } from "node:timers/promises";

/** The first thing `look` finds, asked every few milliseconds; after `ms` it fails, saying `what`. */
export const until = async <T>(
  what: string,
  look: () => T | undefined | false,
  ms = 5000,
): Promise<T> => {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`It did not happen in ${ms} ms: ${what}.`);
    await sleep(3);
  }
};
