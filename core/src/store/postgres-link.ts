import { Socket } from "node:net";
import { Client } from "pg";
import type { Log, Millis } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { systemClock } from "../flow/gate.ts";
import { StoreBroken } from "./errors.ts";
import { configOf, isLost, lost, placeOf, setUpWriting, whyOf } from "./postgres-connection.ts";
import { Ownership } from "./postgres-ownership.ts";
import { demandFit, demandUri, notOpened } from "./postgres-start.ts";

export interface LinkOptions {
  readonly uri: string;
  readonly shard: number;
  readonly log: Log;
  /** How long the first connection is tried for: the database may start after the box. */
  readonly startPatience: Millis;
  /** How long a commit waits for a database that is away before it is refused. */
  readonly outagePatience: Millis;
  /** Makes the schema what this program wants; runs once, owning the store. */
  readonly prepare: (client: Client) => Promise<void>;
}

const backoff = { first: 100, most: 5_000 };
/** How long a close waits for a database that is away. */
const closePatience = 5_000;

/**
 * The one connection that writes, made anew whenever it is lost. It owns the store as long as its
 * session lives, so nobody else's writing ever comes between two of ours.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #ownership: Ownership;
  readonly #closing = new AbortController();
  #client: Client | undefined;
  #up = Promise.withResolvers<Client>();
  #why = "";
  readonly #sockets = new WeakMap<Client, Socket>();
  /** Why there will be no connection any more. */
  #end: StoreBroken | undefined;
  #place = "";

  private constructor(options: LinkOptions) {
    this.#options = options;
    this.#ownership = new Ownership(options.shard);
    this.#up.promise.catch(() => undefined);
  }

  /** @throws StoreBroken when it cannot be used, is not there in time, or another box has it. */
  static async open(options: LinkOptions): Promise<Link> {
    demandUri(options.uri);
    const link = new Link(options);
    const client = await link.#firstConnection();
    try {
      await demandFit(client, link.#place);
      await link.#ownership.claim(client, link.#place);
      await options.prepare(client);
      await link.#ownership.begin(client);
    } catch (thrown) {
      await client.end().catch(() => undefined);
      throw notOpened(thrown, link.#place);
    }
    link.#take(client);
    return link;
  }

  /** Where the database is, without the password. */
  get place(): string {
    return this.#place;
  }

  /** Why there is no connection. */
  get away(): StoreBroken | undefined {
    return this.#client ? undefined : (this.#end ?? this.#notThere());
  }

  /** Why what was begun on a connection that is not in use any more cannot go on. */
  get loss(): StoreBroken {
    return lost(new Error(this.#why));
  }

  /** Whether that is the connection in use. */
  holds(client: Client): boolean {
    return this.#client === client;
  }

  /**
   * The connection; waits for one that is away.
   * @throws StoreBroken when it does not come back in time: nothing was asked of it.
   */
  async ready(): Promise<Client> {
    if (this.#client) return this.#client;
    if (this.#end) throw this.#end;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(this.#notThere()), this.#options.outagePatience);
    try {
      return await Promise.race([this.#up.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is asked until this turn's promises have settled leaves in one go, not packet by packet. */
  together(client: Client): void {
    const socket = this.#sockets.get(client);
    if (!socket || socket.writableCorked > 0) return;
    socket.cork();
    process.nextTick(() => socket.uncork());
  }

  /** Nothing more can be asked of that connection. */
  drop(client: Client, thrown: unknown): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#why = whyOf(thrown);
    this.#up = Promise.withResolvers<Client>();
    this.#up.promise.catch(() => undefined);
    client.end().catch(() => undefined);
    if (this.#closing.signal.aborted) return;
    this.#options.log.warn("The connection to the database was lost; it is made again", {
      database: this.#place,
      why: this.#why,
    });
    void this.#reconnect();
  }

  /** The name of the next commit, to be written in it. */
  nextMark(): string {
    return this.#ownership.nextMark();
  }

  /** The commit of that name is known to be durable. */
  marked(mark: string): void {
    this.#ownership.marked(mark);
  }

  /**
   * Whether a commit whose answer was lost is in the database. Waits for the database however long
   * it takes: there is no honest answer before that. Sure, because the lock that the new session
   * holds is only let go of once the old one has ended, with its commit done or undone.
   * @throws StoreBroken when the store is closed first, or belongs to somebody else by now.
   */
  async holdsCommit(mark: string): Promise<boolean> {
    if (!this.#client && !this.#end) await this.#up.promise;
    if (this.#end) throw this.#end;
    return this.#ownership.last === mark;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = this.#client;
    this.#client = undefined;
    this.#finish(new StoreBroken("Nothing was stored – the store is closed."));
    await client?.end().catch(() => undefined);
  }

  /** Whoever waits for a database that is away is told so soon: the box ends. */
  hurry(): () => void {
    const timer = setTimeout(() => {
      if (!this.#client) this.#finish(this.#notThere());
    }, closePatience);
    return () => clearTimeout(timer);
  }

  #notThere(): StoreBroken {
    return new StoreBroken(
      `Nothing was stored – the database at ${this.#place} is away: ${this.#why} – see that it runs and can be reached; the box goes on by itself.`,
    );
  }

  #finish(why: StoreBroken): void {
    this.#end ??= why;
    this.#closing.abort();
    this.#up.reject(this.#end);
  }

  #take(client: Client): void {
    this.#client = client;
    client.once("error", (thrown) => this.drop(client, thrown));
    client.once("end", () => this.drop(client, new Error("the server closed it")));
    this.#up.resolve(client);
  }

  async #firstConnection(): Promise<Client> {
    const { startPatience, log } = this.#options;
    const until = performance.now() + startPatience;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#connect();
      } catch (thrown) {
        if (!isLost(thrown) || performance.now() > until) {
          throw notOpened(thrown, this.#place, startPatience);
        }
        if (failures === 1) {
          log.warn("The database does not answer yet; it is tried again", {
            database: this.#place,
            why: whyOf(thrown),
          });
        }
        await systemClock.sleep(delayAfter(failures, { first: 100, most: 1_000 }));
      }
    }
  }

  async #connect(): Promise<Client> {
    const socket = new Socket();
    const stream = (): Socket => socket;
    const client = new Client({ ...configOf(this.#options.uri), pipeline: true, stream });
    this.#sockets.set(client, socket);
    this.#place = placeOf(client);
    // Whoever waits for a query is told by the query; this only keeps the process from ending.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await setUpWriting(client);
      return client;
    } catch (thrown) {
      await client.end().catch(() => undefined);
      throw thrown;
    }
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const client = await this.#connect();
        if (await this.#isOurs(client)) return;
      } catch (thrown) {
        this.#why = whyOf(thrown);
        if (thrown instanceof StoreBroken) {
          this.#options.log.error("The store is not ours any more", { why: thrown.message });
          return this.#finish(thrown);
        }
      }
      await systemClock.sleep(delayAfter(failures, backoff), signal);
    }
  }

  /** False: the session before still has the lock, or something failed on the way. */
  async #isOurs(client: Client): Promise<boolean> {
    try {
      if (this.#closing.signal.aborted || !(await this.#ownership.resume(client, this.#place))) {
        await client.end();
        return false;
      }
    } catch (thrown) {
      await client.end().catch(() => undefined);
      throw thrown;
    }
    this.#take(client);
    this.#options.log.info("The database is back", { database: this.#place });
    return true;
  }
}
