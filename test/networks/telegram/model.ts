import { randomBytes } from "node:crypto";
import type { Attachment } from "./media/kinds.ts";
import type { StoredFile } from "./media/kinds.ts";
import type { Api } from "./tl.ts";
import { now } from "./tl.ts";

/** What an admin may be allowed to (core.telegram.org/constructor/chatAdminRights). */
export const allRights = [
  "changeInfo",
  "deleteMessages",
  "banUsers",
  "inviteUsers",
  "pinMessages",
  "addAdmins",
  "postMessages",
  "editMessages",
] as const;

export type Right = (typeof allRights)[number];

/** A person or a bot, with the box that holds its private chats and basic groups. */
export interface Account {
  readonly kind: "user";
  readonly id: number;
  readonly secret: bigint;
  readonly bot: boolean;
  readonly phone?: string;
  readonly username?: string;
  readonly token?: string;
  readonly password?: string;
  readonly premium: boolean;
  /** The data centre it lives in. */
  readonly dc: number | undefined;
  /** Its privacy lets nobody add it to groups. */
  readonly shy?: boolean;
  firstName: string;
  lastName?: string;
  photo?: StoredFile;
  seq: number;
  /** What a bot hears beside its box, counted in qts. */
  readonly secondary: Secondary[];
  readonly box: Box;
  readonly randomIds: Set<string>;
  /** Until when it is there, in seconds; 0 for not. */
  onlineUntil: number;
  /** How it sees chats, where that is not as they are at first. */
  readonly views: Map<Chat, ChatView>;
}

/** What only one account sees of a chat. */
export interface ChatView {
  /** Seconds; 0 for not. */
  readonly muteUntil: number;
  readonly unread: boolean;
  readonly pinned: boolean;
  readonly archived: boolean;
}

/** A basic group: no access hash, and every member has its own message ids for it. */
export interface Group {
  readonly kind: "group";
  readonly id: number;
  readonly date: number;
  readonly members: Set<Account>;
  readonly admins: Set<Account>;
  readonly posts: Set<Post>;
  readonly standing: Standing;
  title: string;
  about: string;
  photo?: StoredFile;
  /** Seconds after which every message is deleted by itself. */
  ttl?: number;
  reactions: Reactions;
  version: number;
  /** It is over: the supergroup that it became. */
  migratedTo?: Channel;
}

/** A supergroup, or a broadcast channel: one numbering and one pts for everybody. */
export interface Channel {
  readonly kind: "channel";
  readonly id: number;
  readonly secret: bigint;
  readonly date: number;
  readonly members: Set<Account>;
  readonly admins: Set<Account>;
  /** Removed by somebody else: the channel is closed to them. */
  readonly removed: Set<Account>;
  /** When each came in, in seconds; who is not in here was there when it began. */
  readonly joined: Map<Account, number>;
  /** Where new members may not see what was said before: the first message that each of them sees. */
  readonly visibleFrom: Map<Account, number> | undefined;
  readonly broadcast: boolean;
  /** Posts bear their author's name. */
  readonly signatures: boolean;
  /** Its topics, by the message that began each; nothing where it is no forum. */
  readonly topics: Map<number, Topic> | undefined;
  readonly username?: string;
  readonly box: Box;
  readonly standing: Standing;
  title: string;
  about: string;
  photo?: StoredFile;
  /** Seconds after which every message is deleted by itself. */
  ttl?: number;
  reactions: Reactions;
}

/** Who may do what in a group beside talking. */
export interface Standing {
  /** What members may not do (default banned rights). */
  readonly barred: ReadonlySet<Right>;
  /** The rights of those admins who do not have all. */
  readonly granted: Map<Account, ReadonlySet<Right>>;
  readonly promotedBy: Map<Account, Account>;
}

/** Which reactions a group takes: all that there are, some, or none. */
export type Reactions = "all" | readonly string[];

/** A topic of a forum. */
export interface Topic {
  readonly id: number;
  readonly date: number;
  readonly from: Account;
  title: string;
}

/** An update that counts in qts, as the difference replays it. */
export interface Secondary {
  readonly qts: number;
  readonly update: Api.TypeUpdate;
  readonly about: ReadonlySet<Chat>;
}

/** Whatever a message can be sent to. */
export type Chat = Account | Group | Channel;

/** One message of the network; `ids` has its number in every box that holds it. */
export interface Post {
  readonly from: Account;
  readonly to: Chat;
  readonly date: number;
  readonly replyTo?: Post;
  /** The words that were answered. */
  readonly quote?: string;
  /** The topic of a forum it is in; absent in the general one. */
  readonly topic?: number;
  readonly action?: Api.TypeMessageAction;
  readonly forward?: Forward;
  /** Messages of one album have the same. */
  readonly album?: bigint;
  /** Seconds after which it is deleted by itself. */
  readonly ttl?: number;
  /** The buttons below what a bot says. */
  readonly markup?: Api.ReplyInlineMarkup;
  readonly ids: Map<Box, number>;
  readonly reactions: Map<Account, readonly Reacted[]>;
  media?: Attachment;
  pinned: boolean;
  text: string;
  entities: readonly Api.TypeMessageEntity[];
  editDate?: number;
  deleted: boolean;
}

/** Where a forwarded message comes from; a name alone where its author hides. */
export interface Forward {
  readonly from: Account | Channel | string;
  readonly date: number;
}

/** One reaction of somebody. */
export interface Reacted {
  readonly reaction: Api.TypeReaction;
  readonly date: number;
}

/** What moved a box's pts, as the difference methods replay it. */
export type Change = {
  readonly pts: number;
  readonly count: number;
  readonly date: number;
} & Event;

/** The kinds of change that count in pts. */
export type Event =
  | { readonly kind: "new"; readonly post: Post }
  | { readonly kind: "edit"; readonly post: Post }
  | { readonly kind: "delete"; readonly ids: readonly number[] }
  | {
      readonly kind: "pin";
      readonly peer: Chat;
      readonly ids: readonly number[];
      readonly on: boolean;
    }
  | { readonly kind: "folder"; readonly peer: Chat; readonly archived: boolean }
  | { readonly kind: "read-inbox"; readonly peer: Chat; readonly maxId: number }
  | { readonly kind: "read-outbox"; readonly peer: Chat; readonly maxId: number };

/** A numbered message store with its pts: one per account, one per channel (core.telegram.org/api/updates). */
export interface Box {
  readonly channel?: Channel;
  readonly viewers: () => Iterable<Account>;
  readonly posts: Map<number, Post>;
  readonly threads: Map<Chat, Set<Post>>;
  readonly log: Change[];
  readonly read: Map<Chat, number>;
  pts: number;
  nextId: number;
}

/** What a test says about a new account. */
export interface AccountOptions {
  readonly phone?: string;
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly bot?: boolean;
  readonly token?: string;
  readonly password?: string;
  readonly premium?: boolean;
  readonly dc?: number;
  readonly shy?: boolean;
}

/** What a test says about a new group; the first member is its creator and always an admin. */
export interface ChatOptions {
  readonly username?: string;
  readonly broadcast?: boolean;
  readonly signatures?: boolean;
  readonly forum?: boolean;
  /** Whoever comes in later does not see what was said before. */
  readonly hiddenHistory?: boolean;
  readonly admins?: readonly Account[];
  /** What members may not do; in a supergroup, changing its facts and pinning, if not given. */
  readonly barred?: readonly Right[];
}

/** A new account with an empty box. */
export function createAccount(id: number, options: AccountOptions): Account {
  const { firstName = "User", bot = options.token !== undefined, ...rest } = options;
  const account: Account = {
    ...rest,
    dc: options.dc,
    premium: options.premium ?? false,
    secondary: [],
    kind: "user",
    id,
    firstName,
    bot,
    secret: randomBytes(8).readBigUInt64LE(),
    seq: 0,
    box: createBox(() => [account]),
    randomIds: new Set(),
    onlineUntil: 0,
    views: new Map(),
  };
  return account;
}

/** A new basic group. */
export function createGroup(
  id: number,
  title: string,
  people: {
    members: readonly Account[];
    admins: readonly Account[];
    barred: readonly Right[];
  },
): Group {
  const members = new Set(people.members);
  const admins = new Set([...people.members.slice(0, 1), ...people.admins]);
  const posts = new Set<Post>();
  const standing = standingOf(people.barred);
  const made = { date: now(), version: 1, about: "", standing, reactions: "all" } as const;
  return { kind: "group", id, title, members, admins, posts, ...made };
}

/** A new supergroup or broadcast channel. */
export function createChannel(
  id: number,
  title: string,
  { members, ...options }: ChatOptions & { members: readonly Account[] },
): Channel {
  const channel: Channel = {
    ...(options.username === undefined ? {} : { username: options.username }),
    kind: "channel",
    id,
    title,
    secret: randomBytes(8).readBigUInt64LE(),
    date: now(),
    members: new Set(members),
    admins: new Set([...members.slice(0, 1), ...(options.admins ?? [])]),
    removed: new Set(),
    joined: new Map(),
    visibleFrom: options.hiddenHistory ? new Map() : undefined,
    about: "",
    standing: standingOf(options.barred ?? ["changeInfo", "pinMessages"]),
    broadcast: options.broadcast ?? false,
    signatures: options.signatures ?? false,
    topics: options.forum ? new Map() : undefined,
    reactions: "all",
    box: {
      ...createBox(() => channel.members),
      get channel() {
        return channel;
      },
    },
  };
  return channel;
}

function standingOf(barred: readonly Right[]): Standing {
  return { barred: new Set(barred), granted: new Map(), promotedBy: new Map() };
}

function createBox(viewers: () => Iterable<Account>): Box {
  return {
    viewers,
    posts: new Map(),
    threads: new Map(),
    log: [],
    read: new Map(),
    pts: 1,
    nextId: 1,
  };
}

/** Who the creator is: the first admin. */
export function creatorOf(chat: Group | Channel): Account | undefined {
  return [...chat.admins][0];
}

/** The box in which `viewer` finds the messages of `chat`. */
export function boxFor(chat: Chat, viewer: Account): Box {
  return chat.kind === "channel" ? chat.box : viewer.box;
}

/** From where `viewer` sees this message: the other side of a private chat, or the group itself. */
export function threadOf(post: Post, viewer: Account): Chat {
  return post.to.kind === "user" && post.to === viewer ? post.from : post.to;
}

/** Where a change of this message has to go: each box that holds it, and the chat it has there. */
export function boxesOf(from: Account, to: Chat): Map<Box, Chat> {
  if (to.kind === "channel") return new Map([[to.box, to]]);
  if (to.kind === "group") return new Map([...to.members].map((member) => [member.box, to]));
  return new Map<Box, Chat>([
    [to.box, from],
    [from.box, to],
  ]);
}

/** Whether a member may see the message with that number, which was said before they came in. */
export function isVisible(box: Box, viewer: Account, id: number): boolean {
  return id >= (box.channel?.visibleFrom?.get(viewer) ?? 0);
}

/** Takes a message out of one box. */
export function dropFromBox(post: Post, box: Box): void {
  const id = post.ids.get(box);
  if (id === undefined) return;
  box.posts.delete(id);
  for (const thread of box.threads.values()) thread.delete(post);
}
