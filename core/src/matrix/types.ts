import type { Json, Millis } from "../adapter/index.ts";
import type { Repositories } from "../store/types.ts";

/** Content as it comes from a homeserver: hostile until parsed. */
export type JsonObject = { readonly [key: string]: Json };

/** An event that has passed the ingress parser: the fields are of these types, the content is not judged. */
export interface MatrixEvent {
  readonly event_id: string;
  readonly type: string;
  readonly room_id: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: JsonObject;
  /** The sender's clock: never a reason for trust. */
  readonly origin_server_ts: Millis;
  readonly redacts?: string;
  readonly unsigned?: JsonObject;
}

/** Which queue of homeserver slots a call stands in, so that a backfill never silences live chat. */
export type CallClass = "live" | "roster" | "history";

export interface Call {
  readonly class: CallClass;
  /** The user who acts: the bot where absent. */
  readonly as?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Another homeserver than the box's. */
export interface Place {
  /** Without a slash at its end. */
  readonly address: string;
  /** The admin named it: else only https and only addresses of the open internet are called. */
  readonly isTrusted: boolean;
}

/** An access token that a person gave, and where it is good. */
export interface Given {
  readonly token: string;
  /** Absent: at the box's own homeserver. */
  readonly place?: Place | undefined;
}

/** A user as their homeserver knows them. */
export interface Who {
  readonly user: string;
  /** The device that the token is of; a registration has none. */
  readonly device?: string;
}

/** How somebody sees a room. Absent: not changed. */
export interface RoomView {
  readonly tags?: readonly string[];
  readonly unread?: boolean;
}

export interface Views {
  /** Where to go on. */
  readonly next: string;
  readonly rooms: ReadonlyMap<string, RoomView>;
  /** All rooms that make no sound; absent: not changed. */
  readonly muted?: ReadonlySet<string>;
}

/** Where account data stands. */
export interface AccountDataPlace {
  readonly type: string;
  readonly room?: string;
}

/** What the engine needs of a homeserver. Every method rejects with a `MatrixError`. */
export interface Homeserver {
  /** The server name, the part after the colon. */
  readonly domain: string;
  readonly bot: string;

  /** PUT /send with that transaction id. Returns the event id. */
  send(
    event: {
      readonly room: string;
      readonly type: string;
      readonly content: JsonObject;
      readonly txn: string;
      /** `ts`: timestamp massaging. */
      readonly ts?: Millis | undefined;
    },
    call: Call,
  ): Promise<string>;
  redact(
    target: {
      readonly room: string;
      readonly event: string;
      readonly txn: string;
      readonly reason?: string | undefined;
    },
    call: Call,
  ): Promise<string>;
  getState(
    at: { readonly room: string; readonly type: string; readonly key: string },
    call: Call,
  ): Promise<JsonObject | undefined>;
  /** The same with who set it: `""` where the homeserver does not say. */
  getStateEvent(
    at: { readonly room: string; readonly type: string; readonly key: string },
    call: Call,
  ): Promise<{ readonly sender: string; readonly content: JsonObject } | undefined>;
  /** The create event: since room version 12 its sender stands above all power levels. */
  getCreation(
    room: string,
    call: Call,
  ): Promise<{ readonly sender: string; readonly content: JsonObject } | undefined>;
  setState(
    at: { readonly room: string; readonly type: string; readonly key: string },
    content: JsonObject,
    call: Call,
  ): Promise<string>;
  /** The whole event, or `undefined` if it is not there or not visible. */
  getEvent(room: string, event: string, call: Call): Promise<MatrixEvent | undefined>;
  /** Joined members with their names. */
  joinedMembers(
    room: string,
    call: Call,
  ): Promise<ReadonlyMap<string, { readonly name: string | undefined }>>;
  /**
   * The L of the design: the event of `sender` in `room` that carries `key`, looked for backwards in
   * `/messages` down to `since`. Without a sender: the first that the box said there as a person.
   */
  findByKey(
    what: {
      readonly room: string;
      readonly sender: string | undefined;
      readonly key: string;
      readonly since: Millis;
    },
    call: Call,
  ): Promise<string | undefined>;
  /** The annotation of that event by `sender` with that key, if there is one. */
  findAnnotation(
    what: {
      readonly room: string;
      readonly event: string;
      readonly sender: string;
      readonly key: string;
    },
    call: Call,
  ): Promise<string | undefined>;
  /** True if the event is redacted already. */
  isRedacted(room: string, event: string, call: Call): Promise<boolean>;

  /** @throws MatrixError M_ROOM_IN_USE when the alias is taken: adopt it. */
  createRoom(body: JsonObject, call: Call): Promise<string>;
  resolveAlias(alias: string, call: Call): Promise<string | undefined>;
  setAlias(alias: string, room: string, call: Call): Promise<void>;
  removeAlias(alias: string, call: Call): Promise<void>;
  /** Takes the room out of the homeserver's public directory, into which somebody may have put it. */
  unlist(room: string, call: Call): Promise<void>;
  /** Already registered is a success. */
  register(localpart: string, call: Call): Promise<void>;
  /** `via`: servers through which a room of others is found by its id. Returns the id. */
  join(roomOrAlias: string, call: Call, via?: readonly string[]): Promise<string>;
  invite(room: string, user: string, call: Call): Promise<void>;
  leave(room: string, call: Call, reason?: string): Promise<void>;
  kick(room: string, user: string, call: Call, reason?: string): Promise<void>;
  /** Who is not banned may come in already: the homeserver rejects that. */
  unban(room: string, user: string, call: Call): Promise<void>;
  setDisplayName(user: string, name: string, call: Call): Promise<void>;
  getDisplayName(user: string, call: Call): Promise<string | undefined>;
  setTyping(room: string, on: boolean, ttl: Millis, call: Call): Promise<void>;
  setAvatar(user: string, mxc: string, call: Call): Promise<void>;
  /** `m.read` of the acting user, up to that event, whatever thread it is in. */
  setReceipt(room: string, event: string, call: Call): Promise<void>;
  setPresence(
    user: string,
    presence: {
      readonly state: "online" | "unavailable" | "offline";
      readonly text: string | undefined;
    },
    call: Call,
  ): Promise<void>;

  /** Who we are to the homeserver as the acting user. */
  whoami(call: Call): Promise<Who>;
  /** Whose that access token is. */
  whoIs(given: Given, call: Call): Promise<Who>;
  /**
   * Where the client API of another homeserver is, as its name tells it.
   * @throws MatrixError where nobody should be called there, or nothing there speaks Matrix.
   */
  findServer(name: string, call: Call): Promise<string>;

  /** What the acting user keeps for themselves (§ "Client Config"); `room`: about that room. */
  getAccountData(at: AccountDataPlace, call: Call): Promise<JsonObject | undefined>;
  setAccountData(at: AccountDataPlace, content: JsonObject, call: Call): Promise<void>;
  /** The tags that the acting user put on a room, with what stands at each. */
  getTags(room: string, call: Call): Promise<JsonObject>;
  setTag(room: string, tag: string, on: boolean, call: Call): Promise<void>;
  /** Whether the acting user has a push rule for that room that makes no sound and no mark. */
  isMuted(room: string, call: Call): Promise<boolean>;
  setMuted(room: string, on: boolean, call: Call): Promise<void>;
  /** What of this the acting user changed after `since`; all of it without. */
  readViews(since: string | undefined, call: Call): Promise<Views>;

  readonly media: HomeserverMedia;

  /** Asks the homeserver to ping us back (MSC2659, /v1/appservice/{id}/ping): it also ends its back-off. */
  ping(call: Call): Promise<void>;
  /** Versions and unstable features; cached. */
  versions(call: Call): Promise<JsonObject>;
  close(): Promise<void>;
}

/** A file on its way up. */
export interface MediaBytes {
  readonly body: ReadableStream<Uint8Array>;
  /** Bytes, if known. */
  readonly size?: number | undefined;
  readonly mime: string;
  readonly name?: string | undefined;
}

/** Bytes to and from the homeserver, never whole in memory. */
export interface HomeserverMedia {
  /** The largest upload in bytes, if the homeserver says so. */
  limit(call: Call): Promise<number | undefined>;
  /**
   * Reserves an mxc (MSC2246), so that it can be stored before the bytes go. Nothing where the
   * homeserver knows no such thing, or allows no more of them now: use `post`.
   */
  create(call: Call): Promise<string | undefined>;
  /** Fills a reserved mxc; already filled (409) is a success. */
  put(mxc: string, file: MediaBytes, call: Call): Promise<void>;
  /** Uploads without a reserved place. Returns the mxc. */
  post(file: MediaBytes, call: Call): Promise<string>;
  /** Authenticated media first, v3 where the server does not know it. */
  get(
    mxc: string,
    call: Call,
  ): Promise<{
    readonly body: ReadableStream<Uint8Array>;
    readonly size: number | undefined;
    readonly mime: string | undefined;
  }>;
}

/** What the homeserver refused, or why it could not be asked. */
export class MatrixError extends Error {
  /** `M_…`; `NETWORK` where no answer came, `HTTP` where the answer was not Matrix. */
  readonly errcode: string;
  /** 0 where no answer came. */
  readonly status: number;
  /** `no`: certainly not done. `unknown`: it may have been done. */
  readonly reached: "no" | "unknown";
  readonly retryAfter: Millis | undefined;

  constructor(
    errcode: string,
    sentence: string,
    facts: {
      readonly status: number;
      readonly reached: "no" | "unknown";
      readonly retryAfter?: Millis | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(sentence, { cause: facts.cause });
    this.name = "MatrixError";
    this.errcode = errcode;
    this.status = facts.status;
    this.reached = facts.reached;
    this.retryAfter = facts.retryAfter;
  }
}

/** The name of K in event content, beside the ciphertext too. */
export const keyField = "dev.bridgebox.key";

/** In what is said as a real user: other bridges know by it that they need not carry it on as theirs. */
export const puppetField = "fi.mau.double_puppet_source";

/**
 * Routes events where they are stored, so that they need no stay in the inbox. Asked before the
 * commit; what it returns is called within it, and what that returns once the commit is durable.
 */
export type Straight = (events: readonly MatrixEvent[]) => Promise<Routing>;

export type Routing = (
  tx: Repositories,
  taken: {
    /** Those that were not taken before, in order. */
    readonly events: readonly MatrixEvent[];
    readonly at: Millis;
    /** True once the commit is durable, false if it failed. */
    readonly durable: Promise<boolean>;
  },
) => Promise<() => void>;

/** Committed events, in the order of the inbox. */
export interface Ingress {
  /** Called after every commit that put something into the inbox. */
  onCommitted(listener: () => void): () => void;
}

/** What the homeserver asks while it waits for the answer. */
export interface Queries {
  /** True: the user exists (now). */
  user(mxid: string): Promise<boolean>;
  /** True: the alias exists (now). */
  alias(alias: string): Promise<boolean>;
  /** Application Service API, "Third-party networks"; likewise the following. Nothing found is an empty list. */
  protocol(name: string): Promise<JsonObject | undefined>;
  location(
    protocol: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<readonly JsonObject[]>;
  person(
    protocol: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<readonly JsonObject[]>;
  /** What stands behind that alias, or that user. */
  locationOf(alias: string): Promise<readonly JsonObject[]>;
  personOf(mxid: string): Promise<readonly JsonObject[]>;
}

/** Typing, receipts and presence as the homeserver pushes them; never stored. */
export interface Ephemeral {
  readonly type: string;
  readonly room: string | undefined;
  readonly sender: string | undefined;
  readonly content: JsonObject;
}
