import type { Content, MediaRef, RichText } from "./content.ts";
import type { ChatRef, Json, LoginId, MessageId, Millis, PartId, SourceId, UserId } from "./ids.ts";
import type { ChatFeatures, Role } from "./features.ts";

/**
 * Everything a network can tell. Log events happen once and are deduplicated for ever by
 * (chat, key). State events assert what is true: idempotent, coalesced, the newest wins. Signals are
 * never stored and are dropped under load.
 */
export type RemoteEvent = LogEvent | StateEvent | Signal | AsideEvent;

interface Base {
  readonly chat: ChatRef;
  /** When it happened, by the network's clock. */
  readonly at: Millis;
  /** The network's own sequence: comparable as text, so left-padded. */
  readonly order?: string;
}

interface Log extends Base {
  /** Unique within the chat; the same for every login and every replay of the event. */
  readonly key: string;
  readonly sender: UserId;
  /**
   * The account that the network itself says `sender` is signed in to, in one spelling: for networks
   * whose UserIds are names that others can take. There, nobody is known for sure without it.
   */
  readonly account?: string;
}

/**
 * A person said something to the account of a login itself, where nobody but the two reads it. Told as
 * it happens, beside the message where there is one, and never of a bot. The core hears it of logins of
 * the box only. `chat` is where `Connection.send` answers them.
 */
export type AsideEvent = Log & {
  readonly kind: "aside";
  /** As the network shows them; with `account`, what that is called. */
  readonly name: string;
  readonly text: string;
};

/**
 * `confirms`: the `Attempt.key` of the send that this event is the echo of. `edited`: when its content
 * was last changed, `null` for never; for history of a network that tells.
 */
export type MessageEvent = Log & {
  readonly kind: "message";
  readonly id: MessageId;
  readonly content: Content;
  readonly profile?: PerMessageProfile;
  readonly confirms?: string;
  readonly edited?: Millis | null;
  /** Only these logins see it (an ephemeral message). */
  readonly only?: readonly LoginId[];
  readonly meta?: Json;
};

/** The whole new content; the engine compares parts. `version` is part of the event's identity. */
export type EditEvent = Log & {
  readonly kind: "edit";
  readonly id: MessageId;
  readonly content: Content;
  readonly version: string;
  readonly confirms?: string;
};

/** Some networks do not say who deleted: `sender` is absent then, and the message's own ghost acts. */
export type DeleteEvent = Omit<Log, "sender"> & {
  readonly kind: "delete";
  readonly sender?: UserId;
  readonly ids: readonly MessageId[];
  readonly parts?: readonly PartId[];
  readonly for: "all" | "me";
};

export type LogEvent =
  | MessageEvent
  | EditEvent
  | DeleteEvent
  | (Log & {
      readonly kind: "call";
      readonly state: "ringing" | "ended" | "missed";
      readonly link?: string;
    })
  /** A service message without another meaning. */
  | (Log & { readonly kind: "notice"; readonly text: RichText });

export type StateEvent =
  | (Base & {
      readonly kind: "reactions";
      readonly id: MessageId;
      readonly part?: PartId;
      readonly set: readonly Reaction[];
      /**
       * What is not in the set is not so: `all`, of everybody; `user`, of everybody named in it (who has
       * none left is named with one that is off); `delta`, of nobody.
       */
      readonly complete: "all" | "user" | "delta";
    })
  | (Base & {
      readonly kind: "votes";
      readonly id: MessageId;
      /** Absent: an anonymous poll, of which only `tally` is known. */
      readonly voter?: UserId;
      readonly options?: readonly string[];
      readonly tally?: Readonly<Record<string, number>>;
      readonly closed?: boolean;
    })
  | (Base & { readonly kind: "read"; readonly user: UserId; readonly upTo: MessageId })
  | (Base & { readonly kind: "delivered"; readonly user?: UserId; readonly upTo: MessageId })
  | (Base & { readonly kind: "unread"; readonly login: LoginId; readonly marked: boolean })
  | (Base & {
      readonly kind: "mute";
      readonly login: LoginId;
      readonly until: Millis | "ever" | null;
    })
  | (Base & {
      readonly kind: "tag";
      readonly login: LoginId;
      readonly tag: "favourite" | "low" | "archive";
      readonly on: boolean;
    })
  | MembersEvent
  | ChatEvent
  | (Base & {
      readonly kind: "location";
      readonly id: MessageId;
      readonly lat: number;
      readonly lon: number;
      readonly until: Millis;
    })
  | GoneEvent
  | (Base & {
      readonly kind: "pins";
      readonly set: readonly { readonly id: MessageId; readonly on: boolean }[];
      /** The whole list, so that what is not in it is not pinned. */
      readonly complete: boolean;
    })
  /** Where masks stand is asked by `Connection.bans` when somebody wants to know: no room shows it. */
  | (Base & { readonly kind: "bans"; readonly set: readonly Ban[]; readonly complete: boolean })
  | {
      readonly kind: "user";
      readonly user: UserId;
      readonly info: UserInfo;
      readonly at: Millis;
      /** Set: only this login may see it (a contact's private name, a phone number). */
      readonly login?: LoginId;
    }
  | UserRenamedEvent
  | GapEvent;

/** `complete`: the whole roster, so whoever is not in it has left; else a change. */
export type MembersEvent = Base & {
  readonly kind: "members";
  readonly list: readonly Member[];
  readonly complete: boolean;
};

/** `renamedFrom`: the chat goes on under another id (supergroup migration, channel rename). */
export type ChatEvent = Base & {
  readonly kind: "chat";
  readonly info: Partial<ChatInfo>;
  readonly renamedFrom?: ChatRef;
};

/** The chat is over: for `login`, or for everybody where it is absent. */
export type GoneEvent = Base & {
  readonly kind: "gone";
  readonly why: "deleted" | "left" | "kicked" | "forbidden";
  readonly login?: LoginId;
  readonly reason?: string;
};

/** The name is the identity: two ghosts and one swap in every chat that `from` was in. */
export type UserRenamedEvent = {
  readonly kind: "userRenamed";
  readonly from: UserId;
  readonly to: UserId;
  readonly at: Millis;
};

/**
 * History between `from`/`since` and `to`/`at` was not seen; `healable`: the network still has it, and
 * the core reads it by `Connection.history`, from `from` on or else back to `since`, page by page. It
 * stands among the events where it was missed. Without either, or where it cannot be had, it is marked.
 * `only: "changes"`: no message is missing; what was said before `to`/`at` may have been edited or
 * deleted unseen. One page of the history, the last one before `to` or else the newest, is compared with
 * what is shown; nothing is ever marked.
 */
export type GapEvent = Base & {
  readonly kind: "gap";
  readonly from?: MessageId;
  readonly to?: MessageId;
  readonly since?: Millis;
  readonly healable: boolean;
  readonly only?: "changes";
};

export type Signal =
  | (Base & {
      readonly kind: "typing";
      readonly user: UserId;
      readonly what: "text" | "media" | "none";
      readonly ttl: Millis;
    })
  | {
      readonly kind: "presence";
      readonly user: UserId;
      readonly state: "online" | "away" | "offline";
      readonly text?: string;
      readonly at: Millis;
    };

export interface Reaction {
  readonly user: UserId;
  readonly emoji: string;
  readonly custom?: MediaRef;
  readonly on: boolean;
  readonly at?: Millis;
}

export interface Member {
  readonly user: UserId;
  readonly state: "join" | "invite" | "leave" | "ban";
  readonly role?: Role;
  readonly by?: UserId;
  readonly reason?: string;
  /** When a ban or a mute ends by itself. */
  readonly until?: Millis;
  /** Of a change that is to be made, with `leave`: a ban is lifted, and nobody is taken out or asked in. */
  readonly lifted?: true;
}

/** A ban of whoever fits a mask, not of a person. */
export interface Ban {
  readonly mask: string;
  /**
   * Another list than that of the bans: who may be there and not speak; whom no ban meets; who comes in
   * without an invitation.
   */
  readonly kind?: "quiet" | "exception" | "invitation";
  readonly on: boolean;
  readonly by?: UserId;
  readonly reason?: string;
  readonly at?: Millis;
}

export interface PerMessageProfile {
  readonly name: string;
  readonly avatar?: MediaRef;
}

export interface UserInfo {
  readonly name: string;
  readonly avatar?: MediaRef | null;
  readonly bot?: boolean;
  /** URIs: `tel:+15550001`, `acme:alice`. */
  readonly identifiers?: readonly string[];
}

export interface ChatInfo {
  readonly kind: "dm" | "group" | "channel" | "broadcast" | "space" | "thread" | "topic";
  readonly name?: string;
  readonly topic?: string;
  readonly avatar?: MediaRef | null;
  readonly parent?: ChatRef;
  readonly root?: MessageId;
  /** The other person of a `dm`. */
  readonly peer?: UserId;
  /** `secret` rooms are never published in a directory. */
  readonly visibility: "public" | "secret";
  /**
   * How somebody comes in. Where it is anything but `open`, an account of the box that is inside opens the
   * chat to nobody by itself. Absent: whoever knows the chat may come.
   */
  readonly entry?: "open" | "invite" | "key" | "ask";
  /** The least role that may do it; absent: everybody (moderated chats, admin rights). */
  readonly powers?: Partial<Record<"say" | "media" | "topic" | "invite" | "kick" | "pin", Role>>;
  /** Nobody can say anything any more (an archived channel). */
  readonly readOnly?: boolean;
  /** What becomes of every message sent there. */
  readonly expires?: Content["expires"];
  readonly features: ChatFeatures;
  /** Of accounts of the box, the role that the login which tells has itself is its person's. */
  readonly members?: readonly Member[];
  readonly membersComplete?: boolean;
}

export interface Batch {
  readonly events: readonly RemoteEvent[];
  /** The logins that saw these events on this source. */
  readonly seenBy: readonly LoginId[];
  /**
   * Missed and read again: in the order of the stream like all else, but it does not take the place of
   * live chat at the homeserver. What is to be read beside a live stream is a `GapEvent`, which the core
   * heals in its place.
   */
  readonly catchUp?: boolean;
  /** Named positions of this source; `null` forgets one. */
  readonly cursor?: Readonly<Record<string, string | null>>;
}

/** The inlet of one ordered stream. */
export interface Source {
  readonly id: SourceId;
  /** The last committed position of that name. */
  cursor(name: string): string | undefined;
  /**
   * Resolves when events and cursor are in one commit; only then may the adapter acknowledge.
   * Back-pressure is this promise. Rejects only when the source must be dropped (quota, disk full, the
   * box stops): the adapter closes the source and will catch up by cursor. A chat of which
   * `Connection.describe` does not tell the name never makes it reject: its events are taken, and wait
   * for the name by themselves.
   */
  accept(batch: Batch): Promise<void>;
}
