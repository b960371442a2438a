import { Agent } from "node:http";
import type { Accounts } from "./accounts.ts";
import type { Appservice, Appservices } from "./appservices.ts";
import type { Clock } from "./clock.ts";
import type { Ephemeral } from "./ephemeral.ts";
import { ApiError, badRequest, forbidden } from "./errors.ts";
import type { StoredEvent } from "./events.ts";
import { Outbox } from "./outbox.ts";
import { callAppservice, type Answer } from "./outgoing.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import { route, type Route } from "./router.ts";

type Parts = {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly appservices: Appservices;
  readonly rooms: Rooms;
  readonly ephemeral: Ephemeral;
};

/** Everything the homeserver says to appservices: transactions, user and alias queries, pings. */
export class AppservicePusher {
  readonly #parts: Parts;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #outboxes = new Map<string, Outbox>();
  #abort = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.rooms.onEvent((stored, room) => this.#offer(stored, room));
    parts.ephemeral.onEvent((event, { room, userId }) => {
      for (const outbox of this.#outboxes.values()) {
        const wants = room ? outbox.wantsRoom(room) : this.#sharesRoom(outbox, userId);
        if (wants && outbox.appservice.ephemeralKeys().length > 0) outbox.addEphemeral(event);
      }
    });
  }

  /** Opens the queue of an appservice; rooms that are there already count for its interest. */
  add(appservice: Appservice): void {
    const known = this.#outboxes.get(appservice.id);
    const { clock } = this.#parts;
    const outbox = known ?? new Outbox(appservice, { clock, agent: this.#agent });
    known?.reload(appservice);
    for (const room of this.#parts.rooms.all()) outbox.noteRoom(room);
    this.#outboxes.set(appservice.id, outbox);
  }

  /** The queue of an appservice; without an id that of the only one. */
  outbox(id?: string): Outbox {
    const outbox = id === undefined ? [...this.#outboxes.values()][0] : this.#outboxes.get(id);
    if (!outbox) throw new Error(`No appservice ${id ?? ""} is registered`);
    return outbox;
  }

  retryNow(): void {
    for (const outbox of this.#outboxes.values()) outbox.retryNow();
  }

  stop(): void {
    this.#abort.abort();
    for (const outbox of this.#outboxes.values()) outbox.stop();
    this.#agent.destroy();
  }

  start(): void {
    this.#abort = new AbortController();
    for (const outbox of this.#outboxes.values()) outbox.start();
  }

  /** Asks the appservices that claim an unknown alias; true when one says it exists now. */
  async queryAlias(alias: string): Promise<boolean> {
    const path = `/rooms/${encodeURIComponent(alias)}`;
    return await this.#ask(path, (appservice) => appservice.claims("aliases", alias));
  }

  routes(): Route[] {
    return [
      route("POST", "/_matrix/client/v1/appservice/:id/ping", async (call) => {
        const { appservice } = call.requester;
        if (!appservice)
          throw forbidden("Only application services can use the /appservice/ping endpoint");
        if (appservice.id !== call.params["id"]) {
          throw forbidden("Mismatching application service ID in path");
        }
        const started = performance.now();
        await this.#ping(appservice, call.json()["transaction_id"]);
        this.#outboxes.get(appservice.id)?.pinged();
        return { duration_ms: Math.round(performance.now() - started) };
      }),
    ];
  }

  #offer(stored: StoredEvent, room: Room): void {
    const isMember = stored.event.type === "m.room.member";
    let known: Promise<void> | undefined;
    let asked = false;
    for (const outbox of this.#outboxes.values()) {
      if (isMember) outbox.noteMember(room, stored);
      if (!outbox.wantsEvent(room, stored)) continue;
      if (!asked && isMember) known = this.#queryUser(stored.event.state_key ?? "");
      asked = true;
      outbox.addEvent(room, stored, known);
    }
  }

  #queryUser(userId: string): Promise<void> | undefined {
    const { accounts } = this.#parts;
    const isBot = [...this.#parts.appservices.all()].some(({ botId }) => botId === userId);
    if (isBot || accounts.exists(userId) || !accounts.isLocal(userId)) return undefined;
    const path = `/users/${encodeURIComponent(userId)}`;
    const asked = this.#ask(path, (appservice) => appservice.isInterestedIn(userId));
    return asked.then(() => undefined);
  }

  async #ask(path: string, whom: (appservice: Appservice) => boolean): Promise<boolean> {
    for (const appservice of this.#parts.appservices.all()) {
      if (!whom(appservice) || appservice.registration.url === null) continue;
      const answer = await this.#call(appservice, { method: "GET", path }).catch(() => undefined);
      if (answer?.status === 200) return true;
    }
    return false;
  }

  async #ping(appservice: Appservice, transactionId: unknown): Promise<void> {
    if (appservice.registration.url === null) {
      throw badRequest("M_URL_NOT_SET", "The application service does not have a URL set");
    }
    const body = JSON.stringify({ transaction_id: transactionId ?? null });
    const answer = await this.#call(appservice, { method: "POST", path: "/ping", body }).catch(
      (cause) => {
        const error = `ConnectError: ${String(cause)}`;
        throw new ApiError(502, { errcode: "M_CONNECTION_FAILED", error });
      },
    );
    if (answer.status >= 200 && answer.status < 300) return;
    const error = `HTTP ${answer.status}`;
    throw new ApiError(502, {
      errcode: "M_BAD_STATUS",
      error,
      status: answer.status,
      body: answer.body,
    });
  }

  async #call(appservice: Appservice, call: Parameters<typeof callAppservice>[1]): Promise<Answer> {
    return await callAppservice(appservice, call, {
      agent: this.#agent,
      signal: this.#abort.signal,
    });
  }

  #sharesRoom(outbox: Outbox, userId: string): boolean {
    for (const room of this.#parts.rooms.knownTo(userId)) {
      if (room.joined.has(userId) && outbox.wantsRoom(room)) return true;
    }
    return false;
  }
}
