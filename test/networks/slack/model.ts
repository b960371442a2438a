/** JSON as it goes over the wire. */
export type Wire =
  | null
  | boolean
  | number
  | string
  | readonly Wire[]
  | { readonly [key: string]: Wire | undefined };
export type WireObject = { readonly [key: string]: Wire | undefined };

/** Somebody in the workspace. */
export interface User {
  readonly id: string;
  name: string;
  realName: string;
  displayName: string;
  image: string;
  /** Set for bots: their messages name it. */
  readonly botId: string | undefined;
  presence: "active" | "away";
  /** What they say of themselves. */
  status?: { readonly text: string; readonly emoji: string; readonly until: number };
  deleted: boolean;
  /** What they are in the workspace. */
  rank: "member" | "admin" | "owner";
}

export type ChannelKind = "public" | "private" | "mpim" | "im";

/** A message as the network keeps it. */
export interface Post {
  readonly ts: string;
  /** Absent in what an integration says under another name. */
  readonly user: User | undefined;
  text: string;
  subtype: string | undefined;
  blocks: readonly Wire[] | undefined;
  attachments: readonly Wire[] | undefined;
  readonly threadTs: string | undefined;
  readonly botId: string | undefined;
  readonly appId: string | undefined;
  readonly username: string | undefined;
  readonly icon: string | undefined;
  /** Of the line that tells a new one. */
  readonly topic: string | undefined;
  readonly purpose?: string;
  /** Of the line that stands for a huddle. */
  room?: Huddle;
  readonly clientMsgId: string | undefined;
  readonly metadata: Wire | undefined;
  files: readonly Upload[];
  edited: { readonly user: string; readonly ts: string } | undefined;
  reactions: { readonly name: string; readonly users: User[] }[];
}

/** What Slack tells of a huddle (the `room` of a message, docs.slack.dev/reference/objects/conversation-object). */
export interface Huddle {
  readonly id: string;
  readonly by: User;
  readonly start: number;
  /** Seconds; 0 while it goes on. */
  end: number;
  missed: boolean;
}

export interface Channel {
  readonly id: string;
  kind: ChannelKind;
  name: string;
  topic: string;
  purpose: string;
  archived: boolean;
  readonly creator: User | undefined;
  readonly created: number;
  updated: number;
  readonly members: Set<User>;
  readonly posts: Post[];
  readonly pins: Set<string>;
  /** The newest message that each has read. */
  readonly read: Map<User, string>;
}

/** A file, from the moment somebody asked where to put it. */
export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  title: string;
  mime: string;
  readonly owner: User;
  bytes: Uint8Array | undefined;
  /** Of what was uploaded: SHA-256, in hexadecimal. What is too large to be held has no bytes. */
  hash: string | undefined;
  /** The bytes of what is to be downloaded and too large to be held, made as they are read. */
  readonly pieces?: () => Iterable<Uint8Array>;
  width: number | undefined;
  height: number | undefined;
  /** A clip that was recorded in Slack: milliseconds, and how loud it is. */
  readonly clip?: { readonly duration: number; readonly waves: readonly number[] };
  /** Elsewhere than on this server, as hostile or foreign files are. */
  url: string | undefined;
  /** Whoever asks for its bytes is sent there. */
  readonly redirect?: string;
  deleted: boolean;
  readonly shares: { readonly channel: string; readonly ts: string }[];
}

/** `bot` and `user` belong to an app, `session` to a browser, `app` opens sockets. */
export type TokenKind = "bot" | "user" | "session" | "app";

export interface Token {
  readonly text: string;
  readonly kind: TokenKind;
  readonly app: App | undefined;
  readonly user: User | undefined;
  readonly scopes: Set<string>;
  readonly cookie: string | undefined;
  revoked: boolean;
}

export interface App {
  readonly id: string;
  readonly signingSecret: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly appToken: string;
  /** Where signed events go, if not to a socket. */
  eventsUrl: string | undefined;
}

/** What a method answers instead of a result. */
export class SlackError extends Error {
  readonly more: WireObject;

  constructor(code: string, more: WireObject = {}) {
    super(code);
    this.more = more;
  }
}

export const isWireObject = (value: unknown): value is WireObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is a text, a number or a truth value, as text; nothing of anything else. */
export const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
