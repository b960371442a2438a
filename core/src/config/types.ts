import type { Doc, Millis, NetworkId, Schema } from "../adapter/index.ts";

/** What the config needs to know of an adapter; every `Adapter` is one. */
export interface KnownAdapter {
  readonly id: string;
  readonly name: string;
  readonly config: Schema<unknown>;
}

/** By the value of `type:`. Loaded only if configured, because some networks' libraries are heavy. */
export type KnownAdapters = Readonly<Record<string, () => Promise<KnownAdapter>>>;

export type HomeserverSoftware = "synapse" | "dendrite" | "conduit";

/** Each level may do what the levels before it may. */
export const levels = ["block", "none", "relay", "commands", "user", "admin"] as const;
export type Level = (typeof levels)[number];

/** A config without problems: defaults filled in, paths absolute, durations in milliseconds. */
export interface BoxConfig {
  readonly homeserver: {
    /** Without a slash at its end. */
    readonly address: string;
    readonly domain: string;
    readonly software?: HomeserverSoftware;
  };
  readonly appservice: {
    readonly id: string;
    /** Where the homeserver reaches the box. Without a slash at its end. */
    readonly address: string;
    /** Where browsers and the networks' servers reach the box. Without a slash at its end. */
    readonly publicAddress?: string;
    readonly hostname: string;
    readonly port: number;
    readonly bot: { readonly username: string; readonly displayname: string };
    /** Opens the status API; without it there is none. */
    readonly adminToken?: string;
  };
  /** The file that holds both tokens. */
  readonly registration: string;
  /** Who speaks in rooms as themselves, and what of their chats is theirs on Matrix too. */
  readonly doublePuppet: {
    /** The file of the registration over the people of the homeserver; it holds a token. */
    readonly registration?: string;
    /** Addresses of other homeservers, by server name. Without a slash at their end. */
    readonly servers: Readonly<Record<string, string>>;
    readonly discovery: boolean;
    readonly chats: "creation" | "always" | "never";
    readonly follow: boolean;
  };
  readonly database: {
    readonly path: string;
    readonly keyFile: string;
    /** PostgreSQL instead of the file at `path`; it holds a password. */
    readonly uri?: string;
  };
  readonly permissions: Readonly<Record<string, Level>>;
  readonly networks: readonly NetworkConfig[];
  readonly rooms: readonly BoundRoom[];
  /** How people see what became of their messages, beside the lines about those that failed. */
  readonly status: {
    readonly receipts: boolean;
    readonly events: boolean;
    readonly logins: boolean;
    /** Where the states of logins are posted to. */
    readonly endpoint?: string;
    /** Where it is posted to how far each message has come. */
    readonly checkpoints?: string;
  };
  readonly logging: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "pretty" | "json";
  };
  readonly limits: {
    /** Queued items of one source beyond which it is not read further. */
    readonly queue: number;
    /** Bytes. */
    readonly media: number;
    /** How many logins one person may have. */
    readonly logins: number;
    /** How long one call to the homeserver may take; a network has twice as long. */
    readonly call: Millis;
    /** Members let into and out of rooms in a second because a chat's list says so. */
    readonly roster: number;
  };
}

export interface NetworkConfig {
  readonly id: NetworkId;
  readonly type: string;
  readonly enabled: boolean;
  /** `{name}` is the remote name. */
  readonly ghostName: string;
  readonly ghostPrefix: string;
  readonly aliasPrefix: string;
  readonly members: "lazy" | "capped" | "full";
  readonly memberCap: number;
  readonly relay: "on" | "off";
  readonly relayNote: boolean;
  readonly spaces: boolean;
  /** Which chats of a login are bridged as soon as it is there. */
  readonly sync: {
    readonly most: number;
    readonly maxAge?: Millis;
    readonly ofBox: boolean;
    readonly filter: { readonly only: readonly string[]; readonly never: readonly string[] };
  };
  /** What becomes of the rooms of a login that is logged out. */
  readonly cleanup: {
    readonly alone: "nothing" | "leave" | "delete";
    readonly shared: "nothing" | "kick";
  };
  readonly maxAge?: Millis;
  /** What the adapter's own schema made of its keys. */
  readonly config: unknown;
  /** What explains `config`, and says which of it is secret. */
  readonly docs: readonly Doc[];
}

/** A room that the config binds to chats, on one network or on several. */
export interface BoundRoom {
  /** `#alias:server` or `!id`. */
  readonly room: string;
  readonly chats: readonly { readonly network: NetworkId; readonly chat: string }[];
}
