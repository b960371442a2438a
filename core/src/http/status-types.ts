import type { ErrorCode, LoginId, LoginState, Millis, NetworkId } from "../adapter/index.ts";
import type { Direction, OutcomeState, PortalId } from "../store/types.ts";

/** One login, as an admin sees it: no account data. */
export interface LoginStatus {
  readonly network: NetworkId;
  readonly login: LoginId;
  /** The Matrix user; null: the box itself. */
  readonly owner: string | null;
  readonly name: string;
  readonly state: LoginState | "connecting";
  readonly since: Millis;
  /** It is connected, and still brings what was missed before. */
  readonly catchesUp: boolean;
  /** The sentence of what is wrong. */
  readonly why: string | null;
}

export interface HomeserverStatus {
  readonly reachable: boolean;
  readonly since: Millis;
  readonly why: string | null;
}

/** How much waits: `in` for the homeserver, `out` for that network. */
export interface QueueDepth {
  readonly network: NetworkId;
  readonly direction: Direction;
  readonly count: number;
}

export interface StatusSnapshot {
  readonly at: Millis;
  readonly startedAt: Millis;
  readonly homeserver: HomeserverStatus;
  readonly networks: readonly {
    readonly id: NetworkId;
    readonly type: string;
    readonly logins: readonly LoginStatus[];
  }[];
  readonly queues: readonly QueueDepth[];
  readonly outcomes: readonly {
    readonly direction: Direction;
    readonly state: OutcomeState;
    readonly count: number;
  }[];
}

/** What became of one event in one chat. Never the text. */
export interface OutcomeStatus {
  /** The Matrix event id, or for `in` the remote event's key. */
  readonly origin: string;
  readonly portal: PortalId;
  readonly network: NetworkId;
  readonly direction: Direction;
  readonly state: OutcomeState;
  readonly code: ErrorCode | null;
  readonly sentence: string | null;
  /** When the next attempt is due, where that is known. */
  readonly until: Millis | null;
  readonly at: Millis;
}

export type StatusNews =
  | { readonly what: "outcome"; readonly outcome: OutcomeStatus }
  | { readonly what: "login"; readonly login: LoginStatus }
  | { readonly what: "homeserver"; readonly homeserver: HomeserverStatus }
  /** The depth is worth asking for again. */
  | { readonly what: "queue" };

/** Where the API has its facts from. */
export interface StatusSource {
  snapshot(): Promise<StatusSnapshot>;
  /** Newest first. */
  outcomes(limit: number): Promise<readonly OutcomeStatus[]>;
  depth(): Promise<readonly QueueDepth[]>;
  /** Calls back for whatever happens from now on; the returned function ends it. */
  subscribe(listener: (news: StatusNews) => void): () => void;
}
