import type { Agent } from "node:http";
import type { Appservice } from "./appservices.ts";
import type { Clock } from "./clock.ts";
import { shown, type StoredEvent } from "./events.ts";
import type { Json } from "./json.ts";
import { callAppservice } from "./outgoing.ts";
import type { Room } from "./room.ts";
import { strippedState } from "./stripped-state.ts";

const BATCH = 100;
const SLOWEST_EXPONENT = 9;

type OutgoingTransaction = {
  readonly id: string;
  readonly body: string;
  /** How many events are in it. */
  readonly events: number;
  readonly done?: () => void;
};

/** What one outbox has pushed and still has to push; `waiting` counts no typing, receipts or presence. */
export type OutboxState = {
  readonly delivered: number;
  readonly waiting: number;
  readonly isDown: boolean;
};

/**
 * One appservice's queue: a single transaction in flight, at most 100 events in each, and the very
 * same transaction again, with Synapse's back-off, until it is answered with 200.
 */
export class Outbox {
  #appservice: Appservice;
  readonly #clock: Clock;
  readonly #agent: Agent;
  readonly #members = new WeakMap<Room, number>();
  #events: { stored: StoredEvent; room: Room }[] = [];
  #ephemeral: Json[] = [];
  #transactions: OutgoingTransaction[] = [];
  #last: OutgoingTransaction | undefined;
  #nextId = 1;
  #exponent = 0;
  #delivered = 0;
  #running = false;
  #hastened = false;
  #dormant = false;
  #barrier: Promise<void> | undefined;
  #cancelRetry: () => void = () => undefined;
  #abort = new AbortController();

  constructor(appservice: Appservice, world: { clock: Clock; agent: Agent }) {
    this.#appservice = appservice;
    this.#clock = world.clock;
    this.#agent = world.agent;
  }

  get appservice(): Appservice {
    return this.#appservice;
  }

  /** Reads the registration anew; what waits to be pushed stays. */
  reload(appservice: Appservice): void {
    this.#appservice = appservice;
  }

  /** How far the queue is, for tests that wait for it. */
  state(): OutboxState {
    const transactions = this.#transactions.filter(({ events }) => events > 0);
    const waiting = this.#events.length + transactions.length;
    return { delivered: this.#delivered, waiting, isDown: this.#exponent > 0 };
  }

  /** Counts the appservice's own people in a room, so that interest is one look-up per event. */
  noteMember(room: Room, stored: StoredEvent): void {
    const userId = stored.event.state_key ?? "";
    if (!this.appservice.isInterestedIn(userId)) return;
    const was = stored.replaced?.event.content["membership"] === "join" ? 1 : 0;
    const is = stored.event.content["membership"] === "join" ? 1 : 0;
    this.#members.set(room, (this.#members.get(room) ?? 0) + is - was);
  }

  /** Counts a room that was there before the appservice. */
  noteRoom(room: Room): void {
    const count = [...room.joined].filter((userId) =>
      this.appservice.isInterestedIn(userId),
    ).length;
    this.#members.set(room, count);
  }

  /** Whether the room as such is the appservice's business: by id, alias or member. */
  wantsRoom(room: Room): boolean {
    if ((this.#members.get(room) ?? 0) > 0 || this.appservice.claims("rooms", room.id)) return true;
    for (const alias of room.aliases) if (this.appservice.claims("aliases", alias)) return true;
    return false;
  }

  /** Synapse's rule of interest in an event. */
  wantsEvent(room: Room, { event }: StoredEvent): boolean {
    if (this.appservice.isInterestedIn(event.sender)) return true;
    const isAboutOurs =
      event.type === "m.room.member" && this.appservice.isInterestedIn(event.state_key ?? "");
    return isAboutOurs || this.wantsRoom(room);
  }

  /** Queues an event; `after` must be over before it may leave (user queries). */
  addEvent(room: Room, stored: StoredEvent, after: Promise<void> | undefined): void {
    this.#events.push({ stored, room });
    if (after) this.#barrier = Promise.all([this.#barrier, after]).then(() => undefined);
    if (this.#dormant) {
      this.#dormant = false;
      this.#exponent = 0;
      this.#backOff(this.#abort.signal);
    } else this.#pump();
  }

  /** Queues an ephemeral event; one that comes while the appservice is down is dropped, as in Synapse. */
  addEphemeral(event: Json): void {
    if (this.#exponent > 0) return;
    this.#ephemeral.push(event);
    this.#pump();
  }

  /** What an answered ping does: it ends the back-off, but wakes nobody after a restart. */
  pinged(): void {
    if (!this.#dormant) this.retryNow();
  }

  /** Tries again at once instead of waiting out the back-off. */
  retryNow(): void {
    this.#dormant = false;
    this.#cancelRetry();
    this.#pump(true);
  }

  /** Pushes the last acknowledged transaction once more, under its own id or a fresh one. */
  async replay(newId: boolean): Promise<void> {
    const last = this.#last;
    if (!last) throw new Error("Nothing was replayed: no transaction has been acknowledged yet");
    await new Promise<void>((done) => {
      const id = newId ? this.#takeId() : last.id;
      this.#transactions.push({ ...last, id, done });
      this.#pump();
    });
  }

  /** Stops pushing: what is in flight is cut off and stays queued. */
  stop(): void {
    this.#cancelRetry();
    this.#abort.abort();
  }

  /**
   * Pushes again. An appservice that was down stays so until the next event for it: Synapse starts
   * its recovery, with a new back-off, only then, and a ping before that does nothing.
   */
  start(): void {
    this.#abort = new AbortController();
    this.#dormant = this.#exponent > 0;
    if (!this.#dormant) this.#pump(true);
  }

  #pump(evenIfDown = false): void {
    const isHeld =
      this.#running || this.#abort.signal.aborted || this.appservice.registration.url === null;
    if (evenIfDown && this.#running) this.#hastened = true;
    if (isHeld || (this.#exponent > 0 && !evenIfDown)) return;
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
      const hastened = this.#hastened;
      this.#hastened = false;
      if (hastened || (this.#exponent === 0 && this.#hasMore())) this.#pump(hastened);
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    await Promise.resolve();
    while (!signal.aborted) {
      await this.#barrier;
      const transaction = this.#transactions[0] ?? this.#form();
      if (!transaction) {
        this.#exponent = 0;
        return;
      }
      if (!(await this.#send(transaction, signal))) return this.#backOff(signal);
      this.#transactions.shift();
      this.#last = transaction;
      this.#delivered += 1;
      this.#exponent = Math.min(this.#exponent, 1);
      transaction.done?.();
    }
  }

  #hasMore(): boolean {
    return this.#events.length + this.#transactions.length + this.#ephemeral.length > 0;
  }

  #form(): OutgoingTransaction | undefined {
    if (this.#events.length === 0 && this.#ephemeral.length === 0) return undefined;
    const now = this.#clock.now();
    const events = this.#events.splice(0, BATCH).map(({ stored, room }) => {
      const event = shown(stored, now);
      if (event.content["membership"] !== "invite" || event.type !== "m.room.member") return event;
      const invite_room_state = strippedState(room, event.state_key ?? "");
      return { ...event, unsigned: { ...event.unsigned, invite_room_state } };
    });
    const ephemeral = this.#ephemeral.splice(0, BATCH);
    const keys = this.appservice.ephemeralKeys();
    const body = JSON.stringify({
      events,
      ...Object.fromEntries(keys.map((key) => [key, ephemeral])),
    });
    const transaction = { id: this.#takeId(), body, events: events.length };
    this.#transactions.push(transaction);
    return transaction;
  }

  #takeId(): string {
    const id = String(this.#nextId);
    this.#nextId += 1;
    return id;
  }

  async #send({ id, body }: OutgoingTransaction, signal: AbortSignal): Promise<boolean> {
    const call = { method: "PUT", path: `/transactions/${id}`, body } as const;
    try {
      const answer = await callAppservice(this.appservice, call, { agent: this.#agent, signal });
      return answer.status >= 200 && answer.status < 300;
    } catch {
      return false;
    }
  }

  #backOff(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#ephemeral = [];
    this.#cancelRetry();
    this.#exponent = Math.min(this.#exponent + 1, SLOWEST_EXPONENT);
    this.#cancelRetry = this.#clock.after(2 ** this.#exponent * 1000, () => this.#pump(true));
  }
}
