import type { ClientOptions } from "./api/client.ts";
import { Client } from "./api/client.ts";
import type { Ending } from "./errors.ts";

const registerMs = 25_000;

/**
 * Registers for a moment under a nick that nobody has, with the account that is given, so that it shows
 * whether the server takes it. Resolves with why it does not.
 */
export const visit = (options: ClientOptions, signal: AbortSignal): Promise<Ending | undefined> =>
  new Promise((resolve) => {
    let registered = false;
    const leave = (): void => client.quit("Only looking");
    const nick = passingNick(options.nick);
    const passing = {
      ...options,
      nick,
      regains: () => false,
      flood: undefined,
      silenceMs: registerMs,
      registerMs,
    };
    const client = new Client(passing, {
      message: ignore,
      batch: ignore,
      settled: ignore,
      odd: ignore,
      registered: () => {
        registered = true;
        leave();
      },
      closed: (ending) => {
        signal.removeEventListener("abort", leave);
        resolve(registered ? undefined : ending);
      },
    });
    signal.addEventListener("abort", leave, { once: true });
    void client.open(signal);
  });

const ignore = (): void => undefined;

/** Nine characters are allowed everywhere (RFC 2812, 1.2.1). */
const passingNick = (nick: string): string =>
  nick.slice(0, 4) + String(1000 + Math.floor(Math.random() * 9000));
