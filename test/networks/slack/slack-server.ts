import { approve, installApp, revoke, uninstall } from "./apps.ts";
import type { InstalledApp } from "./apps.ts";
import { callsOf } from "./blocks.ts";
import { answerHttp, openSocket } from "./door.ts";
import type { Door } from "./door.ts";
import { Faults } from "./faults.ts";
import { Feed } from "./feed.ts";
import { erase } from "./methods/chat.ts";
import { archive, enter, leave, rename, typing } from "./methods/conversations.ts";
import { changed, emptyPost, publish } from "./methods/method.ts";
import { pin, react, unreact } from "./methods/reactions.ts";
import type {
  App,
  Channel,
  ChannelKind,
  Post,
  Token,
  TokenKind,
  Upload,
  User,
  Wire,
} from "./model.ts";
import { botScopes, userScopes } from "./scopes.ts";
import { Transport } from "./transport.ts";
import { viewsOf } from "./views.ts";
import type { Views } from "./views.ts";
import { Watch } from "../watch.ts";
import type { Call } from "./web.ts";
import { World } from "./world.ts";

/** What belongs to a message besides its text. */
export interface SayOptions {
  readonly thread?: Post;
  readonly broadcast?: boolean;
  readonly blocks?: readonly Wire[];
  readonly attachments?: readonly Wire[];
  readonly files?: readonly Upload[];
  readonly subtype?: string;
  readonly topic?: string;
  readonly purpose?: string;
  /** As an integration: without a user, under that name. */
  readonly username?: string;
  readonly icon?: string;
  readonly botId?: string;
}

/** A whole Slack in this process: one workspace on loopback, to act in and look at. */
export class SlackServer {
  readonly world = new World();
  /** Every call that came in, in order. */
  readonly calls: Call[] = [];
  /** Calls against the description, and faults of this server: a test wants this to be empty. */
  readonly violations: string[] = [];
  readonly feed: Feed;
  /** How many things a page has at most. */
  pageSize = 1000;
  readonly #faults = new Faults();
  readonly #watch = new Watch();
  readonly #transport: Transport;
  readonly #views: Views;

  private constructor() {
    const changedNow = (): void => this.#watch.changed();
    this.#views = viewsOf(this.world, () => this.url);
    this.feed = new Feed({
      world: this.world,
      fault: (what) => this.violations.push(what),
      changed: changedNow,
    });
    this.#transport = new Transport({
      request: (request, response) => answerHttp(this.#door, { request, response }),
      socket: (socket, request) => openSocket(this.#door, socket, request),
      fault: (error) => this.violations.push(`a fault of this server: ${String(error)}`),
    });
  }

  /** A new, empty workspace that accepts connections on 127.0.0.1. */
  static async listen(): Promise<SlackServer> {
    const server = new SlackServer();
    await server.#transport.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#transport.port}`;
  }

  /** What a client takes in place of `https://slack.com/api/`. */
  get apiUrl(): string {
    return `${this.url}/api/`;
  }

  async close(): Promise<void> {
    await this.#transport.stop();
  }

  addUser(name: string, more: Partial<User> & { readonly bot?: boolean } = {}): User {
    return this.world.addUser(name, more);
  }

  /** An app with its bot, installed in the workspace. */
  addApp(name = "bridgebox", scopes: readonly string[] = botScopes): InstalledApp {
    return installApp(this.world, { name, scopes });
  }

  /** A person's token: of an app (`user`) or of a browser (`session`, with its cookie). */
  addToken(kind: Extract<TokenKind, "user" | "session">, user: User, app?: App): Token {
    return this.world.addToken(kind, {
      user,
      ...(app ? { app } : {}),
      ...(kind === "session" ? { cookie: `xoxd-${user.id}-0123456789` } : {}),
      scopes: userScopes,
    });
  }

  addChannel(name: string, members: readonly User[], kind: ChannelKind = "public"): Channel {
    return this.world.addChannel(kind, name, members);
  }

  /** The direct conversation of these people. */
  direct(...people: User[]): Channel {
    return this.world.direct(people);
  }

  /** Says something as somebody whose client is not connected here. */
  say(from: User | undefined, channel: Channel, text: string, options: SayOptions = {}): Post {
    const { thread, broadcast = false, blocks, attachments, files = [], username, icon } = options;
    const subtype = broadcast ? "thread_broadcast" : files.length > 0 ? "file_share" : undefined;
    const post: Post = {
      ...emptyPost(this.world.ts()),
      user: from,
      text,
      topic: options.topic,
      ...(options.purpose === undefined ? {} : { purpose: options.purpose }),
      subtype: options.subtype ?? (from ? subtype : "bot_message"),
      blocks,
      attachments,
      threadTs: thread?.threadTs ?? thread?.ts,
      botId: options.botId ?? from?.botId,
      username,
      icon,
      files,
    };
    for (const file of files) file.shares.push({ channel: channel.id, ts: post.ts });
    publish(this.#acting, channel, post);
    this.#watch.changed();
    return post;
  }

  edit(
    channel: Channel,
    post: Post,
    text: string,
    more: { readonly blocks?: readonly Wire[] } = {},
  ): void {
    const before = this.#views.post(post);
    post.text = text;
    post.blocks = more.blocks;
    post.edited = { user: post.user?.id ?? post.botId ?? "", ts: this.world.ts() };
    changed(this.#acting, channel, { post, before });
  }

  /** Somebody begins a huddle; a second call of it ends it, as one that nobody joined or not. */
  huddle(channel: Channel, by: User): (missed?: boolean) => void {
    const start = Math.floor(Date.now() / 1000);
    const room = { id: this.world.id("R"), by, start, end: 0, missed: false };
    const post: Post = { ...emptyPost(this.world.ts()), subtype: "huddle_thread", room };
    publish(this.#acting, channel, post);
    return (missed = false) => {
      const before = this.#views.post(post);
      Object.assign(room, { end: start + 60, missed });
      changed(this.#acting, channel, { post, before });
    };
  }

  /** An admin makes a public channel private. */
  convert(channel: Channel, by: User): void {
    const subtype = "channel_convert_to_private";
    channel.kind = "private";
    this.say(by, channel, "made this channel private", { subtype });
  }

  /** As some bots do it: without a mark that it was edited. */
  rewrite(channel: Channel, post: Post, text: string): void {
    const before = this.#views.post(post);
    post.text = text;
    changed(this.#acting, channel, { post, before });
  }

  /** A change that no person made: an unfurled link. */
  unfurl(channel: Channel, post: Post, attachments: readonly Wire[]): void {
    const before = this.#views.post(post);
    post.attachments = attachments;
    changed(this.#acting, channel, { post, before });
  }

  remove(channel: Channel, post: Post): void {
    erase(this.#acting, channel, post);
    this.#watch.changed();
  }

  react(
    channel: Channel,
    post: Post,
    {
      user,
      name,
      on = true,
    }: { readonly user: User; readonly name: string; readonly on?: boolean },
  ): void {
    (on ? react : unreact)(this.#acting, channel, { post, user, name });
  }

  pin(
    channel: Channel,
    post: Post,
    { user, on = true }: { readonly user: User; readonly on?: boolean },
  ): void {
    pin(this.#acting, channel, { post, user, on });
  }

  join(channel: Channel, user: User): void {
    enter(this.#acting, channel, user.id);
  }

  leave(channel: Channel, user: User): void {
    leave(this.#acting, channel, user.id);
  }

  rename(channel: Channel, name: string): void {
    rename(this.#acting, channel, name);
  }

  topic(channel: Channel, by: User, topic: string): void {
    channel.topic = topic;
    this.say(by, channel, `set the channel topic: ${topic}`, { subtype: "channel_topic", topic });
  }

  purpose(channel: Channel, by: User, purpose: string): void {
    channel.purpose = purpose;
    const text = `set the channel description: ${purpose}`;
    this.say(by, channel, text, { subtype: "channel_purpose", purpose });
  }

  archive(channel: Channel, by: User): void {
    archive(this.#acting, channel, by.id);
  }

  typing(channel: Channel, user: User): void {
    typing(this.#acting, channel, user.id);
  }

  /** A person's new name, picture or standing in the workspace. */
  changeUser(
    user: User,
    change: Partial<Pick<User, "displayName" | "realName" | "image" | "rank" | "status">>,
  ): void {
    Object.assign(user, change);
    this.feed.tell({ type: "user_change", user: this.#views.user(user), cache_ts: 1 }, () => true);
  }

  /** Somebody comes, or goes away. */
  appear(user: User, presence: User["presence"]): void {
    user.presence = presence;
    this.feed.presence(user);
  }

  /** docs.slack.dev/reference/events/team_rename */
  renameWorkspace(name: string): void {
    this.world.team.name = name;
    this.feed.tell({ type: "team_rename", name }, () => true);
  }

  /** A file that somebody has uploaded already. */
  addFile(owner: User, name: string, bytes: Uint8Array, more: Partial<Upload> = {}): Upload {
    const file: Upload = {
      id: this.world.id("F"),
      name,
      size: bytes.length,
      title: name,
      mime: "application/octet-stream",
      owner,
      width: undefined,
      height: undefined,
      url: undefined,
      hash: undefined,
      deleted: false,
      shares: [],
      ...more,
      bytes,
    };
    this.world.files.set(file.id, file);
    return file;
  }

  /** Told of every message that is posted; the answer ends that. */
  onPost(listener: (post: Post, channel: Channel) => void): () => void {
    this.feed.events.on("post", listener);
    return () => void this.feed.events.off("post", listener);
  }

  /** What the browser does at the authorize page: the person agrees, and is sent back with a code. */
  approve(authorizeUrl: string, user: User): URLSearchParams {
    return approve(this.world, { authorizeUrl, user });
  }

  revoke(token: Token): void {
    revoke(this.feed, token);
  }

  uninstall(app: App): void {
    uninstall(this.world, this.feed, app);
  }

  /** Whom a message calls: `channel`, `here`, `everyone`, ids of people and groups. */
  callsOf(post: Post): readonly string[] {
    return callsOf(post);
  }

  until<T>(probe: () => T | undefined | null | false, deadlineMs?: number): Promise<T> {
    return this.#watch.until(probe, deadlineMs);
  }

  /** The next `times` calls of a method are told to wait so many seconds. */
  limit(method: string, seconds: number, times = 1): void {
    this.#faults.order(method, { kind: "limit", seconds }, times);
  }

  /** Fault: nothing that anybody says is read while on, with all connections open. */
  freeze(on: boolean): void {
    this.#transport.freezer.freeze(on);
  }

  /** The next `times` calls of a method fail and have no effect. */
  fail(method: string, error: string, { times = 1, status = 200 } = {}): void {
    this.#faults.order(method, { kind: "fail", error, status }, times);
  }

  /**
   * The next `times` calls wait for the returned function, and have no effect before; none at all if
   * they are given up meanwhile.
   */
  hang(method: string, times = 1): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = this.#faults.order(method, { kind: "hang", released: promise }, times);
    return () => {
      end();
      resolve();
    };
  }

  /** Fault: the next call has no effect, and is answered with that, which may be nothing of Slack's. */
  answer(method: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#faults.order(method, { kind: "answer", body, headers }, 1);
  }

  /** The next `times` calls take effect, and are never answered. */
  swallowReply(method: string, times = 1): void {
    this.#faults.order(method, { kind: "swallow" }, times);
  }

  /** Ends every socket; clients may come back at once. */
  dropConnections(): void {
    this.feed.cut();
  }

  async stop(): Promise<void> {
    await this.#transport.stop();
  }

  async start(): Promise<void> {
    await this.#transport.start();
  }

  get #door(): Door {
    const { world, feed, pageSize } = this;
    return {
      context: { world, feed, views: this.#views, pageSize },
      base: () => this.url,
      faults: this.#faults,
      called: (call) => this.calls.push(call),
      violation: (what) => void this.violations.push(what),
      done: () => this.#watch.changed(),
      typed: (user, channel) => {
        this.typed.push({ user, channel });
        this.typing(channel, user);
      },
    };
  }

  get #acting() {
    return { world: this.world, feed: this.feed, views: this.#views };
  }

  /** Who typed where, by their own session. */
  readonly typed: { readonly user: User; readonly channel: Channel }[] = [];
}
