/** The places where people talk; those after the first are also the networks' ids in the box's config. */
export const sideIds = ["matrix", "irc", "telegram", "slack", "discord"] as const;
export type SideId = (typeof sideIds)[number];
export type NetworkSide = Exclude<SideId, "matrix">;
export const roomIds = ["lobby", "help", "bob"] as const;
export type RoomId = (typeof roomIds)[number];

/** What a person can do with words, or with a message that is there. */
export const deedKinds = ["say", "reply", "thread", "react", "edit", "delete", "picture"] as const;
export type DeedKind = (typeof deedKinds)[number];

/** A piece of a text as its side shows it. */
export interface Span {
  readonly text: string;
  /** Where it leads. */
  readonly link?: string;
  readonly small?: boolean;
}

/** Something that a side's own server has: seen there, not told by the box. */
export interface Heard {
  readonly side: SideId;
  readonly room: RoomId;
  /** The event id on Matrix; a number of ours where the network has none. */
  readonly id: string;
  readonly from: string;
  readonly text: string;
  /** What its own clients make of the text, where that is something else. */
  readonly spans?: readonly Span[];
  /** `said`: by a person of the sandbox. `bridged`: by the box. `notice`: the box about something. */
  readonly how: "said" | "bridged" | "notice";
  readonly at: number;
  /** The text of the message that it answers. */
  readonly answers?: string;
  /** It is in a thread. */
  readonly thread?: boolean;
  readonly edited?: boolean;
  readonly gone?: boolean;
  readonly reactions?: readonly { readonly emoji: string; readonly count: number }[];
  /** A picture, as its side names it. */
  readonly picture?: string;
}

/** The words for messages. */
export type FateState = "queued" | "sent" | "retrying" | "failed" | "unsure";

/** What became of one message on one other side. */
export interface Fate {
  readonly to: SideId;
  readonly state: FateState;
  readonly sentence: string | null;
  /** When the next attempt is due. */
  readonly until: number | null;
}

/** The words for connections. */
export type LinkState = "connected" | "reconnecting" | "needs-you" | "off";

export interface Link {
  readonly state: LinkState;
  readonly since: number;
  readonly why: string | null;
}

/** A line as the page shows it. */
export interface Line extends Heard {
  /** Rises by one with every line of the sandbox. */
  readonly number: number;
}

export interface Counts {
  readonly in: number;
  readonly out: number;
  readonly lost: number;
  readonly doubled: number;
  readonly underway: number;
  /** The box said of them that they failed, or that nobody can know. */
  readonly told: number;
  /** Said where the box could not hear it. */
  readonly unheard: number;
}

/** How far "Send 300 lines" is. */
export interface Run {
  readonly of: number;
  readonly said: number;
  readonly arrived: number;
  readonly going: boolean;
}

export interface RoomView {
  readonly id: RoomId;
  readonly name: string;
  readonly sides: readonly {
    readonly id: SideId;
    /** The room as that side calls it. */
    readonly label: string;
    readonly speakers: readonly string[];
    readonly can: readonly DeedKind[];
  }[];
}

/** A button that breaks or mends something. */
export interface Break {
  readonly act: string;
  readonly name: string;
  readonly says: string;
}

/** Everything the page shows but the lines. */
export interface PageState {
  readonly homeserver: Link & { readonly queue: number };
  readonly box: Link & { readonly restarts: number; readonly log: readonly string[] };
  readonly networks: readonly (Link & {
    readonly id: SideId;
    readonly name: string;
    readonly queue: number;
    readonly breaks: readonly Break[];
  })[];
  readonly rooms: readonly RoomView[];
  readonly counts: Counts;
  readonly run: Run | null;
  readonly stopped: { readonly homeserver: boolean };
  /** What the homeserver has for the box and could not hand over yet. */
  readonly waitingAtHomeserver: number;
}

/** What goes to the page, many at a time. */
export type News =
  /** The page forgets what it had: everything follows. */
  | { readonly what: "hello" }
  | { readonly what: "line"; readonly line: Line }
  /** The line of that number is like this now. */
  | { readonly what: "changed"; readonly line: Line }
  | { readonly what: "fates"; readonly id: string; readonly fates: readonly Fate[] }
  | { readonly what: "happened"; readonly at: number; readonly text: string }
  | { readonly what: "state"; readonly state: PageState };

/** Something a person asked for and that could not be done: the sentence is for that person. */
export class Refusal extends Error {}
