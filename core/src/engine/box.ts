import type {
  Adapter,
  BridgeError,
  ChatRef,
  Connection,
  Json,
  Log,
  LoginId,
  LoginState,
  Millis,
  Network,
  NetworkId,
} from "../adapter/index.ts";
import type { Clock, Gate } from "../flow/gate.ts";
import type { Homeserver } from "../matrix/types.ts";
import type { Connections } from "./connections.ts";
import type { Lane, Login, Outcome, PortalId, Store } from "../store/types.ts";

/** An adapter whose own types are of no concern to the engine. */
export type AnyAdapter = Adapter<unknown, Json>;

/** Which chats of a network are bridged by themselves: patterns for a chat's id or name. */
export interface ChatFilter {
  /** Empty: all. */
  readonly only: readonly string[];
  readonly never: readonly string[];
}

/** Which chats of a login are bridged as soon as it is there. */
export interface ChatSync {
  /** The newest so many. */
  readonly most: number;
  /** Not those in which nothing was said for longer. */
  readonly maxAge?: Millis;
  readonly filter: ChatFilter;
  /** Also of accounts of the box. */
  readonly ofBox: boolean;
}

/** `leave`: the box leaves the room to its people. `delete`: they are put out too, and the room is empty. */
export type Dissolution = "leave" | "delete";

/** What becomes of the rooms of a login that is logged out. */
export interface Cleanup {
  /** Of chats that nobody else of the box is in. */
  readonly alone: "nothing" | Dissolution;
  /** Of chats that others are in: whether the person who logged out is put out of their rooms. */
  readonly shared: "nothing" | "kick";
}

/** What a person set for one network. */
export interface NetworkSettings {
  readonly id: NetworkId;
  readonly adapter: AnyAdapter;
  readonly config: unknown;
  /** Before the escaped remote id in a ghost's localpart. */
  readonly ghostPrefix: string;
  /** Before the escaped chat id in a portal's alias. */
  readonly aliasPrefix: string;
  /** `{name}` is the remote name. */
  readonly ghostName: string;
  readonly members: "lazy" | "capped" | "full";
  readonly memberCap: number;
  /** Whether a login of the box speaks for people without one where no relay was set for the room. */
  readonly relay: "on" | "off";
  /** Whether people who are relayed are told once how to log in. */
  readonly relayNote: boolean;
  readonly sync: ChatSync;
  /** Whether rooms are put together in spaces: one for each login, server, workspace and forum. */
  readonly spaces: boolean;
  readonly cleanup: Cleanup;
  /** Milliseconds; absent: what the chat's features say, else 24 h. */
  readonly maxAge: number | undefined;
}

/** One login as it lives in this process. */
export interface LiveLogin {
  readonly row: Login;
  readonly gate: Gate;
  connection: Connection | undefined;
  state: LoginState | "connecting";
  /** Since when it is in that state. */
  since: number;
  why: BridgeError | undefined;
}

/** One configured network as it lives in this process. */
export interface LiveNetwork {
  readonly settings: NetworkSettings;
  readonly gate: Gate;
  network: Network<Json> | undefined;
  readonly logins: Map<LoginId, LiveLogin>;
  /** Where the wire has no message ids: who is in a chat as far as was told since they are connected, first come first. */
  readonly hearing: Map<PortalId, Set<LoginId>>;
}

/** What a lane, a route and an ensure have in common. Built once, in `engine.ts`. */
export interface Box {
  readonly store: Store;
  readonly homeserver: Homeserver;
  /** Shut while the homeserver cannot be reached or asked us to wait. */
  readonly homeserverGate: Gate;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly networks: ReadonlyMap<NetworkId, LiveNetwork>;
  readonly settings: BoxSettings;
  /** K: our keyed hash of (portal, origin, part). */
  keyOf(portal: PortalId, origin: string, part: string): string;
  /** Every call to a login's connection goes through here. */
  readonly connections: Connections;
  /** There is something to do in that lane. */
  wake(lane: Lane): void;
  /** Tells observers (metrics, the status API) what became of an event. */
  observe(happening: Happening): void;
  /** A named place at which tests kill, fail or hang the process; free in production. */
  failpoint(name: string): Promise<void>;
}

/** Who beside the people of the homeserver speaks as themselves, and what of their chats is theirs here too. */
export interface PeopleSettings {
  /** Addresses of other homeservers, by server name. */
  readonly servers: Readonly<Record<string, string>>;
  /** Whether other homeservers are found by their names. */
  readonly discovery: boolean;
  /** When mutes and tags are set: the first time that a chat is seen, at each change, or never. */
  readonly chats: "creation" | "always" | "never";
  /** Whether what people mute, tag and mark on Matrix is so on the network too. */
  readonly follow?: boolean;
}

export interface BoxSettings {
  readonly botName: string;
  /** Where browsers and the networks' servers reach the box; without a slash at its end. */
  readonly publicAddress?: string | undefined;
  /** Invited to rooms that the box makes for a network as a whole. */
  readonly admins: readonly string[];
  /** Queued items of one source beyond which `accept` refuses. */
  readonly quota: number;
  /** Milliseconds; `media`: for the whole way of a file. */
  readonly deadline: {
    readonly homeserver: number;
    readonly network: number;
    readonly media: number;
  };
  /** Whether what people say on a network by an account of theirs is shown as said by themselves. */
  readonly doublePuppet?: boolean | undefined;
  /** What of people of other homeservers is taken, and how far they see chats as on the network. */
  readonly people?: PeopleSettings | undefined;
  /** Whether the bot marks as read what has arrived. */
  readonly receipts: boolean;
  /** Whether clients are told of each message by an event about it. */
  readonly statusEvents: boolean;
  /** How many members are let into and out of rooms in a second because a chat's list says so. */
  readonly rosterPace: number;
  /** Whether people are told that a login of theirs is not connected. */
  readonly loginNotices: boolean;
  /** How many logins one person may have. */
  readonly loginsMost: number;
  /** The largest file that is passed on, in bytes. */
  readonly mediaMost: number;
  /** Whether this Matrix user may do that. */
  permits(mxid: string, what: "relay" | "commands" | "user" | "admin"): boolean;
}

/** What an event of a Matrix user is. */
export interface About {
  readonly type: string;
  readonly msgtype?: string;
}

/** What observers are told; the store is the truth, this is the news. */
export type Happening =
  | {
      readonly what: "outcome";
      readonly outcome: Outcome;
      readonly took: number;
      readonly about?: About | undefined;
      /** Who did it just now: a Matrix user, or somebody of the network. Absent: long ago, or nobody said who. */
      readonly by?: string | undefined;
    }
  | {
      readonly what: "queued";
      readonly lane: Lane;
      readonly origin: string;
      readonly room: string;
      readonly about: About;
    }
  /** What waits in that lane became more or less, and nothing else here says so. */
  | { readonly what: "depth"; readonly lane: Lane }
  | {
      readonly what: "login";
      readonly network: NetworkId;
      readonly login: LoginId;
      readonly state: LiveLogin["state"];
      /** Its row is gone too. */
      readonly ended?: true;
    }
  /** An account of a network became a Matrix user's, or is it no more. */
  | {
      readonly what: "link";
      readonly network: NetworkId;
      readonly account: string;
      readonly mxid: string;
    }
  /** A network as a whole could not be opened, or is open. */
  | { readonly what: "network"; readonly network: NetworkId }
  /** Milliseconds from accepted to the first call. */
  | { readonly what: "latency"; readonly lane: Lane; readonly ms: number };

export const laneKey = (lane: Lane): string => `${lane.portal}/${lane.direction}`;

/** The live login of that id, wherever it is. */
export const liveLogin = (box: Box, id: LoginId): LiveLogin | undefined => {
  for (const network of box.networks.values()) {
    const login = network.logins.get(id);
    if (login) return login;
  }
  return undefined;
};

/** A chat on a network, as a log line or a sentence shows it. */
export const chatLabel = (network: NetworkId, chat: ChatRef): string => `${network} ${chat.id}`;
