import { EventEmitter } from "node:events";
import { createDispatch, type CallRecord } from "./dispatch.ts";
import { Faults } from "./faults.ts";
import { digits, Logins } from "./logins.ts";
import { join, leave, migrate, renameAccount, retitle } from "./membership.ts";
import { amend, checkText, erase, mayWrite, publish } from "./messages.ts";
import type { Attachment } from "./media/kinds.ts";
import { Files } from "./media/files.ts";
import { Studio } from "./media/studio.ts";
import type { Account, AccountOptions, Channel } from "./model.ts";
import type { Chat, ChatOptions, Forward, Group, Post } from "./model.ts";
import { MtprotoServer } from "./mtproto/server.ts";
import type { Session } from "./mtproto/session.ts";
import { People } from "./people.ts";
import { setTyping } from "./rpc/typing.ts";
import { Api, given, RpcError } from "./tl.ts";
import { Feed } from "./updates.ts";
import { Watch } from "../watch.ts";
import { World } from "./world.ts";

/** How a test shapes the network as a whole. */
export interface TelegramServerOptions {
  readonly port?: number;
  readonly dcId?: number;
  /** Pushes texts of private chats and basic groups in the short forms the real server uses. */
  readonly shortUpdates?: boolean;
  /** How many changes one difference carries before it is sliced. */
  readonly sliceSize?: number;
  /** Further data centres, each on a port of its own. */
  readonly centres?: readonly number[];
}

/** What can be listened to. */
export interface TelegramEvents {
  message: [Post];
  edit: [Post];
  remove: [Post];
  call: [CallRecord];
  code: [phone: string, code: string];
}

/** What belongs to a message besides its text. */
export interface SayOptions {
  readonly entities?: readonly Api.TypeMessageEntity[];
  readonly replyTo?: Post;
  /** The words that are answered. */
  readonly quote?: string;
  /** The topic of a forum. */
  readonly topic?: number;
  /** With it, the text may be empty. */
  readonly media?: Attachment | Api.TypeMessageMedia;
  readonly forward?: Forward;
  /** Messages of one album have the same. */
  readonly album?: bigint;
  /** Seconds after which it is deleted by itself. */
  readonly ttl?: number;
  /** The buttons below what a bot says. */
  readonly markup?: Api.ReplyInlineMarkup;
  /** When it was said, in seconds; now, if not given. */
  readonly date?: number;
}

/** A whole Telegram in this process: real MTProto on loopback, and a world to act in and look at. */
export class TelegramServer {
  readonly dcId: number;
  readonly apiId = 12345;
  readonly apiHash = "0123456789abcdef0123456789abcdef";
  readonly events = new EventEmitter<TelegramEvents>();
  /** Every request that came in, in order. */
  readonly calls: CallRecord[] = [];
  /** Requests for methods this network does not have: a test wants this to be empty. */
  readonly unhandled: string[] = [];
  /** Violations of the protocol, and errors of this server itself: a test wants this to be empty. */
  readonly faults: unknown[] = [];
  readonly #world = new World();
  readonly #logins = new Logins();
  readonly #ordered = new Faults();
  readonly #watch = new Watch();
  readonly #feed: Feed;
  readonly #centres: ReadonlyMap<number, MtprotoServer>;
  /** The network's files. */
  readonly files = new Files();
  /** Makes what a message can carry. */
  readonly studio: Studio;
  /** What people do besides talking. */
  readonly people: People;
  /** Seconds for which a login token is good. */
  tokenLifetime = 30;

  private constructor(options: TelegramServerOptions) {
    const { dcId = 2, shortUpdates = false, sliceSize = 100, port = 0 } = options;
    this.dcId = dcId;
    this.studio = new Studio(this.files, dcId);
    this.#feed = new Feed(
      {
        sessionsOf: (account) => this.#sessionsOf(account),
        push: (session, object) => this.#centre(session.key.dc).push(session, object),
        happened: (what, post) => {
          this.events.emit(what, post);
          this.#watch.changed();
        },
      },
      { shortUpdates },
    );
    this.people = new People({
      feed: this.#feed,
      world: this.#world,
      files: this.files,
      logins: this.#logins,
      dcId,
    });
    const request = createDispatch(
      {
        world: this.#world,
        feed: this.#feed,
        logins: this.#logins,
        faults: this.#ordered,
        dcId,
        sliceSize,
        shortUpdates,
        files: this.files,
        centres: () => this.#ports(),
        tokenLifetime: () => this.tokenLifetime,
        codeSent: (phone) => this.events.emit("code", phone, this.code(phone)),
      },
      {
        called: (record) => {
          this.calls.push(record);
          this.events.emit("call", record);
        },
        unhandled: (name) => this.unhandled.push(name),
        done: () => this.#watch.changed(),
      },
    );
    const changed = (): void => this.#watch.changed();
    const fault = (reason: unknown): void => {
      this.faults.push(reason);
      changed();
    };
    const handlers = { request, fault, changed };
    const home = new MtprotoServer(handlers, { dc: dcId, port });
    const others = (options.centres ?? []).map((dc): [number, MtprotoServer] => [
      dc,
      new MtprotoServer(handlers, { dc, port: 0 }),
    ]);
    this.#centres = new Map([[dcId, home], ...others]);
  }

  /** A new, empty network that accepts connections on 127.0.0.1. */
  static async listen(options: TelegramServerOptions = {}): Promise<TelegramServer> {
    const server = new TelegramServer(options);
    await server.start();
    return server;
  }

  /** Ends every connection and the server. */
  async close(): Promise<void> {
    await this.stop();
    this.files.close();
  }

  get port(): number {
    return this.#centre(this.dcId).port;
  }

  get publicKeyPem(): string {
    return this.#centre(this.dcId).key.publicKeyPem;
  }

  /** What a client needs in order to take this for its Telegram. */
  get testServer(): { port: number; publicKeyPem: string } {
    return { port: this.port, publicKeyPem: this.publicKeyPem };
  }

  /** A new account; one with a token is a bot. */
  addUser(options: AccountOptions = {}): Account {
    return this.#world.addAccount(options);
  }

  /** A new basic group, which the first member created. */
  addGroup(title: string, members: readonly Account[], options: ChatOptions = {}): Group {
    return this.#world.addGroup(title, members, options);
  }

  /** The groups and channels that somebody is in. */
  chatsOf(account: Account): ReturnType<World["chatsOf"]> {
    return this.#world.chatsOf(account);
  }

  /** A new supergroup, or with `broadcast` a channel, which the first member created. */
  addSupergroup(title: string, members: readonly Account[], options: ChatOptions = {}): Channel {
    return this.#world.addChannel(title, members, options);
  }

  /** Writes a message as somebody whose client is not connected here; refuses what the network refuses. */
  say(from: Account, to: Chat, text: string, options: SayOptions = {}): Post {
    if (!options.media || text !== "") checkText(text, options.entities ?? []);
    if (!mayWrite(from, to)) throw new RpcError(403, "CHAT_WRITE_FORBIDDEN");
    const { media, ...rest } = options;
    const attachment = media && ("kind" in media ? media : ({ kind: "fixed", media } as const));
    return publish(this.#feed, { ...rest, ...given({ media: attachment }), from, to, text }).post;
  }

  /** Its author edits a message. */
  edit(post: Post, text: string, entities: readonly Api.TypeMessageEntity[] = []): void {
    checkText(text, entities);
    amend(this.#feed, post, { text, entities });
  }

  /** Deletes messages for everybody, in one go. */
  remove(...posts: Post[]): void {
    erase(this.#feed, posts);
  }

  /** Gives a group or an account another name; `by` is who renames a group, its creator if not said. */
  rename(target: Chat, name: string, by?: Account): void {
    if (target.kind === "user") {
      target.firstName = name;
      renameAccount(this.#feed, this.#world, target);
    } else {
      retitle(this.#feed, target, { title: name, ...(by ? { by } : {}) });
    }
  }

  /** Lets an account into a group, added by `by` if that is somebody else. */
  join(chat: Group | Channel, account: Account, by: Account = account): void {
    join(this.#feed, chat, { account, by });
  }

  /** Takes an account out of a group, removed by `by` if that is somebody else. */
  leave(chat: Group | Channel, account: Account, by: Account = account): void {
    leave(this.#feed, chat, { account, by });
  }

  /** Makes a supergroup of a basic group, as its creator does. */
  migrate(group: Group): Channel {
    return migrate(this.#feed, this.#world, group);
  }

  /** Shows that somebody types, or stopped. */
  typing(from: Account, to: Chat, active = true): void {
    const action = active ? new Api.SendMessageTypingAction() : new Api.SendMessageCancelAction();
    setTyping(this.#feed, { from, to, action });
  }

  /** The last login code sent to a phone. */
  code(phone: string): string {
    const code = this.#logins.lastCode(digits(phone));
    if (code === undefined) throw new Error(`no code was sent to ${phone}: nobody asked for one`);
    return code;
  }

  /** How many sessions its owner sees under their devices. */
  devices(account: Account): number {
    return this.#logins.all(account).length;
  }

  /** Ends all logins of an account, as its owner does from another device. */
  signOut(account: Account): void {
    for (const session of this.#sessionsOf(account)) session.transport.socket.destroy();
    for (const login of this.#logins.all(account)) this.#logins.end(login);
  }

  /** The other data centres forget that they were shown who an account is, or its keys as well. */
  forgetExports(account: Account, what: "login" | "key" = "login"): void {
    for (const login of this.#logins.all(account)) {
      if (!login.exported) continue;
      this.#logins.end(login);
      if (what === "key") this.#centre(login.key.dc).forget(login.key);
    }
  }

  /** The messages of a chat as the network holds them; of a private chat both sides are needed. */
  messages(chat: Chat, other?: Account): readonly Post[] {
    if (chat.kind === "group") return [...chat.posts];
    if (chat.kind === "channel") return [...chat.box.posts.values()];
    return other ? [...(chat.box.threads.get(other) ?? [])] : [...chat.box.posts.values()];
  }

  /** The number a message has for one account (in private chats and basic groups each has its own). */
  idOf(post: Post, viewer: Account): number {
    return this.#world.idOf(post, viewer);
  }

  /** Whether a client of this account is connected and gets its updates. */
  connected(account: Account): boolean {
    return this.#sessionsOf(account).length > 0;
  }

  /** The first truthy value of `probe`, looked at after everything that happens; rejects in the end. */
  until<T>(probe: () => T | undefined | null | false, deadlineMs?: number): Promise<T> {
    return this.#watch.until(probe, deadlineMs);
  }

  /** The next `times` requests of a method are told to wait so many seconds. */
  floodWait(method: string, seconds: number, times = 1): void {
    this.fail(method, { code: 420, message: `FLOOD_WAIT_${seconds}` }, times);
  }

  /** The next `times` requests of a method fail with this error and have no effect. */
  fail(method: string, error: { code: number; message: string }, times = 1): void {
    const rpcError = new RpcError(error.code, error.message);
    this.#ordered.order(method, { kind: "fail", error: rpcError }, times);
  }

  /** The next `times` requests of a method wait for the returned function, and have no effect before. */
  hang(method: string, times = 1): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = this.#ordered.order(method, { kind: "hang", released: promise }, times);
    return () => {
      end();
      resolve();
    };
  }

  /** The answer to an account's next request of a method is made at once, and sent by the returned function. */
  holdReply(of: Account, method: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ordered.order(method, { kind: "late", of, released: promise }, 1);
    return resolve;
  }

  /** The next `times` requests of a method take effect, but the connection is lost instead of the answer. */
  swallowReply(method: string, times = 1): void {
    this.#ordered.order(method, { kind: "swallow" }, times);
  }

  /** The next `times` pushes that count in pts are lost on their way to `account`, or to anybody. */
  pushGap(account?: Account, times = 1): void {
    this.#feed.gap(account, times);
  }

  /** The next difference answers differenceTooLong, the next channel difference likewise. */
  tooLong(times = 1): void {
    this.#ordered.orderTooLong(times);
  }

  /** Ends every connection; clients may come back at once. */
  dropConnections(): void {
    for (const centre of this.#centres.values()) centre.dropConnections();
  }

  /** Forgets who is listening while connections stay: pushes are lost until the client speaks again. */
  forgetSessions(): void {
    for (const centre of this.#centres.values()) centre.sessions.clear();
  }

  /** Fault: nothing that anybody says is read while on, with all connections open. */
  freeze(on: boolean): void {
    for (const centre of this.#centres.values()) centre.freeze(on);
  }

  /** Ends every connection and refuses new ones until `start`; nothing is forgotten. */
  async stop(): Promise<void> {
    for (const centre of this.#centres.values()) await centre.stop();
  }

  /** Accepts connections again, on the same port. */
  async start(): Promise<void> {
    for (const centre of this.#centres.values()) await centre.start();
  }

  /** Goes down and comes back with all it knew. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  #sessionsOf(account: Account): Session[] {
    const sessions = [...this.#centres.values()].flatMap((each) => [...each.sessions.values()]);
    return this.#logins.sessionsOf(account, sessions);
  }

  #centre(dc: number): MtprotoServer {
    const centre = this.#centres.get(dc);
    if (!centre) throw new Error(`there is no data centre ${dc}`);
    return centre;
  }

  /** Numbers without a centre of their own lead to the first one. */
  #ports(): ReadonlyMap<number, number> {
    const all = [1, 2, 3, 4, 5, ...this.#centres.keys()];
    return new Map(all.map((dc) => [dc, this.#centres.get(dc)?.port ?? this.port]));
  }
}
