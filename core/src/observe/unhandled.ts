import type { Log } from "../adapter/index.ts";
import { traced } from "./traced.ts";

/**
 * A promise that nobody waited for, a library's or our own, is said and ends nothing: one network's
 * slip is no reason for the others to go. What is thrown where nobody catches still ends the process,
 * for nobody knows what it left behind; the store does not mind. It is said by the log: Node itself would
 * print the error with all that hangs on it, such as a library's request with an address that is a secret.
 */
export const surviveUnhandled = (log: Log): void => {
  process.on("unhandledRejection", (reason) => {
    log.error("A promise failed and nobody waited for it; the box goes on", {
      error: traced(reason),
    });
  });
  process.on("uncaughtException", (error) => {
    log.error("The box ends: something was thrown and nobody caught it", { error: traced(error) });
    process.exit(1);
  });
};
