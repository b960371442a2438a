import type { Log } from "./adapter/index.ts";
import { delayAfter } from "./flow/backoff.ts";
import type { Clock } from "./flow/gate.ts";
import { MatrixError } from "./matrix/types.ts";
import type { Homeserver } from "./matrix/types.ts";
import type { Store } from "./store/index.ts";

export interface FirstContact {
  readonly homeserver: Pick<Homeserver, "bot" | "register" | "setDisplayName" | "ping">;
  /** What the bot is called. */
  readonly name: string;
  readonly store: Store;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Registers and names the bot once, and asks the homeserver to ping us: until it has, it may wait out
 * a back-off of minutes with everything it holds for us. The log says once what is in the way, and what
 * to do about it.
 */
export const firstContact = async (contact: FirstContact): Promise<void> => {
  const { log, clock, signal } = contact;
  let told = "";
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await meet(contact);
      log.info("The homeserver and the box reach each other");
      return;
    } catch (error) {
      if (signal.aborted) return;
      const says = sentenceFor(error);
      const why = error instanceof Error ? error.message : String(error);
      if (told !== says + why) log.warn(says, { why });
      told = says + why;
      await clock.sleep(delayAfter(failures, { first: 500, most: 30_000 }), signal);
    }
  }
};

const meet = async ({ homeserver, name, store, signal }: FirstContact): Promise<void> => {
  const call = { class: "live", signal } as const;
  const { bot } = homeserver;
  if ((await store.read.keys.get("box", "bot-name")) !== name) {
    await homeserver.register(bot.slice(1, bot.indexOf(":")), call);
    await homeserver.setDisplayName(bot, name, call);
    await store.commit((tx) => tx.keys.set("box", "bot-name", name, false));
  }
  await homeserver.ping(call);
};

/** What the homeserver says where it tried to reach us (Application Service API, ping). */
const notPinged = new Set(["M_CONNECTION_FAILED", "M_CONNECTION_TIMEOUT", "M_BAD_STATUS"]);

const sentenceFor = (error: unknown): string => {
  const errcode = error instanceof MatrixError ? error.errcode : undefined;
  if (errcode === "M_UNKNOWN_TOKEN")
    return "The homeserver does not know this box: put the lines that `register` prints into its config, and restart it. It is asked again";
  if (errcode !== undefined && notPinged.has(errcode))
    return "The homeserver does not reach the box: look at appservice.address, and at what stands between the two. It is asked again";
  if (errcode === "NETWORK") return "The homeserver is not reached; it is tried again";
  return "The homeserver does not take this box yet; `doctor` says more. It is asked again";
};
