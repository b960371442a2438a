import type {
  ChatInfo,
  ChatRef,
  Draft,
  ErrorCode,
  Json,
  LoginId,
  LoginRole,
  Member,
  Millis,
  NetworkId,
  SourceId,
  UserId,
} from "../adapter/index.ts";
import type { Links } from "./link-types.ts";
import type { Assertions, Messages } from "./message-types.ts";
import type { ItemId, PortalId } from "./numbers.ts";
import type { Retriables, Tried } from "./retriable-types.ts";
import type { Spaces } from "./space-types.ts";

export type { ItemId, PortalId } from "./numbers.ts";
export type { Retriable, Retriables, Tried } from "./retriable-types.ts";
export type { Claimant, Link, LinkOffer, Links } from "./link-types.ts";
export type { Assertion, Assertions, MessageRow, Messages } from "./message-types.ts";
export type { Space, SpaceOwner, Spaces } from "./space-types.ts";

/**
 * The truth of the box. Everything else in memory is rebuildable. The same suite runs on every
 * implementation. Values come back as they went in; JSON is JSON.
 */
export interface Store {
  /** Committed state only. */
  readonly read: Repositories;
  /**
   * Runs `work` in a transaction and resolves when it is durable. Works that are asked for in one
   * turn of the event loop share one transaction (group commit); one that throws is rolled back
   * alone. Nothing but the given repositories may be awaited inside.
   * @throws StoreFull when the disk is full; nothing was written.
   */
  commit<T>(work: (tx: Repositories) => Promise<T>): Promise<T>;
  /** Why nothing can be stored now, in one sentence; undefined as long as nobody knows of a reason. */
  readonly away: string | undefined;
  close(): Promise<void>;
}

export interface Repositories {
  readonly items: Items;
  readonly inbox: Inbox;
  readonly portals: Portals;
  readonly logins: Logins;
  readonly links: Links;
  readonly ghosts: Ghosts;
  readonly members: RoomMembers;
  readonly roster: Roster;
  readonly spaces: Spaces;
  readonly messages: Messages;
  readonly assertions: Assertions;
  readonly outcomes: Outcomes;
  readonly retriables: Retriables;
  readonly seen: Seen;
  readonly cursors: Cursors;
  readonly keys: KeyValues;
  readonly leases: Leases;
}

/** `out`: to the network. `in`: to the homeserver. `members`: the roster of the portal. */
export type Direction = "in" | "out" | "members";

/**
 * A lane is (portal, direction), never a room: one network's outage blocks no other. The box's own
 * lanes, for what belongs to no portal, have negative numbers.
 */
export interface Lane {
  readonly portal: PortalId;
  readonly direction: Direction;
}

export type ItemState = "ready" | "trying" | "waiting" | "parked";

export interface NewItem {
  readonly lane: Lane;
  /** What a gap is healed with 0, all else 1: the lowest goes first. */
  readonly rank: 0 | 1;
  /** Where it came from: a Matrix event id, or (in) the remote event's key. */
  readonly origin: string;
  /** What to do: a file in to-network/ or to-matrix/. */
  readonly kind: string;
  readonly payload: Json;
  /** When it was accepted: its age counts from here. */
  readonly at: Millis;
  /** Our keyed hash of (portal, origin, part): the K of the design. Unique. */
  readonly key: string;
  /** The place among items expanded from one. */
  readonly sub?: number;
  readonly draft?: Draft;
  /** Stored as being tried already (attempt 1): saves the claim's commit when the lane is idle. */
  readonly claimed?: boolean;
  /** What its attempts before left behind; it is not suspect for them. */
  readonly tried?: Tried;
}

export interface Item {
  readonly id: ItemId;
  readonly lane: Lane;
  readonly shard: number;
  readonly epoch: number;
  readonly rank: 0 | 1;
  readonly sub: number;
  readonly origin: string;
  readonly kind: string;
  readonly payload: Json;
  readonly draft: Draft | undefined;
  readonly at: Millis;
  readonly key: string;
  readonly state: ItemState;
  readonly attempt: number;
  readonly firstAt: Millis | undefined;
  readonly until: Millis | undefined;
  readonly waitKey: string | undefined;
  readonly notes: Json | null;
  /** The sentence of the last failure, for whoever looks at the queue. */
  readonly why: string | undefined;
}

/** The one table of work. An item that is done is gone, in the commit that writes its outcome. */
export interface Items {
  add(item: NewItem): Promise<ItemId>;
  get(id: ItemId): Promise<Item | undefined>;
  byKey(key: string): Promise<Item | undefined>;
  /** Lowest (rank, order, sub) of the lane that is not parked. */
  head(lane: Lane): Promise<Item | undefined>;
  /** The first so many of the lane, in the same order. */
  heads(lane: Lane, most: number): Promise<readonly Item[]>;
  /** Lanes that have anything to do. */
  lanes(shard: number): Promise<readonly Lane[]>;
  /** Items of one origin that are still queued, in order (for cancel and replace). */
  ofOrigin(origin: string): Promise<readonly Item[]>;
  /** Takes the place of `id` with these, in order: draft by draft. Returns their ids. */
  expand(id: ItemId, into: readonly NewItem[]): Promise<readonly ItemId[]>;
  /** Write ahead: `trying`, attempt + 1, `firstAt` set once. False: the item is gone. */
  claim(id: ItemId, at: Millis, draft?: Draft): Promise<boolean>;
  /**
   * Not before `until`. `sure`: the last attempt certainly did not arrive, so it is as good as new
   * (`waiting`). Otherwise it stays `trying`: whoever takes it next must look before sending again.
   */
  wait(id: ItemId, hold: { until: Millis; why: string; sure: boolean }): Promise<void>;
  /** One turn of it went well and more is to do: ready at once, as if it had never been tried. */
  goOn(id: ItemId): Promise<void>;
  /** Skipped by its lane until `wake(key)` or `until`. */
  park(id: ItemId, waitKey: string, until: Millis): Promise<void>;
  /** Makes what was parked for that key ready and forgets the key; returns the lanes. */
  wake(waitKey: string): Promise<readonly Lane[]>;
  /** Makes what was parked past its time ready; `waitKey` stays, so that its runner knows. */
  wakeExpired(now: Millis): Promise<readonly Lane[]>;
  /** Every key that something is parked for. */
  parkedKeys(): Promise<readonly string[]>;
  /** What is parked for a key that begins so, in portals; `kind` has no `%` or `_` in it. */
  parkedFor(kind: string): Promise<readonly { id: ItemId; network: NetworkId; until: Millis }[]>;
  /** The earliest time at which something parked expires. */
  nextExpiry(): Promise<Millis | undefined>;
  /**
   * What waits in a lane goes on in that portal's of the same direction, in its place and with a new id, so
   * that whoever holds it finds it gone. What is being tried stays: it may be where it was tried
   * already. Returns how many went.
   */
  move(lane: Lane, to: PortalId): Promise<number>;
  note(id: ItemId, notes: Json): Promise<void>;
  replacePayload(id: ItemId, payload: Json): Promise<void>;
  done(id: ItemId): Promise<void>;
  /** Queue depth per direction and state. */
  depth(): Promise<readonly { direction: Direction; state: ItemState; count: number }[]>;
  /** Queue depth per network and direction; work that belongs to no portal is not in it. */
  depthByNetwork(): Promise<readonly { network: NetworkId; direction: Direction; count: number }[]>;
  /** What is queued in a lane, oldest first, at most `limit`. */
  list(lane: Lane, limit: number): Promise<readonly Item[]>;
}

export interface InboxEvent {
  readonly seq: number;
  readonly at: Millis;
  readonly event: Json;
}

/** Events that the homeserver has handed over and that are not routed yet. */
export interface Inbox {
  /** False: that transaction was taken before. */
  takeTransaction(id: string, at: Millis): Promise<boolean>;
  /** False: that event was taken before, under any transaction. Whoever takes it routes it at once. */
  take(eventId: string, at: Millis): Promise<boolean>;
  /** Takes it and keeps it until it is routed. False: it was taken before. */
  add(eventId: string, event: Json, at: Millis): Promise<boolean>;
  next(limit: number): Promise<readonly InboxEvent[]>;
  done(seq: number): Promise<void>;
  count(): Promise<number>;
  /** The oldest of them, not all at once; returns how many, and 0 when none is left. */
  forget(before: Millis): Promise<number>;
}

export interface Portal {
  readonly id: PortalId;
  readonly network: NetworkId;
  readonly chat: ChatRef;
  /** Absent: no room yet. Several portals may share one room. */
  readonly room: string | undefined;
  /** How the room came to be; `plumbed` rooms are not ours to name or delete. */
  readonly origin: "remote" | "alias" | "plumbed" | "dm";
  readonly info: ChatInfo | undefined;
  /** The login whose view counts where ids are `none`. */
  readonly primary: LoginId | undefined;
  /** The login that speaks for people without one; absent: a login of the box itself, if there is one. */
  readonly relay: LoginId | "off" | undefined;
  readonly dead: boolean;
}

export interface Portals {
  get(id: PortalId): Promise<Portal | undefined>;
  find(network: NetworkId, chat: ChatRef): Promise<Portal | undefined>;
  /** Finds or makes it. */
  ensure(network: NetworkId, chat: ChatRef, origin: Portal["origin"]): Promise<Portal>;
  ofRoom(room: string): Promise<readonly Portal[]>;
  ofNetwork(network: NetworkId): Promise<readonly Portal[]>;
  ofLogin(login: LoginId): Promise<readonly Portal[]>;
  update(
    id: PortalId,
    change: Partial<Pick<Portal, "room" | "origin" | "info" | "primary" | "relay" | "dead">>,
  ): Promise<void>;
  /** The chat goes on under another ref. */
  move(id: PortalId, chat: ChatRef): Promise<void>;
  addLogin(id: PortalId, login: LoginId, since: Millis): Promise<void>;
  removeLogin(id: PortalId, login: LoginId): Promise<void>;
  /** Longest first. */
  logins(id: PortalId): Promise<readonly LoginId[]>;
  /**
   * Forgets some of what was said in it, the oldest first, and of who is in it; returns how many rows, and 0
   * when none is left. Before `remove`, which takes as long as all that is left.
   */
  empty(id: PortalId): Promise<number>;
  remove(id: PortalId): Promise<void>;
  /** Those that have a room, and how many different rooms these are. */
  bridged(): Promise<{ readonly chats: number; readonly rooms: number }>;
}

export interface Login {
  readonly id: LoginId;
  readonly network: NetworkId;
  /** The Matrix user; absent: the box itself (a login the config declares). */
  readonly owner: string | undefined;
  readonly user: UserId;
  readonly name: string;
  readonly role: LoginRole;
  /** Encrypted at rest. Null: what was stored is lost, and the login has to be made again. */
  readonly account: Json;
  readonly accountVersion: number;
  readonly since: Millis;
}

/** Whose a login is. */
export type Holder = Pick<Login, "id" | "owner" | "role">;

export interface Logins {
  get(id: LoginId): Promise<Login | undefined>;
  all(network?: NetworkId): Promise<readonly Login[]>;
  ofOwner(owner: string): Promise<readonly Login[]>;
  /** Of one account of a network: several people may be logged in with it. */
  ofUser(network: NetworkId, user: UserId): Promise<readonly Holder[]>;
  /** Those that are in a chat, longest first. */
  ofPortal(portal: PortalId): Promise<readonly Holder[]>;
  /** Those that the box owns itself. */
  ofBox(network: NetworkId): Promise<readonly Holder[]>;
  put(login: Login): Promise<void>;
  remove(id: LoginId): Promise<void>;
}

/** A remote person on the homeserver. Its MXID is stored, not computed. */
export interface Ghost {
  readonly network: NetworkId;
  readonly user: UserId;
  readonly mxid: string;
  /** The name the network gives. */
  readonly name: string | undefined;
  readonly info: Json;
  readonly registered: boolean;
  /** The display name the homeserver has. */
  readonly shownName: string | undefined;
}

export interface Ghosts {
  get(network: NetworkId, user: UserId): Promise<Ghost | undefined>;
  byMxid(mxid: string): Promise<Ghost | undefined>;
  put(ghost: Ghost): Promise<void>;
  count(): Promise<number>;
}

/** What the homeserver has for our own users: so that nothing true is sent again. Who left is forgotten. */
export interface RoomMembers {
  get(room: string, mxid: string): Promise<string | undefined>;
  set(room: string, mxid: string, membership: string): Promise<void>;
  ofRoom(room: string): Promise<readonly { mxid: string; membership: string }[]>;
  /** Rooms in which anybody of ours is or may come: in order, behind that one. */
  rooms(page: { readonly after: string; readonly limit: number }): Promise<readonly string[]>;
  forget(room: string, mxid: string): Promise<void>;
  forgetRoom(room: string): Promise<void>;
}

export interface RosterRow extends Member {
  /** The homeserver may not show this yet. */
  readonly dirty: boolean;
}

/** Desired membership of a portal, as its network tells. Who left and is clean is forgotten. */
export interface Roster {
  get(portal: PortalId, user: UserId): Promise<RosterRow | undefined>;
  put(portal: PortalId, member: Member, dirty: boolean): Promise<void>;
  of(portal: PortalId): Promise<readonly RosterRow[]>;
  dirty(portal: PortalId, limit: number): Promise<readonly RosterRow[]>;
  clean(portal: PortalId, user: UserId): Promise<void>;
  /** Nothing is known of that chat's members any more, or of that one. */
  forget(portal: PortalId): Promise<void>;
  remove(portal: PortalId, user: UserId): Promise<void>;
  /** The first so many of that chat, in the order of `of`. */
  first(portal: PortalId, limit: number): Promise<readonly RosterRow[]>;
  /** Dirty are from now on all who are in the chat and whose ghosts are in that room: the chat leaves it. */
  soil(portal: PortalId, room: string): Promise<void>;
  /** Portals of the network in which that person is joined. */
  portalsWith(network: NetworkId, user: UserId): Promise<readonly PortalId[]>;
  count(portal: PortalId): Promise<number>;
  /** How many who are in the chat are in that room by their ghosts, or may be on their way. */
  seated(portal: PortalId, room: string): Promise<number>;
  /** Who is in the chat, and neither in that room by their ghost, nor on the way, nor banned: in order, behind that one. */
  unseated(
    portal: PortalId,
    room: string,
    page: { readonly after?: UserId; readonly limit: number },
  ): Promise<readonly RosterRow[]>;
}

export type OutcomeState = "delivered" | "retrying" | "failed" | "not_bridged" | "doubtful";

/** What became of one accepted event in one portal. */
export interface Outcome {
  readonly origin: string;
  readonly portal: PortalId;
  readonly direction: Direction;
  readonly state: OutcomeState;
  readonly code: ErrorCode | undefined;
  readonly sentence: string | undefined;
  readonly at: Millis;
  readonly room: string | undefined;
  /** The notice that told the room, to be edited when the outcome changes. */
  readonly notice: string | undefined;
  /** The bot's own reactions to that notice by which people answer it: what they say, and their events. */
  readonly offers?: Readonly<Record<string, string>> | undefined;
}

export interface Outcomes {
  /** A notice that the room has already stays, and so do its offers: only their own setters change them. */
  put(outcome: Outcome): Promise<void>;
  get(origin: string, portal: PortalId): Promise<Outcome | undefined>;
  setNotice(origin: string, portal: PortalId, notice: string): Promise<void>;
  setOffers(
    origin: string,
    portal: PortalId,
    offers: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** What is still queued for `to` goes on there with all that was told of it for `from`. */
  follow(from: PortalId, to: PortalId): Promise<void>;
  /** The outcome of which that event of the bot tells. */
  byNotice(notice: string): Promise<Outcome | undefined>;
  /** Newest first. */
  recent(limit: number, state?: OutcomeState): Promise<readonly Outcome[]>;
  counts(): Promise<readonly { direction: Direction; state: OutcomeState; count: number }[]>;
  /** As the inbox does. */
  forget(before: Millis): Promise<number>;
}

/** Log events that were taken already. */
export interface Seen {
  /** False: seen before. */
  add(portal: PortalId, key: string, at: Millis): Promise<boolean>;
  has(portal: PortalId, key: string): Promise<boolean>;
  /** As the inbox does. */
  forget(before: Millis): Promise<number>;
}

export interface Cursors {
  of(source: SourceId): Promise<Readonly<Record<string, string>>>;
  set(source: SourceId, name: string, value: string | null): Promise<void>;
}

export interface KeyValues {
  get(scope: string, key: string): Promise<Json | undefined>;
  set(scope: string, key: string, value: Json | null, secret: boolean): Promise<void>;
  forgetScope(scope: string): Promise<void>;
}

export interface Leases {
  /** Takes or renews it; false: somebody else has it. */
  take(name: string, owner: string, until: Millis, now: Millis): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}
