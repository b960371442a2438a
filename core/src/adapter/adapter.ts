import type { MediaRef, MediaStream } from "./content.ts";
import type { BridgeError } from "./errors.ts";
import type { ChatRef, Json, LoginId, Millis, UserId } from "./ids.ts";
import type { Source } from "./inbound.ts";
import type { LoginFlow, LoginRole, NewLogin } from "./login.ts";
import type { Connection } from "./outbound.ts";
import type { Schema } from "./schema.ts";

/** A network's package exports one of these, made by `defineAdapter`. */
export interface Adapter<Config, Account extends Json> {
  /** Short, lower case: the value of `type:` in the config and the default ghost prefix. */
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly config: Schema<Config>;
  readonly account: Schema<Account>;
  readonly logins: Readonly<Record<string, LoginFlow<Config, Account>>>;
  /**
   * What a message id means here. `shared`: equal for every login (chats private to one login carry
   * `ChatRef.receiver`). `none`: the wire has no ids; only the portal's primary login is listened to.
   */
  readonly ids: "shared" | "none";
  /**
   * Where a person says something to an account of the box itself, which comes as an `aside`; follows
   * "Send it", with `{name}` for the account: `to {name} in a direct message`. Absent: nobody can.
   */
  readonly asides?: string;
  /**
   * What `search` finds by an account of the box itself, the network shows to everybody: it is told to people
   * without a login too. Absent: only by one's own login is anything looked for.
   */
  readonly publicSearch?: true;
  /** Once per configured network; what its logins share lives in the closure. */
  open(host: Host, config: Config): Promise<Network<Account>>;
  /**
   * For `doctor`: whether the network can be had with that config, a finding for each thing that an
   * admin can get wrong. It disturbs nobody: logins of a running box go on and miss nothing, nothing is
   * said, and what it opens is closed again. Ends with the signal. Absent: nothing can be known before.
   */
  check?(config: Config, signal: AbortSignal): Promise<readonly Finding[]>;
}

/** What was found out about one thing. Sentences without secrets, each with its full stop. */
export interface Finding {
  /** A few words: `server`, `bot token`. */
  readonly what: string;
  /** `warning`: it works, and not everything does. `skipped`: it could not be looked at. */
  readonly state: "ok" | "warning" | "failed" | "skipped";
  readonly says: string;
  /** What to do, where something is to be done. */
  readonly fix?: string;
}

export interface Network<Account extends Json> {
  /** Logins that the config itself declares: a relay client, a bot token. The box owns them. */
  readonly standing?: readonly NewLogin<Account>[];
  connect(login: ConnectingLogin<Account>, session: Session<Account>): Promise<Connection>;
  close(): Promise<void>;
  /**
   * Mounted by the core under `/network/<id>/<name>`: event callbacks by GET or POST, with the body as
   * it came. Open to the world, so each checks its caller. `login` is the core's: OAuth comes back there.
   */
  readonly webhooks?: Readonly<Record<string, (request: Request) => Promise<Response>>>;
}

export interface ConnectingLogin<Account extends Json> {
  readonly id: LoginId;
  readonly user: UserId;
  readonly account: Account;
  readonly role: LoginRole;
}

/** What the core gives to a network, and to each of its logins. */
export interface Host {
  /** The inlet of that name; asked for twice, it is the same one. */
  source(name: string): Source;
  readonly store: KeyValue;
  readonly log: Log;
  /** Aborted when the network or login is closed: every timer and socket ends with it. */
  readonly signal: AbortSignal;
}

export interface Session<Account extends Json> extends Host {
  /** `reconnecting` closes the login's gate, `connected` opens it. */
  state(state: LoginState, why?: BridgeError): void;
  saveAccount(account: Account): Promise<void>;
  /** The chats that this login takes part in, as the core knows: what to enter after a reconnect. */
  chats(): Promise<readonly ChatRef[]>;
  /** Files that are to be sent: those of a draft, as bytes or as a link that the network fetches. */
  readonly media: {
    /** @throws BridgeError `too_large` (also while it is read), `gone`, or `network` for now. */
    open(media: MediaRef, signal: AbortSignal): Promise<MediaStream>;
    /** Nothing where the box has no public address. Links of one day with a `ttl` of days are equal. */
    publicUrl(media: MediaRef, ttl: Millis): string | undefined;
    /** Whether the box has a public address, so that there are links. */
    readonly links: boolean;
    /**
     * Puts a text onto the homeserver as a file, of which `publicUrl` makes a link: for a network that it is
     * too long for. Asked for twice, there are two.
     * @throws BridgeError `network` for now.
     */
    keep(text: string, name: string, signal: AbortSignal): Promise<MediaRef>;
  };
}

export type LoginState = "connected" | "reconnecting" | "needs-login" | "logged-out";

/**
 * Durable JSON, per network or per login: access hashes, webhook tokens, caches that must outlive a
 * restart. `secret` encrypts it at rest. Setting `null` forgets it.
 */
export interface KeyValue {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json | null, options?: { readonly secret?: boolean }): Promise<void>;
}

/** Structured and redacted by construction: values go into `data`, never into the message. */
export interface Log {
  debug(message: string, data?: LogData): void;
  info(message: string, data?: LogData): void;
  warn(message: string, data?: LogData): void;
  error(message: string, data?: LogData): void;
}

export type LogData = Readonly<Record<string, Json | undefined>>;

/** Keeps the types of an adapter's config and account together. */
export const defineAdapter = <Config, Account extends Json>(
  adapter: Adapter<Config, Account>,
): Adapter<Config, Account> => adapter;
