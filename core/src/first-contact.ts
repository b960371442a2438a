import type { Log } from "./adapter/index.ts";
import { delayAfter } from "./flow/backoff.ts";
import type { Clock } from "./flow/gate.ts";
import { tame } from "./matrix/index.ts";
import { MatrixError } from "./matrix/types.ts";
import type { Homeserver } from "./matrix/types.ts";
import type { Store } from "./store/index.ts";

export interface FirstContact {
  readonly homeserver: Pick<Homeserver, "bot" | "register" | "setDisplayName" | "whoami" | "ping">;
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
  const { homeserver, log, clock, signal } = contact;
  let told = "";
  const tell = (says: string, why: string): void => {
    if (told !== says) log.warn(says, { why });
    told = says;
  };
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const stranger = await meet(contact);
      if (stranger === undefined) {
        log.info("The homeserver and the box reach each other");
        return;
      }
      tell(
        otherName,
        `It says that the bot is ${tame(stranger)}, and by the config it is ${homeserver.bot}.`,
      );
    } catch (error) {
      if (signal.aborted) return;
      tell(sentenceFor(error), error instanceof Error ? error.message : String(error));
    }
    await clock.sleep(delayAfter(failures, { first: 500, most: 30_000 }), signal);
  }
};

const otherName =
  "The homeserver has another name than homeserver.domain says: put its server_name there, run `register`, restart homeserver and box. It is asked again";

/** Gives the id that the homeserver has for the bot where that is another than the config's. */
const meet = async ({
  homeserver,
  name,
  store,
  signal,
}: FirstContact): Promise<string | undefined> => {
  const call = { class: "live", signal } as const;
  const { bot } = homeserver;
  const isNew = (await store.read.keys.get("box", "bot-name")) !== name;
  if (isNew) await homeserver.register(bot.slice(1, bot.indexOf(":")), call);
  const user = await homeserver.whoami(call).then(({ user: it }) => it, unlessThere(bot));
  if (serverOf(user) !== serverOf(bot)) return user;
  if (isNew) {
    await homeserver.setDisplayName(bot, name, call);
    await store.commit((tx) => tx.keys.set("box", "bot-name", name, false));
  }
  await homeserver.ping(call);
  return undefined;
};

/** A homeserver that does not say whose the token is may be as well as any; one that is not there, or knows no such token, is not. */
const unlessThere =
  (bot: string) =>
  (error: unknown): string => {
    if (!(error instanceof MatrixError) || notMet.has(error.errcode)) throw error;
    return bot;
  };

const notMet = new Set(["M_UNKNOWN_TOKEN", "NETWORK"]);

const serverOf = (user: string): string => user.slice(user.indexOf(":") + 1);

/** What the homeserver says where it tried to reach us (Application Service API, ping). */
const notPinged = new Set(["M_CONNECTION_FAILED", "M_CONNECTION_TIMEOUT"]);

const sentenceFor = (error: unknown): string => {
  const errcode = error instanceof MatrixError ? error.errcode : undefined;
  if (errcode === "M_UNKNOWN_TOKEN")
    return "The homeserver does not know this box: put the lines that `register` prints into its config, or make the copy it reads anew, and restart it. It is asked again";
  if (errcode === "M_BAD_STATUS")
    return "The homeserver is not let in at appservice.address: restart it, so that it reads the registration as it is now, or correct the address if another program answers there. It is asked again";
  if (errcode !== undefined && notPinged.has(errcode))
    return "The homeserver does not reach the box: look at appservice.address, and at what stands between the two. It is asked again";
  if (errcode === "NETWORK") return "The homeserver is not reached; it is tried again";
  return "The homeserver does not take this box yet; `doctor` says more. It is asked again";
};
