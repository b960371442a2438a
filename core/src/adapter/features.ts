import type { Block, Inline, PartKind } from "./content.ts";
import type { Millis } from "./ids.ts";

/** What a login may be able to do: the names of the optional methods of `Connection`, all of them. */
export type Ability =
  | "plan"
  | "find"
  | "edit"
  | "remove"
  | "react"
  | "open"
  | "history"
  | "user"
  | "members"
  | "join"
  | "leave"
  | "typing"
  | "markRead"
  | "presence"
  | "setInfo"
  | "setBan"
  | "bans"
  | "setMember"
  | "vote"
  | "closePoll"
  | "pin"
  | "own"
  | "resolve"
  | "search"
  | "startChat"
  | "createGroup"
  | "chats"
  | "probe";

/** What of a text a network may have of its own. */
export type TextMark = Exclude<
  Inline["t"] | Block["t"],
  "text" | "group" | "time" | "break" | "para"
>;

export type Role = "owner" | "admin" | "moderator" | "helper" | "voice" | "member" | "muted";

/** What this chat can do now. Stored as JSON with the portal; `version` changes when anything does. */
export interface ChatFeatures {
  readonly version: string;
  readonly text: {
    readonly max: number;
    readonly unit: "utf16" | "codepoint" | "byte";
    /** `single`: every line becomes a message of its own, so a relay prefix stands before each. */
    readonly lines: "single" | "many";
    /** What the network has itself; everything else is shown in the nearest form that it has. */
    readonly marks?: readonly TextMark[];
  };
  /** How somebody without a login is shown: by the network itself, or by a prefix in the text. */
  readonly relay: { readonly text: "native" | "prefix"; readonly media: "native" | "prefix" };
  /** What of it works in this chat. */
  readonly can: readonly Ability[];
  /** Kinds other than text that may be sent; a kind that is absent goes out as text or not at all. */
  readonly parts: readonly PartKind[];
  /**
   * Bytes, and characters of caption, by kind of media (`image`, `voice`, …). Where `parts` has
   * `media`, a kind that is absent here goes as the nearest one that is not: a voice message as audio
   * or file.
   */
  readonly media: Readonly<Record<string, { readonly max: number; readonly caption: number }>>;
  readonly editFor?: Millis;
  readonly deleteFor?: Millis;
  readonly reactions?: {
    readonly allowed?: readonly string[];
    readonly perUser: number;
    readonly custom: boolean;
  };
  /**
   * The roles that `setMember` can give to whoever is in the chat, with state `join`; absent: none, and
   * `setMember` rejects a `Member` with a role as `unsupported`.
   */
  readonly roles?: readonly Role[];
  /** Between two messages of one person. */
  readonly slowMode?: Millis;
  readonly thread: "none" | "inline" | "chat";
  /** A message that waited longer than this fails visibly instead of arriving late. */
  readonly maxAge?: Millis;
}
