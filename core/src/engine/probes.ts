import { asBridgeError } from "../adapter/index.ts";
import type { BridgeError, Millis } from "../adapter/index.ts";
import { liveLogin } from "./box.ts";
import type { LiveLogin } from "./box.ts";
import type { Works } from "./works.ts";

/** Between two questions about a login, in milliseconds; a quarter more or less, so that not all are asked at once. */
const every: Millis = 10 * 60_000;
const spread = 0.25;

/** Called with a login that its network does not take any more. */
type Refused = (login: LiveLogin, why: BridgeError) => void;

/**
 * Asks the network now and then whether a login is still good, as long as it is the one that lives: silence
 * proves nothing. To be called whenever a login is connected.
 */
export const probeLogins = (works: Works, refused: Refused): ((login: LiveLogin) => void) => {
  const { box } = works;
  const watched = new WeakSet<LiveLogin>();
  const lives = (login: LiveLogin): boolean =>
    !box.signal.aborted && liveLogin(box, login.row.id) === login;
  const watch = async (login: LiveLogin): Promise<void> => {
    for (;;) {
      const pause = every * (1 - spread + 2 * spread * Math.random());
      await box.clock.sleep(pause, box.signal);
      if (!lives(login)) return;
      if (login.state !== "connected") continue;
      const why = await askAbout(works, login);
      if (why === undefined || !lives(login)) continue;
      refused(login, why);
      return;
    }
  };
  return (login) => {
    if (watched.has(login) || !box.connections.can(login.row.id, "probe")) return;
    watched.add(login);
    void watch(login).finally(() => watched.delete(login));
  };
};

/** Why the login is over; nothing where it is not, or nobody can tell. */
const askAbout = async ({ box }: Works, { row }: LiveLogin): Promise<BridgeError | undefined> => {
  const deadline = AbortSignal.timeout(box.settings.deadline.network);
  const signal = AbortSignal.any([box.signal, deadline]);
  try {
    await box.connections.call(row.id, "probe", signal);
    return undefined;
  } catch (thrown) {
    const error = asBridgeError(thrown);
    if (error.code === "auth" || error.code === "banned") return error;
    box.log.debug("Whether a login is good could not be asked", {
      login: row.id,
      why: error.message,
    });
    return undefined;
  }
};
