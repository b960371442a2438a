import type { ErrorCode, LoginState, NetworkId } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import type { Clock } from "../flow/gate.ts";
import { posted, postBackoff } from "./posted.ts";
import type { Posting } from "./posted.ts";

/** One login as it is now. */
export interface LoginReport {
  readonly network: NetworkId;
  readonly login: string;
  /** The Matrix user whose login it is; absent: it is the box's own. */
  readonly owner: string | undefined;
  readonly name: string;
  readonly state: LoginState | "connecting";
  readonly why: { readonly code: ErrorCode; readonly message: string } | undefined;
  /** It is connected, and still brings what was missed before. */
  readonly catchesUp: boolean;
}

export interface StateReporting extends Posting {
  /** For whom the states of the box and of its own logins count. */
  readonly bot: string;
}

/** Of the box as a whole. UNCONFIGURED: it runs, and has no login to run for. */
export type BoxState = "STARTING" | "UNCONFIGURED" | "RUNNING";

export interface StateReporter {
  box(state: BoxState): void;
  login(report: LoginReport): void;
}

/** The words of the bridges of the field (mautrix: `status_endpoint`). */
const words: Readonly<Record<LoginReport["state"], string>> = {
  connecting: "CONNECTING",
  connected: "CONNECTED",
  reconnecting: "TRANSIENT_DISCONNECT",
  "needs-login": "BAD_CREDENTIALS",
  "logged-out": "LOGGED_OUT",
};

/** What went wrong by a mistake of ours is no trouble of the network's. */
const wordOf = ({ state, why, catchesUp }: LoginReport): string => {
  if (state === "reconnecting" && why?.code === "internal") return "UNKNOWN_ERROR";
  return state === "connected" && catchesUp ? "BACKFILLING" : words[state];
};

/** How long a state is good for without another word, in seconds; told again at half of it. */
const ttl = 3_600;

type State = Readonly<Record<string, unknown>>;

/**
 * Posts the states of the box and of its logins as they change, of each the newest only, and tries
 * again until it is taken. Never throws, and holds up nobody.
 */
export const stateReporter = (reporting: StateReporting): StateReporter => {
  const { bot, clock, signal } = reporting;
  const known = new Map<string, State>();
  const waiting = new Set<string>();
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    for (let failures = 0; waiting.size > 0 && !signal.aborted;) {
      const [key = ""] = waiting;
      waiting.delete(key);
      if (await posted(reporting, known.get(key) ?? {}, failures)) {
        failures = 0;
        continue;
      }
      waiting.add(key);
      failures += 1;
      await clock.sleep(delayAfter(failures, postBackoff), signal);
    }
    running = false;
  };
  const tell = (key: string, state: State): void => {
    known.set(key, state);
    waiting.add(key);
    if (!running) void run();
  };
  const again = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep((ttl * 1000) / 2, signal);
      if (signal.aborted) return;
      for (const [key, state] of known)
        if (state["state_event"] === words["logged-out"]) known.delete(key);
        else tell(key, { ...state, timestamp: seconds(clock) });
    }
  };
  void again();
  return {
    box: (state) => tell("", { state_event: state, timestamp: seconds(clock), ttl, user_id: bot }),
    login: (report) => {
      const { network, login, owner, name, state, why } = report;
      tell(login, {
        state_event: wordOf(report),
        timestamp: seconds(clock),
        ttl,
        source: "bridge",
        user_id: owner ?? bot,
        remote_id: login,
        remote_name: name,
        info: { network },
        ...(why && state !== "connected" ? { error: why.code, message: why.message } : {}),
        ...(state === "needs-login" ? { user_action: "RELOGIN" } : {}),
      });
    },
  };
};

const seconds = (clock: Clock): number => Math.floor(clock.now() / 1000);
