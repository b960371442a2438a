import type { MatrixUser } from "../sandbox/client.ts";
import type { Talk } from "../journeys/kit.ts";

/** A network to pass through, with Bob on it, whose clients are not the box's. */
export interface Network {
  /** Its kind, and its key in the config. */
  readonly id: string;
  /** What `init` is told of it, beside what it asks nobody. */
  readonly settings: Readonly<Record<string, string>>;
  /** Who is there and where they talk; the box runs. */
  enter(domain: string): Promise<Scene>;
  /** It is not there any more, for anybody. */
  lose(): Promise<void>;
  /** It is there again, and so is Bob; the box has not seen it yet. */
  regain(): Promise<void>;
  /** Resolves when the box is in it again, where Bob has to wait for that before he speaks. */
  readonly settled?: () => Promise<unknown>;
  close(): Promise<void>;
  /** What was said to it against its rules. */
  wrong(): readonly unknown[];
}

/** What there is to see of one message on the network. */
export interface Seen {
  /** By the account that Ana logs in with. */
  readonly isHers: boolean;
  /** The words of the message that it answers. */
  readonly answers?: string | undefined;
  /** The words of the message whose thread it is in. */
  readonly thread?: string | undefined;
  /** What others than Bob react with. */
  readonly reactions: readonly string[];
}

/** Bob and Ana in one chat. Messages go by their words, which are all different. */
export interface Scene {
  /** What she tells the bot to be logged in; resolves when the bot says that she is. */
  logIn(ana: MatrixUser, talk: Talk): Promise<void>;
  /** Who Bob is in Matrix. */
  readonly ghost: RegExp;
  /** How she comes into the room of the chat, where it is not by an invitation once somebody speaks. */
  join?(ana: MatrixUser): Promise<string>;
  /** She says it with another client of the network. Absent: she has none there but the box. */
  readonly own?: (text: string) => unknown;
  readonly bob: Bob;
  /** The message with these words as it stands there now. */
  see(text: string): Seen | undefined;
  /** How what Ana does is seen there. Absent: as what it is. */
  readonly fallback?: Partial<Fallback>;
  /** The network sees nothing of her login any more. */
  left(): boolean;
  /** How an account of the box says what she says when she has logged out. Absent: nobody does. */
  relayed?(text: string): string;
}

/** What Bob can do. */
export interface Bob {
  say(text: string): unknown;
  readonly edit?: (text: string, now: string) => unknown;
  readonly react?: (text: string, on: boolean) => unknown;
  readonly reply?: (to: string, text: string) => unknown;
  readonly thread?: (root: string, text: string) => unknown;
  readonly remove?: (text: string) => unknown;
}

/** The words that people of a network see where it has no such thing; nothing where they see nothing. */
export interface Fallback {
  edit(now: string): string;
  react(emoji: string, about: string): string;
  reply(text: string, to: string): string;
  /** `reply`: it answers the message with which the thread begins. */
  thread: "reply" | ((text: string, root: string) => string);
  /** What the room is told instead. */
  remove: RegExp;
}

/** With what everybody reacts. */
export const thumb = "👍";
