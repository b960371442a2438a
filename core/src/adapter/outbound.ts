import type { Content, MediaRef, MediaStream } from "./content.ts";
import type { ChatRef, Json, MessageId, Millis, PartId, UserId } from "./ids.ts";
import type { Ban, ChatInfo, LogEvent, Member, StateEvent, UserInfo } from "./inbound.ts";

/** `self`: the login's own account. `relay`: somebody without a login, speaking through this one. */
export type Speaker =
  | { readonly as: "self" }
  | {
      readonly as: "relay";
      readonly handle: string;
      readonly name: string;
      readonly avatarUrl?: string;
    };

export interface Outgoing {
  readonly chat: ChatRef;
  readonly speaker: Speaker;
  readonly content: Content;
  readonly at: Millis;
  /**
   * The name that stands in the content already: before every line where lines are messages of their
   * own, else before its first line. Whatever is split off must begin with it again, and a quote must be
   * drawn as one on each of its lines: so no line break forges a speaker.
   */
  readonly lead?: string;
}

/** One call on the network = one draft = one line in the store: plain, final, within the limits. */
export interface Draft {
  readonly part: PartId;
  readonly body: Json;
  readonly media?: readonly MediaRef[];
  /** For `find` and for the log. */
  readonly plain: string;
}

/**
 * What the network made of a draft. `aliases`: further ids it is known by (an album's items). `thread`:
 * the message stands in that thread of the chat, by the message that it began with; `null`: in none, so
 * the chat's own history lists it. Absent: in both, or that cannot be told.
 */
export interface Sent {
  readonly id: MessageId;
  readonly at?: Millis;
  readonly meta?: Json;
  readonly aliases?: readonly MessageId[];
  readonly thread?: MessageId | null;
}

/**
 * `sent`: the network has it. `pending`: it was written, and an inbound event with
 * `confirms: attempt.key` will settle it within `within`.
 */
export type SendResult =
  | { readonly state: "sent"; readonly sent: Sent }
  | { readonly state: "pending"; readonly within: Millis };

export interface Attempt {
  /** Stable over retries: 25 url-safe characters. */
  readonly key: string;
  /** 1 for the first. */
  readonly number: number;
  readonly firstAt: Millis;
  readonly notes: Json | null;
  /** Durable before it resolves: ids learned on the way, so that a retry or `find` can use them. */
  note(data: Json): Promise<void>;
  readonly signal: AbortSignal;
}

export type Found =
  | { readonly state: "sent"; readonly sent: Sent }
  | { readonly state: "absent" }
  | { readonly state: "unknown" };

/** Which side effect, for whom: what `send`, `find` and `edit` are told. */
export interface Order {
  readonly chat: ChatRef;
  readonly draft: Draft;
  readonly speaker: Speaker;
}

/**
 * What one login can do. Three methods are required; every other is optional and its presence is the
 * most the network can do. What a chat can do now is `ChatInfo.features`. Every promise rejects with
 * a `BridgeError`, or with anything else, which counts as `internal` with `reached: "unknown"`.
 */
export interface Connection {
  /** One side effect with its own key and its own committed result. */
  send(order: Order, attempt: Attempt): Promise<SendResult>;
  describe(chat: ChatRef, signal: AbortSignal): Promise<ChatInfo>;
  close(): Promise<void>;
  /** The account is let go of for good: its session ends on the network too. Over already is a success. `close` follows. */
  signOut?(signal: AbortSignal): Promise<void>;

  /** Pure and synchronous: splitting, albums, captions. Absent: one draft per part, body = the part. */
  plan?(message: Outgoing): readonly Draft[];
  /**
   * Asks the network whether the login is still good, and changes nothing. Asked now and then, so that a
   * token that was revoked is found out though nobody speaks. Absent: the connection itself says so at once.
   * @throws BridgeError `auth` or `banned` where it is not; whatever else says nothing about the login.
   */
  probe?(signal: AbortSignal): Promise<void>;
  /** Did that attempt reach the network? Absent = nobody can know: it is never repeated on its own. */
  find?(order: Order, attempt: Attempt): Promise<Found>;
  edit?(id: MessageId, order: Order, attempt: Attempt): Promise<SendResult>;
  /** Already gone is a success. */
  remove?(chat: ChatRef, id: MessageId, by: Speaker, signal: AbortSignal): Promise<void>;
  /**
   * A state: told again, it is the same. Where it is not, a call after one whose end is `unknown` rejects
   * with `doubtful`, and it is not told again.
   */
  react?(
    chat: ChatRef,
    reaction: {
      readonly id: MessageId;
      readonly emoji: string;
      readonly custom?: MediaRef;
      readonly on: boolean;
    },
    by: Speaker,
    signal: AbortSignal,
  ): Promise<void>;
  /** The bytes of a remote file, as they are read; the stream ends with the signal. */
  open?(media: MediaRef, signal: AbortSignal): Promise<MediaStream>;
  history?(query: HistoryQuery, signal: AbortSignal): Promise<HistoryPage>;
  user?(id: UserId, signal: AbortSignal): Promise<UserInfo>;
  /** Who is in the chat, in pages. Rejects where only a part is told: what was given before counts. */
  members?(chat: ChatRef, signal: AbortSignal): AsyncIterable<readonly Member[]>;
  /** Take part in that chat from now on. Already there is a success. */
  join?(chat: ChatRef, signal: AbortSignal, key?: string): Promise<void>;
  leave?(chat: ChatRef, reason: string | undefined, signal: AbortSignal): Promise<void>;
  /** Fire and forget. */
  typing?(chat: ChatRef, what: "text" | "none"): void;
  markRead?(chat: ChatRef, upTo: MessageId, signal: AbortSignal): Promise<void>;
  presence?(state: "online" | "away" | "offline", text?: string): void;
  setInfo?(
    chat: ChatRef,
    change: { readonly name?: string; readonly topic?: string; readonly avatar?: MediaRef | null },
    signal: AbortSignal,
  ): Promise<void>;
  /** A mask that so stands already, or does not any more, is a success. One that fits everybody is refused. */
  setBan?(chat: ChatRef, ban: Ban, signal: AbortSignal): Promise<void>;
  /** The masks that stand there now, all of them `on`; lists that this account may not see are left out. */
  bans?(chat: ChatRef, signal: AbortSignal): Promise<readonly Ban[]>;
  setMember?(chat: ChatRef, change: Member, signal: AbortSignal): Promise<void>;
  vote?(
    chat: ChatRef,
    vote: { readonly id: MessageId; readonly options: readonly string[] },
    signal: AbortSignal,
  ): Promise<void>;
  closePoll?(chat: ChatRef, id: MessageId, signal: AbortSignal): Promise<void>;
  pin?(
    chat: ChatRef,
    pin: { readonly id: MessageId; readonly on: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /** What only this account sees of a chat. */
  own?(
    chat: ChatRef,
    change: {
      readonly muted?: Millis | "ever" | null;
      readonly unread?: boolean;
      readonly tag?: string;
      /** One that it has from now on, or has no more. */
      readonly tagged?: { readonly tag: "favourite" | "low" | "archive"; readonly on: boolean };
    },
    signal: AbortSignal,
  ): Promise<void>;
  /** A handle, a number, a channel name as a person types it. `undefined`: there is no such thing. */
  resolve?(identifier: string, signal: AbortSignal): Promise<Resolved | undefined>;
  search?(text: string, signal: AbortSignal): Promise<readonly Resolved[]>;
  startChat?(user: UserId, signal: AbortSignal): Promise<ChatRef>;
  /** Who cannot be in it is told with it: what was made is there without them. */
  createGroup?(
    group: {
      readonly name?: string;
      readonly members: readonly UserId[];
      readonly kind: ChatInfo["kind"];
    },
    attempt: Attempt,
  ): Promise<MadeChat>;
  /** Most recent first. */
  chats?(signal: AbortSignal): AsyncIterable<readonly ListedChat[]>;
}

/** A chat that was made; absent `missing`: everybody is in it, or invited. */
export interface MadeChat extends ChatRef {
  readonly missing?: readonly {
    readonly user: UserId;
    /** A sentence, as of an error: why they are not in it, and what to do. */
    readonly why: string;
  }[];
}

export interface Resolved {
  readonly name: string;
  /** Of an open chat that `search` found: how many are in it, and what it is about. */
  readonly members?: number;
  readonly topic?: string;
  readonly user?: UserId;
  readonly chat?: ChatRef;
  readonly info?: UserInfo;
  /** With what was typed one may come into the chat by the network's own rules, such as the right key. */
  readonly admits?: true;
}

export interface ListedChat {
  readonly ref: ChatRef;
  readonly info: ChatInfo;
  readonly lastAt?: Millis;
  /** How this account sees it, where the list tells. */
  readonly own?: OwnChat;
}

/** What only one account sees of a chat. Absent: not known. `tags`: all that it has. */
export interface OwnChat {
  readonly muted?: Millis | "ever" | null;
  readonly unread?: boolean;
  readonly tags?: readonly ("favourite" | "low" | "archive")[];
}

/**
 * `from` itself is not wanted; without it the newest are, or going on from the oldest. `thread`: only what
 * stands in that thread, with the message that it began with; else what stands in the chat itself.
 */
export interface HistoryQuery {
  readonly chat: ChatRef;
  readonly thread?: MessageId;
  readonly direction: "older" | "newer";
  readonly from?: MessageId;
  readonly page?: string;
  readonly limit: number;
}

/**
 * Messages oldest first, edits applied, with their reactions. `page` continues in the same
 * direction; absent = the end is reached. `unlisted: "deleted"` promises that an id inside the span
 * and not in it is deleted, so that catch-up can redact. `listed` are messages that are there too and
 * not among the events, such as our own. `ours`: the promise is kept for what was sent through us as
 * well, at the moments that `Sent.at` and echoes told; where threads are inline, only for that of which
 * `Sent.thread` or an echo told that it stands in none.
 */
export interface HistoryPage {
  readonly events: readonly LogEvent[];
  readonly states: readonly StateEvent[];
  readonly page?: string;
  readonly unlisted: "deleted" | "unknown";
  readonly listed?: readonly { readonly id: MessageId; readonly at: Millis }[];
  readonly ours?: boolean;
}
