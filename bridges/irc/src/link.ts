import { setTimeout as sleep } from "node:timers/promises";
import type {
  ChatFeatures,
  ChatRef,
  ConnectingLogin,
  Session,
  UserId,
} from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError, errorTable } from "@bridgebox/core/adapter";
import type { Client } from "./api/client.ts";
import { prefixOf } from "./api/self.ts";
import type { Abilities } from "./api/abilities.ts";
import { asides } from "./aside.ts";
import { Accounts } from "./accounts.ts";
import type { IrcAccount } from "./config.ts";
import { ctcpAnswers } from "./ctcp.ts";
import type { Ending } from "./errors.ts";
import { offline, refusedHere } from "./errors.ts";
import { usernameOf } from "./origin.ts";
import type { Servable } from "./features.ts";
import { featuresOf } from "./features.ts";
import { rolesIn, rulesFrom } from "./modes.ts";
import type { Lasting } from "./lifetime.ts";
import { Lifetime } from "./lifetime.ts";
import { Keys } from "./keys.ts";
import { Membership } from "./membership.ts";
import { Served } from "./served.ts";
import type { Shared } from "./shared.ts";
import type { Reading } from "./reading.ts";
import { Recent } from "./recent.ts";
import type { Channel } from "./roster.ts";
import { Roster } from "./roster.ts";
import { Told } from "./told.ts";

/** A connection that lasted this long starts the waits from the beginning. */
const steadyMs = 60_000;
const seldomMs = 60_000;

/** The life of one login on IRC: connect, register, enter the channels, and again when it breaks. */
export class Link {
  readonly roster: Roster;
  readonly membership: Membership;
  readonly keys: Keys;
  /** What was kept in the life before is known again. */
  #recalled = false;
  readonly #shared: Shared;
  readonly #login: ConnectingLogin<IrcAccount>;
  readonly #session: Session<IrcAccount>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #lasting: Lasting;
  #life: Lifetime | undefined;
  #running: Promise<void> | undefined;
  /** What was said lately: what a reaction is to. */
  readonly recent = new Recent();
  /** The lines that were said for reactions. */
  readonly told: Told;
  readonly #served: Served;
  readonly #nicks = new Set<string>();

  constructor(shared: Shared, login: ConnectingLogin<IrcAccount>, session: Session<IrcAccount>) {
    this.#shared = shared;
    this.#login = login;
    this.#session = session;
    this.#signal = AbortSignal.any([this.#stop.signal, session.signal]);
    this.roster = new Roster(shared.names());
    this.told = new Told(session.store);
    this.#served = new Served(session, shared.config.reactions === "line");
    const source = session.source("irc");
    const { store, log } = session;
    const relays = (id: string) => (login.role === "relay" ? undefined : shared.relayKey(id));
    this.keys = new Keys({ store, log, relays });
    this.membership = new Membership({
      login: login.id,
      log: session.log,
      names: () => shared.names(),
      roster: this.roster,
      keys: this.keys,
      cursor: (name) => source.cursor(name),
      client: () => this.#client,
      signal: this.#signal,
    });
    if (login.role === "relay") this.membership.want(shared.config.channels);
    this.#lasting = {
      shared,
      login,
      session,
      roster: this.roster,
      membership: this.membership,
      keys: this.keys,
      recent: this.recent,
      served: this.#served,
      accounts: new Accounts(),
      aside: asides(),
      ctcp: ctcpAnswers(),
      nicks: this.#nicks,
      features: (chat) => this.features(chat),
      signal: this.#signal,
    };
  }

  /** That of the last attempt, also where it is not registered. */
  get #client(): Client | undefined {
    return this.#life?.client;
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
    return this.#life?.reading;
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
    const roles = rolesIn(rulesFrom((name) => this.#client?.supports(name)));
    const reactionLines = reactions === "line";
    return featuresOf({ chat, abilities, relays, maxAge, reactionLines, roles });
  }

  /** Tells the roster again: whoever asks about a channel may not have listened when it was entered. */
  retell(channel: Channel): void {
    if (channel.complete) this.#life?.retell(channel);
  }

  /** It is connected and on a channel with that person. */
  sees(user: UserId): boolean {
    return this.#client?.registered === true && this.roster.spelling(user) !== undefined;
  }

  /** Bytes that others see before a line of ours. */
  get prefixBytes(): number {
    const { config } = this.#shared;
    const unknown = prefixOf(this.#login.account.nick, usernameOf(config, this.#login));
    return this.#client?.prefixBytes ?? unknown;
  }

  /** Resolves once the first attempt has ended well or badly; goes on by itself. */
  start(): Promise<void> {
    return new Promise((resolve) => {
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
    let tries = 0;
    while (!this.#signal.aborted) {
      const since = Date.now();
      const { error, again } = await this.#attempt(first);
      first();
      if (this.#signal.aborted) return;
      const waits = again === "soon" || (again === "seldom" && errorTable[error.code].transient);
      this.#session.state(waits ? "reconnecting" : "needs-login", error);
      // What stands in its way is told by the state, once; each try is for whoever looks closer.
      this.#session.log.debug("The IRC connection ended", { code: error.code, why: error.message });
      if (again === "never") return;
      tries = Date.now() - since > steadyMs ? 0 : tries + 1;
      const wait = Math.min(max * 1000, min * 1000 * 2 ** Math.max(0, tries - 1));
      const least = again === "seldom" ? Math.min(seldomMs, max * 1000) : 0;
      const ms = Math.max(least, wait) * (0.5 + Math.random() / 2);
      await sleep(ms, undefined, { signal: this.#signal }).catch(() => undefined);
    }
    first();
  }

  /** One connection from its first to its last byte; what fails beside it, such as the store, ends that alone. */
  async #attempt(registered: () => void): Promise<Ending> {
    return this.#live(registered).catch((error: unknown) => {
      if (error instanceof BridgeError && error.code === "invalid") return refusedHere(error);
      if (!(error instanceof BridgeError)) {
        const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#session.log.error("A connection to IRC broke off by a mistake", { error: why });
      }
      return { error: asBridgeError(error), again: "soon" };
    });
  }

  async #live(registered: () => void): Promise<Ending> {
    if (!this.#recalled) await Promise.all([this.#served.recall(), this.keys.recall()]);
    this.#recalled = true;
    const life = new Lifetime(this.#lasting, registered);
    this.#life = life;
    return life.run();
  }
}
