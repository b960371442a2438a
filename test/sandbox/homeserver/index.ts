import type { Server } from "node:http";
import { accountRoutes } from "./account-api.ts";
import { Accounts } from "./accounts.ts";
import { Aliases } from "./aliases.ts";
import { AppservicePusher } from "./appservice-pusher.ts";
import { Appservice, Appservices, type Registration } from "./appservices.ts";
import { systemClock, type Clock } from "./clock.ts";
import { Ephemeral } from "./ephemeral.ts";
import { eventRoutes } from "./event-api.ts";
import type { ClientEvent } from "./events.ts";
import { Faults, type Aim, type Fault } from "./limits.ts";
import type { Json } from "./json.ts";
import { Media } from "./media.ts";
import { messageRoutes } from "./messages.ts";
import { Neighbour } from "./neighbour.ts";
import type { OutboxState } from "./outbox.ts";
import { Profiles } from "./profiles.ts";
import { hierarchyRoutes } from "./hierarchy.ts";
import { roomRoutes } from "./room-api.ts";
import type { Room } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { Router } from "./router.ts";
import { listen, stopListening, type RequestRecord, type ServerParts } from "./server.ts";
import { Stream } from "./stream.ts";
import { Transactions } from "./transactions.ts";
import { pushRoutes } from "./push-rules.ts";
import { tagRoutes } from "./tags.ts";
import { userRoutes } from "./user-api.ts";
import { UserData } from "./user-data.ts";
import type { World } from "./world.ts";

export { ManualClock, systemClock, type Clock } from "./clock.ts";
export type { ClientEvent } from "./events.ts";
export type { Aim, Fault, Match } from "./limits.ts";
export type { Neighbour } from "./neighbour.ts";
export type { OutboxState } from "./outbox.ts";
export type { Registration } from "./appservices.ts";
export type { RequestRecord } from "./server.ts";

const REMEMBERED_REQUESTS = 200_000;

/** How to open a sandbox homeserver. Everything has a default. */
export type SandboxOptions = {
  readonly serverName?: string | undefined;
  /** Parsed registration.yaml objects; more can be added while it runs. */
  readonly appservices?: readonly Registration[] | undefined;
  readonly clock?: Clock | undefined;
  readonly port?: number | undefined;
  readonly maxUploadBytes?: number | undefined;
  /** False makes it a server from before authenticated media. */
  readonly authenticatedMedia?: boolean | undefined;
};

/**
 * A homeserver in this process, over real HTTP: what a bridge and plain test clients use, answering
 * as Synapse does (the conformance cases run on both), with faults on demand and everything countable.
 */
export class SandboxHomeserver {
  readonly #world: World;
  readonly #router: Router;
  readonly #faults = new Faults();
  readonly #hanging = new Set<() => void>();
  readonly #neighbours: Neighbour[] = [];
  #requests: RequestRecord[] = [];
  #server: Server | undefined;
  #port = 0;

  private constructor(world: World) {
    this.#world = world;
    this.#router = new Router([
      ...accountRoutes(world),
      ...roomRoutes(world),
      ...hierarchyRoutes(world),
      ...eventRoutes(world),
      ...messageRoutes(world),
      ...userRoutes(world),
      ...tagRoutes(world),
      ...pushRoutes(world),
      ...world.media.routes(),
      ...world.pusher.routes(),
    ]);
  }

  /** Opens a homeserver on loopback. */
  static async listen(options: SandboxOptions = {}): Promise<SandboxHomeserver> {
    const homeserver = new SandboxHomeserver(worldOf(options));
    for (const registration of options.appservices ?? []) homeserver.addAppservice(registration);
    homeserver.#port = options.port ?? 0;
    await homeserver.start();
    return homeserver;
  }

  get serverName(): string {
    return this.#world.serverName;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Registers an appservice, or reads its registration anew. */
  addAppservice(registration: Registration): void {
    const appservice = new Appservice(registration, this.serverName);
    this.#world.appservices.add(appservice);
    this.#world.pusher.add(appservice);
  }

  /** Makes an ordinary account without the round trips of registration. */
  addUser(localpart: string, password = "secret"): { userId: string; accessToken: string } {
    const userId = this.#world.accounts.create(localpart, password);
    this.#world.profiles.open(userId, localpart);
    return { userId, accessToken: this.#world.accounts.openDevice(userId).access_token };
  }

  /** Refuses connections and cuts the open ones; what the server knows stays. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#world.pusher.stop();
    for (const drop of this.#hanging) drop();
    this.#hanging.clear();
    if (server) await stopListening(server);
  }

  /** Listens again on the same port. `forgetTransactions` is what a restart of Synapse does. */
  async start(options: { forgetTransactions?: boolean } = {}): Promise<void> {
    if (this.#server) return;
    if (options.forgetTransactions) this.#world.transactions.forget();
    const opened = await listen(this.#parts(), this.#port);
    this.#server = opened.server;
    this.#port = opened.port;
    this.#world.pusher.start();
  }

  #parts(): ServerParts {
    return {
      world: this.#world,
      router: this.#router,
      strike: (request) => this.#faults.strike(request),
      record: (record) => this.#record(record),
    };
  }

  /** Another homeserver that has all rooms of this one, and people of its own. */
  async neighbour(serverName: string): Promise<Neighbour> {
    const neighbour = new Neighbour(serverName, this.#parts());
    this.#neighbours.push(neighbour);
    await neighbour.start();
    return neighbour;
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.stop();
    for (const neighbour of this.#neighbours) await neighbour.stop();
  }

  /** Logs a session out, as its owner does on another device. */
  endSession(accessToken: string): void {
    this.#world.accounts.closeDevice(accessToken);
  }

  /** One more session of somebody, with a token of its own. */
  openSession(userId: string): { accessToken: string; deviceId: string } {
    const { access_token: accessToken, device_id: deviceId } =
      this.#world.accounts.openDevice(userId);
    return { accessToken, deviceId };
  }

  /** What somebody keeps for themselves: account data, of a room or of all. */
  accountData(userId: string, type: string, roomId = ""): Json | undefined {
    return this.#world.userData.get(userId, { roomId, type });
  }

  /** Answers 429 M_LIMIT_EXCEEDED. */
  rateLimit(aim: Aim & { retryAfterMs: number }): Fault {
    return this.#faults.add(aim, { kind: "rate-limit", retryAfterMs: aim.retryAfterMs });
  }

  /** Answers with an error status and does nothing. */
  fail(aim: Aim & { status: number }): Fault {
    return this.#faults.add(aim, { kind: "fail", status: aim.status });
  }

  /**
   * Keeps requests waiting, undone, until `release()`; they are then handled, also when the client
   * has given up meanwhile: what a slow server does. Stopping the server drops them.
   */
  hang(aim: Aim): Fault {
    const { promise: released, resolve } = Promise.withResolvers<"go on" | "drop">();
    const drop = (): void => resolve("drop");
    this.#hanging.add(drop);
    return this.#faults.add(aim, { kind: "hang", released }, () => {
      this.#hanging.delete(drop);
      resolve("go on");
    });
  }

  /** Does what is asked and cuts the connection instead of answering. */
  swallowReply(aim: Aim): Fault {
    return this.#faults.add(aim, { kind: "swallow-reply" });
  }

  /** Requests since the start or the last `clearRequests()`, in the order they came. */
  get requests(): readonly RequestRecord[] {
    return this.#requests;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  /** A room by id, with its timeline as clients would see it. */
  room(id: string): { timeline: ClientEvent[]; joined: string[]; aliases: string[] } {
    const room = this.#world.rooms.find(id);
    if (!room) throw new Error(`There is no room ${id} on ${this.serverName}`);
    return {
      timeline: room.timeline.map(({ event }) => event),
      joined: [...room.joined],
      aliases: [...room.aliases],
    };
  }

  /** The bytes behind an `mxc://` of this server, once they are there. */
  content(mxc: string): { readonly bytes: Uint8Array; readonly type: string } | undefined {
    return this.#world.media.content(mxc);
  }

  /** Ids of all rooms, oldest first. */
  rooms(): string[] {
    return [...this.#world.rooms.all()].map((room) => room.id);
  }

  /** Calls back for every event of every room from now on; the returned function ends it. */
  onEvent(listener: (event: ClientEvent) => void): () => void {
    return this.#world.rooms.onEvent((stored) => listener(stored.event));
  }

  /** The first event that fits, already there or yet to come; rejects when the time is over. */
  async until(fits: (event: ClientEvent) => boolean, timeoutMs = 20_000): Promise<ClientEvent> {
    for (const room of this.#world.rooms.all()) {
      const known = firstFitting(room, fits);
      if (known) return known;
    }
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`No event fitted within ${timeoutMs} ms`));
      }, timeoutMs);
      const stop = this.onEvent((event) => {
        if (!fits(event)) return;
        clearTimeout(timer);
        stop();
        resolve(event);
      });
    });
  }

  /** Pushes the last acknowledged transaction again; resolves when it is acknowledged. */
  async replayLastTransaction(how: { newId: boolean; appservice?: string }): Promise<void> {
    await this.#world.pusher.outbox(how.appservice).replay(how.newId);
  }

  /** Ends every back-off now. */
  retryNow(): void {
    this.#world.pusher.retryNow();
  }

  /** How far the transactions of an appservice are. */
  outbox(appservice?: string): OutboxState {
    return this.#world.pusher.outbox(appservice).state();
  }

  #record(record: RequestRecord): void {
    if (this.#requests.length >= REMEMBERED_REQUESTS)
      this.#requests.splice(0, REMEMBERED_REQUESTS / 2);
    this.#requests.push(record);
  }
}

function firstFitting(room: Room, fits: (event: ClientEvent) => boolean): ClientEvent | undefined {
  return room.timeline.find(({ event }) => fits(event))?.event;
}

function worldOf(options: SandboxOptions): World {
  const { serverName = "sandbox.test", clock = systemClock } = options;
  const stream = new Stream(clock);
  const rooms = new Rooms(clock, stream);
  const appservices = new Appservices();
  const accounts = new Accounts(serverName, appservices);
  const ephemeral = new Ephemeral({ clock, stream, rooms });
  const aliases = new Aliases({ rooms, appservices, accounts });
  const pusher = new AppservicePusher({ clock, accounts, appservices, rooms, ephemeral });
  aliases.answerWith((alias) => pusher.queryAlias(alias));
  return {
    serverName,
    clock,
    stream,
    rooms,
    appservices,
    accounts,
    ephemeral,
    aliases,
    pusher,
    profiles: new Profiles(rooms),
    transactions: new Transactions(clock),
    userData: new UserData(stream),
    media: new Media({
      serverName,
      clock,
      maxUploadBytes: options.maxUploadBytes ?? 50 * 1024 * 1024,
      authenticated: options.authenticatedMedia ?? true,
    }),
  };
}
