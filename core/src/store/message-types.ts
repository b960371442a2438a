import type { Json, LoginId, MessageId, Millis, PartId, UserId } from "../adapter/index.ts";
import type { PortalId } from "./numbers.ts";

export interface MessageRow {
  readonly portal: PortalId;
  readonly remote: MessageId;
  readonly part: PartId;
  readonly event: string;
  readonly room: string;
  /** The MXID that sent the event. */
  readonly sender: string;
  /** The remote author; absent where the event came from Matrix. */
  readonly author: UserId | undefined;
  readonly from: "matrix" | "remote";
  readonly at: Millis;
  /** The login it was sent through, where it came from Matrix. */
  readonly login: LoginId | undefined;
  /** A hash of the content last bridged, to tell a true edit from a repetition. */
  readonly content: string | undefined;
  /**
   * The message that the thread it stands in began with. `null`: in none, as the network told of what was
   * sent through us; absent: in none that is known.
   */
  readonly thread?: MessageId | null | undefined;
}

/** Which remote message is which event. */
export interface Messages {
  add(row: MessageRow): Promise<void>;
  /** All parts, in order. */
  byRemote(portal: PortalId, remote: MessageId): Promise<readonly MessageRow[]>;
  /** All pieces of one event in that portal, in order. */
  byEvent(portal: PortalId, event: string): Promise<readonly MessageRow[]>;
  /** In whatever portal. */
  anyByEvent(event: string): Promise<readonly MessageRow[]>;
  remove(portal: PortalId, remote: MessageId, part: PartId): Promise<void>;
  setContent(portal: PortalId, remote: MessageId, part: PartId, content: string): Promise<void>;
  /** Those said after the one moment and before the other, in order of time. */
  between(
    portal: PortalId,
    span: { readonly after: Millis; readonly before: Millis },
  ): Promise<readonly MessageRow[]>;
  last(portal: PortalId): Promise<MessageRow | undefined>;
  /** The newest in the thread that began with that message. */
  lastInThread(portal: PortalId, root: MessageId): Promise<MessageRow | undefined>;
}

/**
 * Something that is true of a message beside its content, and the event that shows it. The network
 * asserts it, or a Matrix user did it and the network was told.
 */
export interface Assertion {
  /** Given by the store: a later one at the same place has another. */
  readonly seq: number;
  readonly portal: PortalId;
  readonly message: MessageId;
  readonly part: PartId;
  readonly kind: "reaction" | "vote" | "tally" | "closed" | "place" | "pin";
  /** Whose; `""`: nobody's in particular. */
  readonly user: UserId | "";
  /** The emoji of a reaction; else `""`. */
  readonly name: string;
  /** The Matrix user who did it; absent: the network says so. */
  readonly by: string | undefined;
  /** `null`: it is not so any more. */
  readonly value: Json | null;
  readonly event: string | undefined;
  readonly room: string | undefined;
  /** The homeserver may not show this yet. */
  readonly dirty: boolean;
  readonly at: Millis;
}

export interface Assertions {
  /** One per message, part, kind, user, name and `by`: a second one changes the first. */
  put(row: Omit<Assertion, "seq">): Promise<void>;
  /** All about one message, in the order of adding. */
  of(portal: PortalId, message: MessageId): Promise<readonly Assertion[]>;
  byEvent(portal: PortalId, event: string): Promise<readonly Assertion[]>;
  /** All of one kind, of whatever message; for kinds of which a chat has few. */
  ofKind(portal: PortalId, kind: Assertion["kind"]): Promise<readonly Assertion[]>;
  remove(seq: number): Promise<void>;
  /** The message is gone. */
  forget(portal: PortalId, message: MessageId): Promise<void>;
}
