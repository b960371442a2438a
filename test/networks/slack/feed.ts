import { createHmac, randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import type { App, Channel, Post, Token, User, Wire, WireObject } from "./model.ts";
import type { World } from "./world.ts";
import { textOf } from "./model.ts";
import { acknowledgementProblems, frameIn, saidProblems } from "./heard.ts";
import { eventProblems, frameProblems, sessionProblems } from "./pushed.ts";

interface Envelope {
  readonly id: string;
  readonly payload: WireObject;
  attempt: number;
}

interface AppSocket {
  readonly app: App;
  readonly socket: WebSocket;
  readonly waiting: Map<string, Envelope>;
}

interface SessionSocket {
  readonly user: User;
  readonly socket: WebSocket;
  /** Whose presence it asked for: nobody else's is told. */
  watched: ReadonlySet<string>;
}

interface FeedOptions {
  readonly world: World;
  readonly fault: (what: string) => void;
  readonly changed: () => void;
}

/** How a call is signed, where it is not as Slack does it. */
export interface Forgery {
  readonly secret?: string;
  readonly at?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Brings events to sockets and to addresses; keeps what was not acknowledged, as Slack does. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #apps = new Set<AppSocket>();
  readonly #sessions = new Set<SessionSocket>();
  /** What a socket took to its end without an acknowledgement, for the next one. */
  readonly #again: Envelope[] = [];
  readonly #undelivered: { readonly app: App; readonly payload: WireObject }[] = [];
  readonly events = new EventEmitter<{ post: [Post, Channel] }>();
  /** Who may see an event, by its context. */
  readonly contexts = new Map<string, readonly Token[]>();
  /** Envelopes and events in the order in which they were acknowledged. */
  readonly acknowledged: string[] = [];
  /** Every event that was sent to an app, in order. */
  readonly sent: WireObject[] = [];
  /** Events for which nobody was listening. */
  lost = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get sockets(): number {
    return this.#apps.size + this.#sessions.size;
  }

  openApp(app: App, socket: WebSocket): void {
    const entry: AppSocket = { app, socket, waiting: new Map() };
    this.#apps.add(entry);
    socket.on("close", () => {
      this.#apps.delete(entry);
      this.#again.push(...entry.waiting.values());
      this.#options.changed();
    });
    socket.on("message", (raw: Buffer) => {
      const frame = this.#heard("an acknowledgement", raw, acknowledgementProblems);
      if (!frame) return;
      const id = textOf(frame["envelope_id"]);
      const envelope = entry.waiting.get(id);
      if (!envelope) this.#options.fault(`an acknowledgement of nothing: ${id}`);
      entry.waiting.delete(id);
      this.acknowledged.push(textOf(envelope?.payload["event_id"]));
      this.#options.changed();
    });
    this.#sendApp(socket, {
      type: "hello",
      num_connections: this.#apps.size,
      debug_info: { host: "sandbox", build_number: 1, approximate_connection_time: 18_060 },
      connection_info: { app_id: app.id },
    });
    for (const envelope of this.#again.splice(0)) this.#push(entry, envelope);
    this.#options.changed();
  }

  openSession(user: User, socket: WebSocket, heard: (frame: WireObject) => void): void {
    const entry: SessionSocket = { user, socket, watched: new Set() };
    this.#sessions.add(entry);
    socket.on("close", () => this.#sessions.delete(entry));
    socket.on("message", (raw: Buffer) => {
      const frame = this.#heard("a browser's frame", raw, saidProblems);
      if (!frame) return;
      if (frame["type"] === "ping")
        this.#sendSession(socket, { type: "pong", reply_to: frame["id"] ?? 0 });
      else if (frame["type"] === "presence_sub") this.#watch(entry, frame["ids"]);
      else heard(frame);
    });
    this.#sendSession(socket, { type: "hello", fast_reconnect: false });
  }

  /** Who is new in the list is told of at once, and everybody in it when it changes. */
  #watch(entry: SessionSocket, ids: unknown): void {
    const before = entry.watched;
    entry.watched = new Set(Array.isArray(ids) ? ids.map(textOf) : []);
    for (const id of entry.watched) {
      const user = this.#options.world.users.get(id);
      if (user && !before.has(id)) this.#sendSession(entry.socket, presenceOf(user));
    }
    this.#options.changed();
  }

  /** Somebody's presence has changed. */
  presence(user: User): void {
    for (const { watched, socket } of this.#sessions)
      if (watched.has(user.id)) this.#sendSession(socket, presenceOf(user));
  }

  #heard(
    what: string,
    raw: Buffer,
    problemsIn: (frame: WireObject) => readonly string[],
  ): WireObject | undefined {
    const frame = frameIn(raw);
    this.#judge(what, frame ? problemsIn(frame) : ["it is no JSON object"]);
    return frame;
  }

  #judge(what: string, problems: readonly string[]): void {
    for (const problem of problems) this.#options.fault(`${what}: ${problem}`);
  }

  #sendApp(socket: WebSocket, frame: WireObject): void {
    this.#judge("a frame", frameProblems(frame));
    send(socket, frame);
  }

  #sendSession(socket: WebSocket, frame: WireObject): void {
    this.#judge("a frame", sessionProblems(frame));
    send(socket, frame);
  }

  /** To everybody who is in the conversation: by their own sessions, and once to each app. */
  inChannel(channel: Channel, event: WireObject): void {
    this.tell(event, (user) => channel.members.has(user));
  }

  /** Events that only sessions get: typing, read marks, presence. */
  toSessions(event: WireObject, sees: (user: User) => boolean): void {
    for (const { user, socket } of this.#sessions) if (sees(user)) this.#sendSession(socket, event);
  }

  tell(event: WireObject, sees: (user: User) => boolean): void {
    const { world } = this.#options;
    const whole = { event_ts: world.ts(), ...event };
    this.toSessions(whole, sees);
    for (const app of world.apps) {
      const tokens = [...world.tokens.values()].filter(
        (token) =>
          token.app === app &&
          (token.kind === "bot" || token.kind === "user") &&
          !token.revoked &&
          token.user !== undefined &&
          sees(token.user),
      );
      if (tokens.length > 0) this.#toApp(app, tokens, whole);
    }
  }

  /** An event about the app itself. */
  toApp(app: App, event: WireObject): void {
    this.#toApp(app, [], { event_ts: this.#options.world.ts(), ...event });
  }

  #toApp(app: App, tokens: readonly Token[], event: WireObject): void {
    const { world } = this.#options;
    const context = `ctx-${randomUUID()}`;
    this.contexts.set(context, tokens);
    const payload: WireObject = {
      token: "verification",
      team_id: world.team.id,
      api_app_id: app.id,
      event,
      type: "event_callback",
      event_id: world.id("Ev"),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: tokens.slice(0, 1).map((token) => authorization(world, token)),
      is_ext_shared_channel: false,
      event_context: context,
    };
    this.#judge("an event", eventProblems(payload));
    this.sent.push(payload);
    if (app.eventsUrl !== undefined) {
      void this.post(app, payload);
      return;
    }
    const [entry] = [...this.#apps].filter((one) => one.app === app);
    if (entry) this.#push(entry, { id: randomUUID(), payload, attempt: 0 });
    else this.lost += 1;
  }

  #push({ socket, waiting }: AppSocket, envelope: Envelope): void {
    const retry = envelope.attempt > 0;
    waiting.set(envelope.id, { ...envelope, attempt: envelope.attempt + 1 });
    this.#sendApp(socket, {
      type: "events_api",
      envelope_id: envelope.id,
      payload: envelope.payload,
      accepts_response_payload: false,
      retry_attempt: envelope.attempt,
      retry_reason: retry ? "timeout" : "",
    });
  }

  /** The same event once more, as Slack does when an acknowledgement was too slow. */
  repeat(payload: WireObject): void {
    for (const entry of this.#apps) {
      this.#push(entry, { id: randomUUID(), payload, attempt: 1 });
      return;
    }
  }

  /** Signed, to the app's address; what is refused is kept for `redeliver`. */
  async post(app: App, payload: WireObject, forge: Forgery = {}): Promise<number> {
    const url = app.eventsUrl;
    if (url === undefined) throw new Error("the app has no address for events");
    const { secret = app.signingSecret, at = Math.floor(Date.now() / 1000) } = forge;
    const body = JSON.stringify(payload);
    const signed = createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex");
    const status = await fetch(url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "x-slack-request-timestamp": String(at),
        "x-slack-signature": `v0=${signed}`,
        ...forge.headers,
      },
    }).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) this.acknowledged.push(textOf(payload["event_id"]));
    else this.#undelivered.push({ app, payload });
    this.#options.changed();
    return status;
  }

  /** What was refused, once more. */
  async redeliver(): Promise<void> {
    for (const { app, payload } of this.#undelivered.splice(0)) await this.post(app, payload);
  }

  /** Asks every app to open a new socket, as happens every few hours. */
  recycle(): void {
    for (const { socket } of this.#apps)
      this.#sendApp(socket, {
        type: "disconnect",
        reason: "refresh_requested",
        debug_info: { host: "sandbox" },
      });
  }

  cut(): void {
    for (const { socket } of [...this.#apps, ...this.#sessions]) socket.terminate();
  }
}

const presenceOf = ({ id, presence }: User): WireObject => ({
  type: "presence_change",
  users: [id],
  presence,
});

/** Who a token is, as events and lists of authorizations say it. */
export const authorization = (world: World, token: Token): Wire => ({
  enterprise_id: null,
  team_id: world.team.id,
  user_id: token.user?.id ?? "",
  is_bot: token.kind === "bot",
  is_enterprise_install: false,
});

const send = (socket: WebSocket, frame: WireObject): void => socket.send(JSON.stringify(frame));
