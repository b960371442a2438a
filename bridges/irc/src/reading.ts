import type { ChatFeatures, ChatRef, LoginId, RemoteEvent, UserId } from "@bridgebox/core/adapter";
import type { Names } from "./ids.ts";
import type { ModeRules } from "./modes.ts";
import type { Channel, Roster } from "./roster.ts";

/** What the lines of one connection are read with. */
export interface Reading {
  readonly login: LoginId;
  /** Queries are reported for a person, not for the relay client. */
  readonly queries: boolean;
  readonly names: Names;
  readonly roster: Roster;
  readonly rules: ModeRules;
  /** What this client is called now. */
  nick(): string;
  /** Whose client is called that: the login's own id for ours, whatever their nick is now. */
  readonly userOf: (nick: string) => UserId;
  readonly isOurs: (nick: string) => boolean;
  /** Not ours, though it is the name of one of ours, which is called otherwise now. */
  readonly isTaken: (nick: string) => boolean;
  /** A client of our own said it. */
  readonly saidByUs: (nick: string, mask: string) => boolean;
  /** A rename concerns no chat: of several clients that see it, only one tells. */
  readonly tells: (user: UserId) => boolean;
  /** A key that no other line of any connection has. */
  nextKey(): string;
  readonly emit: (event: RemoteEvent) => void;
  /** What that channel can do now. */
  readonly features: (channel: Channel) => ChatFeatures;
  /** A message of ours came back: what is after it was not seen yet. */
  own(chat: ChatRef, at: number, msgid: string): void;
  /** Whether the server was asked to say at each line whose it is: nobody else can then. */
  vouches(): boolean;
  /** The account of somebody who speaks, as the server vouches for it. */
  account(nick: string, account: string, at: number): void;
  entered(channel: Channel, at: number): void;
  /** The server says what key opens the channel, or that it has none. */
  key(channel: Channel, key: string | undefined): void;
  left(channel: Channel, at: number): void;
  kicked(channel: Channel, by: string, reason: string): void;
  /** Somebody wrote to a client that carries no queries. */
  aside(nick: string): void;
  ctcp(nick: string, verb: string, text: string): void;
}
