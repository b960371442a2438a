import type { AppServiceOutput, UserActivitySet } from "matrix-appservice-bridge";
import type { ILogger } from "@vector-im/matrix-bot-sdk";
import type { Json, Log } from "../adapter/index.ts";
import { requestThrough } from "./bot-sdk-http.ts";
import type { ConnectedHomeserver } from "./client.ts";
import type { AppserviceIngress } from "./ingress.ts";
import { isObject, tame } from "./parse.ts";
import type { MatrixEvent } from "./types.ts";

export interface LibraryOptions {
  /** As in registration.yaml. */
  readonly registration: AppServiceOutput;
  readonly homeserver: Pick<ConnectedHomeserver, "domain" | "request">;
  /** The address the homeserver client was made with. */
  readonly address: string;
  readonly ingress: Pick<AppserviceIngress, "onStored">;
  readonly log: Log;
  /** Who spoke on which days, as `activeState` told it before a restart. */
  readonly active?: Json | undefined;
  /** Whose presence keeps a room from being plumbed, as regular expressions over MXIDs. */
  readonly linkRules?: { readonly exempt: readonly string[]; readonly conflict: readonly string[] };
}

/** What matrix-appservice-bridge does for the box. */
export interface Library {
  /** The user is in one of the registration's exclusive namespaces, or the bot. */
  ownsUser(mxid: string): boolean;
  /** Whether the people in a room allow it to be plumbed (RoomLinkValidator). */
  mayLink(room: string): Promise<boolean>;
  /** Matrix users who spoke on several days of the last month (UserActivityTracker). */
  activeUsers(): number;
  /** What that number is made of, without those who were not there for a month, of 100000 at most. */
  activeState(): Json;
  /** Matrix users who spoke since the start, or before it within a month. */
  seenUsers(): readonly string[];
  close(): Promise<void>;
}

/**
 * Runs matrix-appservice-bridge on our ingress: `Bridge.run` gets an appservice that does not listen
 * but emits what is committed, and bot-sdk sends through our client. Its listener, ghost intents,
 * queues, stores, media proxy and encryption stay unused (docs/appservice-library.md). Loaded only
 * here, because it takes 47 MB.
 */
export const startAppservice = async (options: LibraryOptions): Promise<Library> => {
  const { registration, homeserver, address, log } = options;
  const library = await import("matrix-appservice-bridge");
  const sdk = await import("@vector-im/matrix-bot-sdk");
  library.Logger.configure({ console: "off" });
  sdk.LogService.setLogger(quiet(log));
  sdk.setRequestFn(requestThrough(homeserver, address));

  const registered = library.AppServiceRegistration.fromObject(registration);
  const active = activeOf(options.active);
  const { DEFAULT: defaults } = library.UserActivityTrackerConfig;
  const activity = new library.UserActivityTracker({ ...defaults, debounceTimeMs: 0 }, active);
  const bridge = new library.Bridge({
    registration: registered,
    homeserverUrl: address.replace(/\/+$/, ""),
    domain: homeserver.domain,
    disableStores: true,
    logRequestOutcome: false,
    queue: { type: "none" },
    eventValidation: {},
    controller: {
      onLog: (text) => log.debug("bridge library", { text: tame(text) }),
      onEvent: (request) => {
        const { sender } = request.getData();
        activity.updateUserActivity(sender);
        request.resolve(undefined);
      },
    },
  });
  const appservice = Object.assign(
    new library.AppService({ homeserverToken: registration.hs_token }),
    { listen: async () => undefined, close: async () => undefined },
  );
  await bridge.run(0, appservice);
  const nobody = { userIds: { exempt: [], conflict: [] } };
  const validator = new library.RoomLinkValidator({ rules: nobody }, bridge.getBot());
  // Its types ask for RegExp, its code takes texts and drops everything else.
  const update = validator.updateRules.bind(validator);
  if (options.linkRules) Reflect.apply(update, undefined, [{ userIds: options.linkRules }]);
  const stop = options.ingress.onStored((events) => {
    for (const event of events) if (isNews(event)) appservice.emit("event", { ...event });
  });

  return {
    ownsUser: (mxid) => mxid === bridge.botUserId || registered.isUserMatch(mxid, true),
    mayLink: async (room) => {
      try {
        const verdict = await validator.validateRoom(room, false);
        return verdict === library.RoomLinkValidatorStatus.PASSED;
      } catch (verdict) {
        if (verdict instanceof Error) throw verdict;
        return false;
      }
    },
    activeUsers: () => activity.countActiveUsers().allUsers,
    activeState: () => {
      const oldest = Date.now() / 1000 - defaults.inactiveAfterDays * secondsOfDay;
      for (const [mxid, { ts }] of active) if (!ts.some((at) => at >= oldest)) active.delete(mxid);
      forgetBeyond(active, mostRemembered);
      // Newest first; the tracker looks at no more of them to tell who is active.
      const days = (ts: readonly number[]): Json => ts.slice(0, defaults.minUserActiveDays);
      return Object.fromEntries(
        [...active].map(([mxid, { ts, metadata }]) => [
          mxid,
          { days: days(ts), active: metadata.active === true },
        ]),
      );
    },
    seenUsers: () => [...active.keys()],
    close: async () => {
      stop();
      await bridge.close();
    },
  };
};

const secondsOfDay = 24 * 3600;
/** Anybody may make up users on a homeserver of their own, and all of them are kept over a restart. */
const mostRemembered = 100_000;

/** Those who were there last are kept. */
const forgetBeyond = (users: UserActivitySet, most: number): void => {
  if (users.size <= most) return;
  const last = [...users].map(([mxid, { ts }]) => ({ mxid, at: Math.max(...ts) }));
  last.sort((one, other) => one.at - other.at);
  for (const { mxid } of last.slice(0, users.size - most)) users.delete(mxid);
};

/** What `activeState` gave; what has another form was not written by this version. */
const activeOf = (kept: Json | undefined): UserActivitySet => {
  const users: UserActivitySet = new Map();
  if (!isObject(kept)) return users;
  for (const [mxid, user] of Object.entries(kept)) {
    if (!isObject(user) || !Array.isArray(user["days"])) continue;
    const ts = user["days"].filter((at) => typeof at === "number");
    users.set(mxid, { ts, metadata: user["active"] === true ? { active: true } : {} });
  }
  return users;
};

/** The library keeps power levels of every room for ever, and we never ask it for them. */
const isNews = (event: MatrixEvent): boolean => event.type !== "m.room.power_levels";

/** bot-sdk's own log: for debugging only, and without objects, in which tokens could stand. */
const quiet = (log: Log): ILogger => {
  const line = (module: string, ...parts: unknown[]): void => {
    const texts = parts.filter((part) => typeof part === "string");
    log.debug("bridge library", { module, text: tame(texts.join(" ")) });
  };
  return { info: line, warn: line, error: line, debug: () => undefined, trace: () => undefined };
};
