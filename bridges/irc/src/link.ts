import { setTimeout as sleep } from "node:timers/promises";
import type {
  ChatFeatures,
  ChatRef,
  ConnectingLogin,
  Session,
  UserId,
} from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { Client, prefixOf } from "./api/client.ts";
import { command } from "./api/line.ts";
import type { Abilities } from "./api/abilities.ts";
import type { Batch } from "./api/batches.ts";
import { Accounts } from "./accounts.ts";
import { Catchup } from "./catchup.ts";
import type { IrcAccount } from "./config.ts";
import { ctcpAnswers } from "./ctcp.ts";
import type { Ending } from "./errors.ts";
import { foreignNick, offline } from "./errors.ts";
import type { Servable } from "./features.ts";
import { featuresOf } from "./features.ts";
import { clientOptions } from "./identity.ts";
import { Inbox } from "./inbox.ts";
import { Membership } from "./membership.ts";
import { ownNick } from "./own-nick.ts";
import { Served } from "./served.ts";
import type { Shared } from "./shared.ts";
import type { Reading } from "./reading.ts";
import { readingOf } from "./reading-of.ts";
import { read, readBatch } from "./receive.ts";
import { Recent } from "./recent.ts";
import type { Channel } from "./roster.ts";
import { Roster } from "./roster.ts";
import { tellChat, tellRoster } from "./tell.ts";

const beatMs = 30_000;
/** A connection that lasted this long starts the waits from the beginning. */
const steadyMs = 60_000;
const seldomMs = 60_000;

/** The life of one login on IRC: connect, register, enter the channels, and again when it breaks. */
export class Link {
  readonly roster: Roster;
  readonly membership: Membership;
  readonly #shared: Shared;
  readonly #login: ConnectingLogin<IrcAccount>;
  readonly #session: Session<IrcAccount>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #tell: (channel: Channel) => void = () => undefined;
  /** What was said lately: what a reaction is to. */
  readonly recent = new Recent();
  readonly #served: Served;
  readonly #accounts = new Accounts();
  readonly #ctcp = ctcpAnswers();
  readonly #nicks = new Set<string>();
  #reading: Reading | undefined;

  constructor(shared: Shared, login: ConnectingLogin<IrcAccount>, session: Session<IrcAccount>) {
    this.#shared = shared;
    this.#login = login;
    this.#session = session;
    this.#signal = AbortSignal.any([this.#stop.signal, session.signal]);
    this.roster = new Roster(shared.names());
    this.#served = new Served(session, shared.config.reactions === "line");
    const source = session.source("irc");
    this.membership = new Membership({
      login: login.id,
      log: session.log,
      names: () => shared.names(),
      roster: this.roster,
      cursor: (name) => source.cursor(name),
      client: () => this.#client,
      signal: this.#signal,
    });
    if (login.role === "relay") this.membership.want(shared.config.channels);
  }

  /** The registered client; throws when there is none. */
  client(what: string): Client {
    if (this.#client?.registered !== true) throw offline(what);
    return this.#client;
  }

  /** What the server can do now; nothing while there is none. */
  get abilities(): Abilities | undefined {
    return this.registered?.abilities;
  }

  /** The client, while it is registered. */
  get registered(): Client | undefined {
    return this.#client?.registered === true ? this.#client : undefined;
  }

  /** Nicks that this login had to take in this life. */
  get formerNicks(): readonly string[] {
    return [...this.#nicks];
  }

  /** Whether the server can do what that method does: while it is away, what it could before. */
  serves(method: Servable): boolean {
    return this.#served.has(method);
  }

  /** What lines are read with, while there is a connection. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** The client may speak under other names there: operators may. */
  relaysIn(chat: ChatRef): boolean {
    if (this.abilities?.relay === undefined || this.#client === undefined) return false;
    const people = this.roster.channel(chat.id)?.people;
    const modes = people?.get(this.#shared.names().user(this.#client.nick))?.modes;
    return modes !== undefined && ["q", "a", "o"].some((mode) => modes.has(mode));
  }

  features(chat: ChatRef): ChatFeatures {
    const { max_age: maxAge, reactions } = this.#shared.config;
    const { abilities } = this;
    const relays = this.relaysIn(chat);
    return featuresOf({ chat, abilities, relays, maxAge, reactionLines: reactions === "line" });
  }

  /** Tells the roster again: whoever asks about a channel may not have listened when it was entered. */
  retell(channel: Channel): void {
    if (channel.complete) this.#tell(channel);
  }

  /** It is connected and on a channel with that person. */
  sees(user: UserId): boolean {
    return this.#client?.registered === true && this.roster.spelling(user) !== undefined;
  }

  /** Bytes that others see before a line of ours. */
  get prefixBytes(): number {
    const { config } = this.#shared;
    const unknown = prefixOf(this.#login.account.nick, config.username);
    return this.#client?.prefixBytes ?? unknown;
  }

  /** Resolves once the first attempt has ended well or badly; goes on by itself. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#session.state("reconnecting");
      this.#running = this.#run(resolve).catch((error: unknown) => {
        this.#session.log.error("The IRC connection stopped", { error: String(error) });
        this.#session.state("reconnecting", error instanceof BridgeError ? error : undefined);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(first: () => void): Promise<void> {
    const { min_seconds: min, max_seconds: max } = this.#shared.config.reconnect;
    await this.#served.recall();
    let tries = 0;
    while (!this.#signal.aborted) {
      const since = Date.now();
      const { error, again } = await this.#attempt(first);
      first();
      if (this.#signal.aborted) return;
      this.#session.state(again === "soon" ? "reconnecting" : "needs-login", error);
      this.#session.log.warn("The IRC connection ended", { code: error.code, why: error.message });
      if (again === "never") return;
      tries = Date.now() - since > steadyMs ? 0 : tries + 1;
      const wait = Math.min(max * 1000, min * 1000 * 2 ** Math.max(0, tries - 1));
      const least = again === "seldom" ? Math.min(seldomMs, max * 1000) : 0;
      const ms = Math.max(least, wait) * (0.5 + Math.random() / 2);
      await sleep(ms, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    first();
  }

  /** One connection from its first to its last byte. */
  async #attempt(registered: () => void): Promise<Ending> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#signal, over.signal]);
    const { role, account } = this.#login;
    const own = role === "user" ? await ownNick(account.nick, this.#session) : undefined;
    const source = this.#session.source("irc");
    let dropped: Ending | undefined;
    const inbox = new Inbox(source, this.#login.id, {
      full: () => client.pause(),
      drained: () => client.resume(),
      dropped: (cause) => {
        dropped = { error: behind(cause), again: "soon" };
        client.quit("behind");
      },
    });
    let reading: Reading | undefined;
    let catchup: Catchup | undefined;
    let ended: (ending: Ending) => void = () => undefined;
    const ending = new Promise<Ending>((resolve) => (ended = resolve));
    const client = new Client(clientOptions(this.#shared, this.#login), {
      message: (message) => {
        if (reading === undefined) return;
        this.#hear(client, reading, message);
      },
      batch: (batch) => {
        if (reading === undefined) return;
        if (isHistory(batch)) {
          if (client.abilities?.history === undefined) catchup?.replay(batch);
        } else readBatch(reading, batch);
      },
      settled: () => {
        if (inbox.waiting) this.#flush(inbox, Date.now());
      },
      registered: () => {
        if (own?.isForeign(client.nick) === true) {
          dropped = foreignNick(this.#login.account.nick);
          return client.quit("The nick is in use");
        }
        const missing = new Catchup({
          login: this.#login.id,
          client,
          log: this.#session.log,
          signal,
          cursor: (name) => source.cursor(name),
          emit: (event) => inbox.add(event),
          mark: (name, value) => inbox.mark(name, value),
          flush: () => this.#flush(inbox, client.heardAt),
        });
        catchup = missing;
        const begun = this.#begin({ client, inbox, catchup: missing, signal });
        reading = begun;
        this.#tell = (channel) => {
          tellRoster(begun, channel, Date.now());
          this.#flush(inbox, client.heardAt);
        };
        registered();
      },
      closed: (end) => ended(end),
      odd: (verb, error) =>
        this.#session.log.warn("A line of the IRC server was skipped", {
          verb: verb.slice(0, 20),
          error: error instanceof Error ? error.message : String(error),
        }),
    });
    this.#client = client;
    const quit = () => client.quit("The bridge is stopping");
    this.#signal.addEventListener("abort", quit);
    const beat = setInterval(() => this.#beat(client, inbox), beatMs);
    await client.open(this.#signal);
    const end = await ending;
    clearInterval(beat);
    this.#signal.removeEventListener("abort", quit);
    over.abort();
    this.#tell = () => undefined;
    this.#reading = undefined;
    this.#shared.own.retire(client, client.mask);
    this.membership.lost();
    if (reading !== undefined) this.membership.alive(client.heardAt);
    await inbox.end(this.#signal);
    if (dropped !== undefined) this.membership.rewind();
    return dropped ?? end;
  }

  /** Registered: names and modes are known now, so reading can begin. */
  #begin({ client, inbox, catchup, signal }: Begun): Reading {
    const { own } = this.#shared;
    const since = this.membership.aliveAt;
    this.#shared.learn(client.supports("CASEMAPPING"));
    own.set(client, this.#login.user, client.nick);
    this.#nicks.add(client.nick);
    this.#served.learn(client.abilities);
    this.roster.reset(this.#shared.names());
    const { membership } = this;
    membership.begin({
      emit: (event) => inbox.add(event),
      missed: (missed) => catchup.missed(missed),
      mark: (at, to) => inbox.mark(at, to),
    });
    const reading = readingOf({
      login: this.#login,
      client,
      shared: this.#shared,
      roster: this.roster,
      membership,
      catchup,
      recent: this.recent,
      accounts: this.#accounts,
      features: (chat) => this.features(chat),
      kicked: (channel, reason) => membership.kicked(channel, signal, reason),
      ctcp: (nick, verb, asked) => this.#ctcp(client, nick, { verb, text: asked }),
    });
    const { nick } = this.#login.account;
    if (client.nick !== nick) {
      this.#session.log.warn("The nick is in use, so another is used", { nick, now: client.nick });
    }
    catchup.begin(reading);
    this.#reading = reading;
    this.#session.state("connected");
    void this.#enter(signal);
    if (reading.queries) void catchup.queries(since, Date.now());
    return reading;
  }

  async #enter(signal: AbortSignal): Promise<void> {
    try {
      const chats = await this.#session.chats();
      this.membership.want(
        chats.flatMap(({ id, receiver }) => (receiver === undefined ? [id] : [])),
      );
      if (!signal.aborted) this.membership.enterAll();
    } catch (error) {
      this.#session.log.error("The channels of this login are not known", { error: String(error) });
    }
  }

  #hear(client: Client, reading: Reading, message: IrcMessage): void {
    const { names } = reading;
    read(reading, message);
    if (message.command === "CAP") this.#retellAll(reading, client);
    this.membership.hear(message);
    if (message.command !== "NICK" && message.command !== "QUIT") return;
    const wanted = names.fold(this.#login.account.nick);
    const who = names.fold(message.nick);
    if (who === names.fold(client.nick)) {
      this.#shared.own.retire(client, client.mask);
      const now = message.params[0] ?? client.nick;
      this.#nicks.add(now);
      this.#shared.own.set(client, this.#login.user, now);
    } else if (who === wanted) {
      client.submit(0, command.nick(this.#login.account.nick));
    }
  }

  /** The server can do more or less than before. */
  #retellAll(reading: Reading, client: Client): void {
    this.#served.learn(client.abilities);
    for (const channel of this.roster.channels) {
      if (channel.complete) tellChat(reading, channel, Date.now());
    }
  }

  #beat(client: Client, inbox: Inbox): void {
    if (!client.registered) return;
    const { nick } = this.#login.account;
    if (client.nick !== nick) client.submit(2, command.nick(nick));
    this.membership.enterAll();
    this.#flush(inbox, client.heardAt);
  }

  /** Stores what there is, and until when it is everything. */
  #flush(inbox: Inbox, at: number): void {
    this.membership.alive(at);
    void inbox.flush();
  }
}

interface Begun {
  readonly client: Client;
  readonly inbox: Inbox;
  readonly catchup: Catchup;
  readonly signal: AbortSignal;
}

const isHistory = ({ type }: Batch): boolean => /chathistory|playback/.test(type);

const behind = (cause: unknown): BridgeError =>
  new BridgeError(
    "full",
    "Nothing is received from IRC for a moment – bridgebox could not store what came in. It connects again when there is room; the gap is shown in the room.",
    { reached: "no", scope: "login", cause },
  );
