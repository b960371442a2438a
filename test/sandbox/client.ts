import { setTimeout as delay } from "node:timers/promises";

/** A JSON object in a reply. */
export type Body = Record<string, unknown>;

/** An event as a test looks at it. */
export type SeenEvent = {
  readonly event_id: string;
  readonly room_id: string;
  readonly type: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly content: Body;
  readonly state_key?: string | undefined;
  readonly redacts?: string | undefined;
  readonly unsigned: Body;
};

/** A reply with its status: errors are for the caller to judge. */
export type HttpReply = { readonly status: number; readonly body: Body };

/** One HTTP call to a homeserver; the token goes into the header. */
export async function call(
  homeserver: { readonly url: string; readonly token?: string | undefined },
  method: string,
  request:
    | string
    | { readonly path: string; readonly body?: unknown; readonly signal?: AbortSignal },
): Promise<HttpReply> {
  const { path, body, signal } = typeof request === "string" ? { path: request } : request;
  const response = await fetch(`${homeserver.url}${path}`, {
    method,
    headers: {
      ...(homeserver.token === undefined ? {} : { authorization: `Bearer ${homeserver.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  const value: unknown = await response.json().catch(() => ({}));
  return { status: response.status, body: asBody(value) };
}

/** An object as a Body; lists come under the key `list`. */
export function asBody(value: unknown): Body {
  if (Array.isArray(value)) return { list: value };
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The string under a key of a reply; a test fails here when it is missing. */
export function textOf(body: Body, key: string): string {
  const value = body[key];
  if (typeof value !== "string") throw new Error(`No ${key} in ${JSON.stringify(body)}`);
  return value;
}

/** The list under a key of a reply as objects. */
export function listOf(body: Body, key: string): Body[] {
  const value = body[key];
  return Array.isArray(value) ? value.map(asBody) : [];
}

const V3 = "/_matrix/client/v3";
const segment = encodeURIComponent;

/**
 * A person with a plain Matrix client, for journeys and end-to-end tests. It speaks to the sandbox
 * and to real homeservers alike, throws on any error reply, and reads by `/sync`.
 */
export class MatrixUser {
  readonly url: string;
  readonly userId: string;
  readonly #token: string;
  readonly #seen: SeenEvent[] = [];
  readonly #invites = new Set<string>();
  /** Names of the spaces it was invited to, by room. */
  readonly #spaces = new Map<string, string>();
  #since: string | undefined;
  #transaction = 0;

  constructor(account: { url: string; userId: string; accessToken: string }) {
    this.url = account.url;
    this.userId = account.userId;
    this.#token = account.accessToken;
  }

  /** Any call of the client-server API, below `/_matrix/client/v3` unless the path says otherwise. */
  async request(method: string, path: string, body?: unknown): Promise<Body> {
    const whole = path.startsWith("/_matrix/") ? path : `${V3}${path}`;
    const reply = await call({ url: this.url, token: this.#token }, method, { path: whole, body });
    if (reply.status >= 400) {
      throw new Error(
        `${method} ${path} was answered with ${reply.status} ${JSON.stringify(reply.body)}`,
      );
    }
    return reply.body;
  }

  /** Stores a file on the homeserver; gives its `mxc:` address. */
  async upload(bytes: Uint8Array, type: string): Promise<string> {
    const reply = await this.#media("POST", "/_matrix/media/v3/upload", {
      headers: { "content-type": type },
      body: new Uint8Array(bytes),
    });
    return textOf(asBody(await reply.json()), "content_uri");
  }

  async download(mxc: string): Promise<Buffer> {
    const path = `/_matrix/client/v1/media/download/${mxc.replace("mxc://", "")}`;
    return Buffer.from(await (await this.#media("GET", path)).arrayBuffer());
  }

  async #media(
    method: string,
    path: string,
    {
      headers = {},
      body,
    }: { headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Response> {
    const authorised = { ...headers, authorization: `Bearer ${this.#token}` };
    const given = body === undefined ? {} : { body };
    const reply = await fetch(this.url + path, { method, headers: authorised, ...given });
    if (!reply.ok) throw new Error(`${method} ${path} was answered with ${reply.status}`);
    return reply;
  }

  async createRoom(options: Body = {}): Promise<string> {
    return textOf(await this.request("POST", "/createRoom", options), "room_id");
  }

  /** Joins by room id or alias. */
  async join(room: string): Promise<string> {
    return textOf(await this.request("POST", `/join/${segment(room)}`, {}), "room_id");
  }

  async leave(room: string): Promise<void> {
    await this.request("POST", `/rooms/${segment(room)}/leave`, {});
  }

  async invite(room: string, userId: string): Promise<void> {
    await this.request("POST", `/rooms/${segment(room)}/invite`, { user_id: userId });
  }

  async kick(room: string, userId: string, reason?: string): Promise<void> {
    await this.request("POST", `/rooms/${segment(room)}/kick`, { user_id: userId, reason });
  }

  /** Sends a text, or any content, and gives the event id. */
  async send(room: string, content: string | Body, type = "m.room.message"): Promise<string> {
    const body = typeof content === "string" ? { msgtype: "m.text", body: content } : content;
    const path = `/rooms/${segment(room)}/send/${segment(type)}/${this.#nextTransaction()}`;
    return textOf(await this.request("PUT", path, body), "event_id");
  }

  /** Replaces the text of an earlier message. */
  async edit(room: string, eventId: string, body: string): Promise<string> {
    return await this.send(room, {
      msgtype: "m.text",
      body: `* ${body}`,
      "m.new_content": { msgtype: "m.text", body },
      "m.relates_to": { rel_type: "m.replace", event_id: eventId },
    });
  }

  async react(room: string, eventId: string, key: string): Promise<string> {
    const relation = { rel_type: "m.annotation", event_id: eventId, key };
    return await this.send(room, { "m.relates_to": relation }, "m.reaction");
  }

  async redact(room: string, eventId: string, reason?: string): Promise<string> {
    const path = `/rooms/${segment(room)}/redact/${segment(eventId)}/${this.#nextTransaction()}`;
    const body = reason === undefined ? {} : { reason };
    return textOf(await this.request("PUT", path, body), "event_id");
  }

  /** Reads a state event's content. */
  async state(room: string, type: string, key = ""): Promise<Body> {
    return await this.request(
      "GET",
      `/rooms/${segment(room)}/state/${segment(type)}/${segment(key)}`,
    );
  }

  async setState(room: string, type: string, content: Body, key = ""): Promise<string> {
    const path = `/rooms/${segment(room)}/state/${segment(type)}/${segment(key)}`;
    return textOf(await this.request("PUT", path, content), "event_id");
  }

  async setDisplayname(displayname: string): Promise<void> {
    await this.request("PUT", `/profile/${segment(this.userId)}/displayname`, { displayname });
  }

  async joined(room: string): Promise<string[]> {
    const { joined } = await this.request("GET", `/rooms/${segment(room)}/joined_members`);
    return Object.keys(asBody(joined));
  }

  async typing(room: string, typing: boolean): Promise<void> {
    const path = `/rooms/${segment(room)}/typing/${segment(this.userId)}`;
    await this.request("PUT", path, { typing, timeout: 30_000 });
  }

  async markRead(room: string, eventId: string): Promise<void> {
    await this.request("POST", `/rooms/${segment(room)}/receipt/m.read/${segment(eventId)}`, {});
  }

  /** Everything `/sync` has shown so far, in order; ephemeral events have no `event_id`. */
  get seen(): readonly SeenEvent[] {
    return this.#seen;
  }

  /** Rooms this user is invited to, apart from spaces. */
  get invites(): ReadonlySet<string> {
    return this.#invites;
  }

  /** One round of `/sync`. The first one is without waiting. */
  async sync(waitMs = 0): Promise<Body> {
    const query = new URLSearchParams({ timeout: String(this.#since === undefined ? 0 : waitMs) });
    if (this.#since !== undefined) query.set("since", this.#since);
    query.set("filter", JSON.stringify({ room: { timeline: { limit: 100 } } }));
    const body = await this.request("GET", `/sync?${query.toString()}`);
    await this.#fill(asBody(asBody(body["rooms"])["join"]));
    this.#since = textOf(body, "next_batch");
    this.#read(asBody(body["rooms"]));
    return body;
  }

  /** A `limited` timeline leaves out what came before it: that is read from `/messages`. */
  async #fill(joined: Body): Promise<void> {
    for (const [roomId, part] of Object.entries(joined)) {
      const timeline = asBody(asBody(part)["timeline"]);
      const known = new Set(
        this.#seen.filter((event) => event.room_id === roomId).map((event) => event.event_id),
      );
      if (timeline["limited"] !== true) continue;
      const missed: Body[] = [];
      let from = timeline["prev_batch"];
      while (typeof from === "string") {
        const query = new URLSearchParams({ dir: "b", from, limit: "100" });
        const path = `/rooms/${segment(roomId)}/messages?${query.toString()}`;
        const page = await this.request("GET", path);
        const chunk = listOf(page, "chunk");
        const end = chunk.findIndex((event) => known.has(String(event["event_id"])));
        missed.push(...(end < 0 ? chunk : chunk.slice(0, end)));
        from = end < 0 && chunk.length > 0 ? page["end"] : undefined;
      }
      this.#note(roomId, missed.toReversed());
    }
  }

  /** Reads on until an event fits (those already seen count) and gives it; rejects at the deadline. */
  async until(fits: (event: SeenEvent) => boolean, timeoutMs = 25_000): Promise<SeenEvent> {
    return await this.#until(() => this.#seen.find(fits), timeoutMs);
  }

  /** Reads on until this user is invited to a space of that name. */
  async untilSpace(name: string): Promise<string> {
    const find = () => [...this.#spaces].find(([, called]) => called === name)?.[0];
    return await this.#until(find, 25_000);
  }

  /** Reads on until this user is invited to a room that fits. */
  async untilInvited(
    fits: (room: string) => boolean = () => true,
    timeoutMs = 25_000,
  ): Promise<string> {
    return await this.#until(() => [...this.#invites].find(fits), timeoutMs);
  }

  /** Reads on until a text arrives in a room. */
  async untilText(room: string, body: string, timeoutMs = 25_000): Promise<SeenEvent> {
    return await this.until(
      (event) => event.room_id === room && event.content["body"] === body,
      timeoutMs,
    );
  }

  /** Bodies of the messages seen in a room, in order. */
  texts(room: string, sender?: string): string[] {
    return this.#seen
      .filter((event) => event.room_id === room && event.type === "m.room.message")
      .filter((event) => sender === undefined || event.sender === sender)
      .map((event) => String(event.content["body"]));
  }

  async #until<Found>(find: () => Found | undefined, timeoutMs: number): Promise<Found> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const left = end - Date.now();
      if (left <= 0) {
        const last = this.#seen
          .slice(-5)
          .map((event) => `${event.type} ${JSON.stringify(event.content)}`);
        throw new Error(`Nothing fitted within ${timeoutMs} ms; last seen: ${last.join("; ")}`);
      }
      await this.sync(Math.min(left, 5000));
    }
  }

  #read(rooms: Body): void {
    for (const [roomId, part] of Object.entries(asBody(rooms["join"]))) {
      this.#invites.delete(roomId);
      for (const section of ["state", "timeline", "ephemeral"]) {
        this.#note(roomId, listOf(asBody(asBody(part)[section]), "events"));
      }
    }
    for (const [roomId, part] of Object.entries(asBody(rooms["leave"]))) {
      this.#invites.delete(roomId);
      this.#note(roomId, listOf(asBody(asBody(part)["timeline"]), "events"));
    }
    for (const [roomId, part] of Object.entries(asBody(rooms["invite"]))) {
      const events = listOf(asBody(asBody(part)["invite_state"]), "events");
      const content = (type: string): Body =>
        asBody(events.find((event) => event["type"] === type)?.["content"]);
      if (content("m.room.create")["type"] === "m.space")
        this.#spaces.set(roomId, String(content("m.room.name")["name"]));
      else this.#invites.add(roomId);
    }
  }

  #note(roomId: string, events: readonly Body[]): void {
    for (const event of events) this.#seen.push(seenEvent(roomId, event));
  }

  #nextTransaction(): string {
    this.#transaction += 1;
    return `test-${process.pid}-${performance.now()}-${this.#transaction}`;
  }
}

/** An event of a reply in the form tests compare; what it lacks is empty. */
export function seenEvent(roomId: string, event: Body): SeenEvent {
  const optional = (key: string): string | undefined => {
    const value = event[key];
    return typeof value === "string" ? value : undefined;
  };
  return {
    event_id: optional("event_id") ?? "",
    room_id: roomId,
    type: optional("type") ?? "",
    sender: optional("sender") ?? "",
    origin_server_ts: Number(event["origin_server_ts"] ?? 0),
    content: asBody(event["content"]),
    state_key: optional("state_key"),
    redacts: optional("redacts"),
    unsigned: asBody(event["unsigned"]),
  };
}

/** Polls something that is not an event until it is so; the deadline is an error that says what was awaited. */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  timeoutMs = 25_000,
): Promise<Found> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Not so within ${timeoutMs} ms: ${what}`);
    await delay(5);
  }
}
