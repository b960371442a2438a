import { randomBytes } from "node:crypto";
import type { App, Channel, ChannelKind, Post, Token, TokenKind, Upload, User } from "./model.ts";
import { SlackError } from "./model.ts";

/** What a server gives for a picture. */
export interface Picture {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Everything there is in one workspace. */
export class World {
  readonly team: { id: string; name: string; readonly domain: string } = {
    id: "T0TEAM001",
    name: "Sandbox",
    domain: "sandbox",
  };
  readonly users = new Map<string, User>();
  readonly channels = new Map<string, Channel>();
  readonly files = new Map<string, Upload>();
  readonly tokens = new Map<string, Token>();
  readonly apps: App[] = [];
  /** Groups of people that can be called at once: ids and handles. */
  readonly groups = new Map<string, string>();
  /** Custom emoji: their pictures, or `alias:<name>`. */
  readonly emoji = new Map<string, string>();
  /** What is at the address of a public picture, where it is not a harmless one. */
  readonly pictures = new Map<string, Picture>();
  /** OAuth codes that were given out and not used. */
  readonly codes = new Map<string, { readonly app: App; readonly user: User; scopes: string }>();
  #ids = 0;
  #lastTs = 0;

  id(letter: string): string {
    this.#ids += 1;
    return `${letter}0${(10_000_000 + this.#ids).toString(36).toUpperCase().padStart(8, "0")}`;
  }

  /** A moment that no other message has, in microseconds. */
  ts(): string {
    this.#lastTs = Math.max(this.#lastTs + 1, Date.now() * 1000);
    const seconds = Math.floor(this.#lastTs / 1_000_000);
    return `${seconds}.${String(this.#lastTs % 1_000_000).padStart(6, "0")}`;
  }

  addUser(name: string, more: Partial<User> & { readonly bot?: boolean } = {}): User {
    const { bot = false, ...rest } = more;
    const user: User = {
      id: this.id("U"),
      name,
      realName: name,
      displayName: name,
      image: "",
      botId: bot ? this.id("B") : undefined,
      presence: "active",
      deleted: false,
      rank: "member",
      ...rest,
    };
    this.users.set(user.id, user);
    return user;
  }

  addChannel(kind: ChannelKind, name: string, members: readonly User[]): Channel {
    const channel: Channel = {
      id: this.id(kind === "im" ? "D" : kind === "mpim" ? "G" : "C"),
      kind,
      name,
      topic: "",
      purpose: "",
      archived: false,
      creator: members[0],
      created: Math.floor(Date.now() / 1000),
      updated: Date.now(),
      members: new Set(members),
      posts: [],
      pins: new Set(),
      read: new Map(),
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  addToken(
    kind: TokenKind,
    from: {
      readonly app?: App;
      readonly user?: User;
      readonly scopes?: readonly string[];
      readonly cookie?: string;
      readonly text?: string;
    },
  ): Token {
    const prefix = { bot: "xoxb", user: "xoxp", session: "xoxc", app: "xapp" }[kind];
    const token: Token = {
      text: from.text ?? `${prefix}-${randomBytes(12).toString("hex")}`,
      kind,
      app: from.app,
      user: from.user,
      scopes: new Set(from.scopes),
      cookie: from.cookie,
      revoked: false,
    };
    this.tokens.set(token.text, token);
    return token;
  }

  /** The direct conversation of these people, made if there is none. */
  direct(people: readonly User[]): Channel {
    const kind = people.length > 2 ? "mpim" : "im";
    const known = [...this.channels.values()].find(
      (one) =>
        one.kind === kind &&
        one.members.size === people.length &&
        people.every((each) => one.members.has(each)),
    );
    const name = kind === "im" ? "" : `mpdm-${people.map((each) => each.name).join("--")}-1`;
    return known ?? this.addChannel(kind, name, people);
  }

  post(channel: Channel, ts: string): Post {
    const found = channel.posts.find((one) => one.ts === ts);
    if (!found) throw new SlackError("message_not_found");
    return found;
  }

  /** A file that is more than a place to put it. */
  uploaded(id: string): Upload | undefined {
    const file = this.files.get(id);
    return file?.bytes === undefined && file?.hash === undefined ? undefined : file;
  }

  /** The app whose bot that is: a bot without a token here has one that is not installed. */
  appOf(bot: User): string {
    const token = [...this.tokens.values()].find(({ user, app }) => app && user === bot);
    return token?.app?.id ?? bot.botId?.replace("B", "A") ?? "";
  }

  user(id: string | undefined): User {
    const user = id === undefined ? undefined : this.users.get(id);
    if (!user) throw new SlackError("user_not_found");
    return user;
  }

  /** A conversation as whoever holds that token may know it. */
  channelFor(token: Token, id: string | undefined): Channel {
    const channel = id === undefined ? undefined : this.channels.get(id);
    const inside = channel && token.user && channel.members.has(token.user);
    if (!channel || (channel.kind !== "public" && !inside))
      throw new SlackError("channel_not_found");
    return channel;
  }
}
