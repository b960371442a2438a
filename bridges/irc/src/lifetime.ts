import type { ChatFeatures, ChatRef, ConnectingLogin, Session } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { AccountTaken } from "./account-taken.ts";
import { accountTaken } from "./account-taken.ts";
import type { Accounts } from "./accounts.ts";
import type { Batch } from "./api/batches.ts";
import type { ClientEvents } from "./api/client.ts";
import { Client } from "./api/client.ts";
import { command } from "./api/line.ts";
import type { asides } from "./aside.ts";
import { sayAtConnect } from "./at-connect.ts";
import { Catchup } from "./catchup.ts";
import type { IrcAccount } from "./config.ts";
import type { ctcpAnswers } from "./ctcp.ts";
import type { Ending } from "./errors.ts";
import { foreignNick, isOusted } from "./errors.ts";
import { clientOptions } from "./identity.ts";
import { Inbox } from "./inbox.ts";
import type { Keys } from "./keys.ts";
import type { Membership } from "./membership.ts";
import type { OwnNick } from "./own-nick.ts";
import { ownNick } from "./own-nick.ts";
import type { Reading } from "./reading.ts";
import { readingOf } from "./reading-of.ts";
import { read, readBatch } from "./receive.ts";
import type { Recent } from "./recent.ts";
import type { Channel, Roster } from "./roster.ts";
import type { Served } from "./served.ts";
import type { Shared } from "./shared.ts";
import { tellChat, tellOwnRoles, tellRoster } from "./tell.ts";

const beatMs = 30_000;

/** What one login has over all of its connections. */
export interface Lasting {
  readonly shared: Shared;
  readonly login: ConnectingLogin<IrcAccount>;
  readonly session: Session<IrcAccount>;
  readonly roster: Roster;
  readonly membership: Membership;
  readonly keys: Keys;
  readonly recent: Recent;
  readonly served: Served;
  readonly accounts: Accounts;
  readonly aside: ReturnType<typeof asides>;
  readonly ctcp: ReturnType<typeof ctcpAnswers>;
  /** Nicks that it had to take. */
  readonly nicks: Set<string>;
  readonly features: (chat: ChatRef) => ChatFeatures;
  /** Ends the login. */
  readonly signal: AbortSignal;
}

/** One connection from its first to its last byte. */
export class Lifetime {
  readonly client: Client;
  readonly #lasting: Lasting;
  readonly #inbox: Inbox;
  readonly #registered: () => void;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #ended = Promise.withResolvers<Ending>();
  #own: OwnNick | undefined;
  #taken: AccountTaken | undefined;
  #dropped: Ending | undefined;
  #reading: Reading | undefined;
  #catchup: Catchup | undefined;

  constructor(lasting: Lasting, registered: () => void) {
    const { shared, login, session } = lasting;
    this.#lasting = lasting;
    this.#registered = registered;
    this.#signal = AbortSignal.any([lasting.signal, this.#over.signal]);
    const regains = () => this.#own?.regains !== false;
    this.client = new Client({ ...clientOptions(shared, login), regains }, this.#events());
    this.#inbox = new Inbox(session.source("irc"), login.id, {
      full: () => this.client.pause(),
      drained: () => this.client.resume(),
      dropped: (cause) => {
        this.#dropped = { error: behind(cause), again: "soon" };
        this.client.quit("behind");
      },
    });
  }

  /** What lines are read with, while it is registered. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** Resolves once it is over. */
  async run(): Promise<Ending> {
    const { login, session, shared, membership, signal } = this.#lasting;
    const { client } = this;
    this.#own = login.role === "user" ? await ownNick(login.account.nick, session) : undefined;
    this.#taken = await accountTaken(session);
    const quit = () => client.quit("The bridge is stopping");
    signal.addEventListener("abort", quit);
    const beat = setInterval(() => this.#beat(), beatMs);
    await client.open(signal);
    const end = await this.#ended.promise;
    if (isOusted(end)) this.#own?.oust();
    clearInterval(beat);
    signal.removeEventListener("abort", quit);
    this.#over.abort();
    const begun = this.#reading !== undefined;
    this.#reading = undefined;
    shared.own.retire(client, client.mask);
    membership.lost();
    if (begun) membership.alive(client.heardAt);
    await this.#inbox.end(signal);
    if (this.#dropped !== undefined) membership.rewind();
    return this.#dropped ?? this.#taken.judge(end);
  }

  /** Tells the roster again. */
  retell(channel: Channel): void {
    if (this.#reading === undefined) return;
    tellRoster(this.#reading, channel, Date.now());
    this.#flush(this.client.heardAt);
  }

  #events(): ClientEvents {
    return {
      message: (message) => {
        if (this.#reading !== undefined) this.#hear(this.#reading, message);
      },
      batch: (batch) => {
        if (this.#reading === undefined) return;
        if (isHistory(batch)) {
          if (this.client.abilities?.history === undefined) this.#catchup?.replay(batch);
        } else readBatch(this.#reading, batch);
      },
      settled: () => {
        if (this.#inbox.waiting) this.#flush(Date.now());
      },
      registered: () => {
        const { account } = this.#lasting.login;
        if (this.#own?.isForeign(this.client.nick) === true) {
          this.#dropped = foreignNick(account.nick);
          return this.client.quit("The nick is in use");
        }
        this.#taken?.note(this.client);
        this.#begin();
        return this.#registered();
      },
      closed: (end) => this.#ended.resolve(end),
      odd: (verb, error) =>
        this.#lasting.session.log.warn("A line of the IRC server was skipped", {
          verb: verb.slice(0, 20),
          error: error instanceof Error ? error.message : String(error),
        }),
    };
  }

  /** Registered: names and modes are known now, so reading can begin. */
  #begin(): void {
    const { client } = this;
    const { shared, login, session, roster, membership, served, nicks } = this.#lasting;
    const since = membership.aliveAt;
    const catchup = this.#catchingUp();
    shared.learn(client.supports("CASEMAPPING"));
    shared.own.set(client, login.user, client.nick);
    nicks.add(client.nick);
    served.learn(client.abilities);
    roster.reset(shared.names());
    membership.begin({
      emit: (event) => this.#inbox.add(event),
      missed: (missed) => catchup.missed(missed),
      mark: (at, to) => this.#inbox.mark(at, to),
    });
    const reading = this.#readingWith(catchup);
    const { nick } = login.account;
    if (client.nick !== nick) {
      session.log.warn("The nick is in use, so another is used", { nick, now: client.nick });
    }
    catchup.begin(reading);
    this.#catchup = catchup;
    this.#reading = reading;
    session.state("connected");
    void this.#enter();
    if (reading.queries) void catchup.queries(since, Date.now());
  }

  #catchingUp(): Catchup {
    const { login, session } = this.#lasting;
    const source = session.source("irc");
    return new Catchup({
      login: login.id,
      client: this.client,
      log: session.log,
      signal: this.#signal,
      cursor: (name) => source.cursor(name),
      emit: (event) => this.#inbox.add(event),
      mark: (name, value) => this.#inbox.mark(name, value),
      flush: () => this.#flush(this.client.heardAt),
    });
  }

  #readingWith(catchup: Catchup): Reading {
    const { client } = this;
    const { shared, login, roster, membership, keys, recent } = this.#lasting;
    const { accounts, aside, ctcp, features } = this.#lasting;
    return readingOf({
      login,
      client,
      shared,
      roster,
      membership,
      keys,
      catchup,
      recent,
      accounts,
      features,
      kicked: (channel, reason) => membership.kicked(channel, this.#signal, reason),
      aside: (nick) => aside(client, nick, shared.names()),
      ctcp: (nick, verb, asked) => ctcp(client, nick, { verb, text: asked }),
    });
  }

  async #enter(): Promise<void> {
    const { session, membership, login, shared } = this.#lasting;
    try {
      const lines = login.role === "relay" ? shared.config.at_connect : [];
      await sayAtConnect(this.client, { lines, log: session.log, signal: this.#signal });
      const chats = await session.chats();
      membership.want(chats.flatMap(({ id, receiver }) => (receiver === undefined ? [id] : [])));
      if (!this.#signal.aborted) membership.enterAll();
    } catch (error) {
      session.log.error("The channels of this login are not known", { error: String(error) });
    }
  }

  #hear(reading: Reading, message: IrcMessage): void {
    const { names } = reading;
    const { shared, login, membership, nicks } = this.#lasting;
    const { client } = this;
    read(reading, message);
    if (message.command === "CAP") this.#retellAll(reading);
    membership.hear(message);
    if (message.command !== "NICK" && message.command !== "QUIT") return;
    const wanted = names.fold(login.account.nick);
    const who = names.fold(message.nick);
    if (who === names.fold(client.nick)) {
      shared.own.retire(client, client.mask);
      const now = message.params[0] ?? client.nick;
      nicks.add(now);
      this.#own?.renamed(message.nick, now);
      shared.own.set(client, login.user, now);
    } else if (who === wanted) {
      client.submit(0, command.nick(login.account.nick));
    }
  }

  /** The server can do more or less than before. */
  #retellAll(reading: Reading): void {
    const { served, roster } = this.#lasting;
    served.learn(this.client.abilities);
    for (const channel of roster.channels) {
      if (channel.complete) tellChat(reading, channel, Date.now());
    }
  }

  #beat(): void {
    const { client } = this;
    if (!client.registered) return;
    const { nick } = this.#lasting.login.account;
    if (client.nick !== nick) client.submit(2, command.nick(nick));
    this.#lasting.membership.enterAll();
    if (this.#reading !== undefined) tellOwnRoles(this.#reading, client.heardAt);
    this.#flush(client.heardAt);
  }

  /** Stores what there is, and until when it is everything. */
  #flush(at: number): void {
    this.#lasting.membership.alive(at);
    void this.#inbox.flush();
  }
}

const isHistory = ({ type }: Batch): boolean => /chathistory|playback/.test(type);

const behind = (cause: unknown): BridgeError =>
  new BridgeError(
    "full",
    "Nothing is received from IRC for a moment – bridgebox could not store what came in. It connects again when there is room; the gap is shown in the room.",
    { reached: "no", scope: "login", cause },
  );
