import type { Log } from "../adapter/index.ts";
import { traced } from "./traced.ts";

/**
 * A promise that nobody waited for, a library's or our own, is said and ends nothing: one network's
 * slip is no reason for the others to go. What is thrown where nobody catches still ends the process,
 * for nobody knows what it left behind; the store does not mind.
 */
export const surviveUnhandled = (log: Log): void => {
  process.on("unhandledRejection", (reason) => {
    log.error("A promise failed and nobody waited for it; the box goes on", {
      error: traced(reason),
    });
  });
};
