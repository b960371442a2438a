import type { Json } from "../adapter/index.ts";
import type {
  Call,
  Given,
  Homeserver,
  HomeserverMedia,
  JsonObject,
  MatrixEvent,
  Who,
} from "../matrix/types.ts";
import { keyField, puppetField } from "../matrix/types.ts";
import { refusal } from "./scripted-call.ts";
import type { Called } from "./scripted-call.ts";
import { scriptedMedia } from "./scripted-media.ts";
import { scriptedView } from "./scripted-view.ts";
import type { ScriptedFile } from "./scripted-file.ts";

type Step = (called: Called) => void | Promise<void>;

export { refusal };

/**
 * A homeserver in memory that forgets transaction ids, so that whoever sends twice is seen to. A test
 * replaces `before` and `after` to refuse, hang or lose an answer.
 */
export class ScriptedHomeserver implements Homeserver {
  readonly domain = "hs.test";
  readonly bot = "@bot:hs.test";
  readonly calls: Called[] = [];
  readonly events: MatrixEvent[] = [];
  readonly members = new Map<string, Map<string, string>>();
  readonly names = new Map<string, string>();
  readonly avatars = new Map<string, string>();
  readonly aliases = new Map<string, string>();
  readonly state = new Map<string, JsonObject>();
  /** Who set that state, where it matters. */
  readonly setters = new Map<string, string>();
  /** Create events, of the rooms whose creation matters. */
  readonly creations = new Map<string, { readonly sender: string; readonly content: JsonObject }>();
  /** Whoever may join without an invitation; else every room is open. */
  readonly closed = new Set<string>();
  before: Step = () => undefined;
  /** The call was done; what is thrown here is an answer that was lost. */
  after: Step = () => undefined;
  #serial = 0;

  /** What was said in that room, oldest first. */
  said(room: string): readonly string[] {
    return this.events
      .filter((event) => event.room_id === room && event.type === "m.room.message")
      .map((event) => textOf(event.content["body"]));
  }

  /** The reactions that stand at an event: who, and with what. */
  reactions(event: string): readonly string[] {
    return this.events.flatMap((one) => {
      const relation = one.content["m.relates_to"];
      if (one.type !== "m.reaction" || relation === null || typeof relation !== "object") return [];
      if (!("event_id" in relation) || relation.event_id !== event) return [];
      if (this.events.some(({ redacts }) => redacts === one.event_id)) return [];
      return [`${one.sender} ${textOf(relation.key)}`];
    });
  }

  count(op: keyof Homeserver): number {
    return this.calls.filter((called) => called.op === op).length;
  }

  makeRoom(room: string, members: readonly string[]): string {
    this.members.set(room, new Map(members.map((member) => [member, "join"])));
    return room;
  }

  /** An event with a number of its own, as the homeserver stores it. */
  event(parts: Omit<MatrixEvent, "event_id" | "origin_server_ts">): MatrixEvent {
    this.#serial += 1;
    const event = { event_id: `$e${this.#serial}`, origin_server_ts: Date.now(), ...parts };
    this.events.push(event);
    return event;
  }

  async #do<T>(called: Called, work: () => T): Promise<T> {
    this.calls.push(called);
    await this.before(called);
    const result = work();
    await this.after(called);
    return result;
  }

  #called(op: keyof Homeserver, call: Call, what: JsonObject): Called {
    return { op, as: call.as ?? this.bot, class: call.class, what };
  }

  #in(room: string): Map<string, string> {
    const known = this.members.get(room);
    if (known) return known;
    throw refusal("M_NOT_FOUND", 404);
  }

  send(event: Parameters<Homeserver["send"]>[0], call: Call): Promise<string> {
    const called = this.#called("send", call, { room: event.room, content: event.content });
    return this.#do(called, () => {
      if (this.#in(event.room).get(called.as) !== "join") throw refusal("M_FORBIDDEN");
      const { room: room_id, type, content } = event;
      if (type === "m.reaction" && this.#annotation(room_id, called.as, content))
        throw refusal("M_DUPLICATE_ANNOTATION", 400);
      return this.event({ room_id, type, content, sender: called.as }).event_id;
    });
  }

  redact(target: Parameters<Homeserver["redact"]>[0], call: Call): Promise<string> {
    const { room, event } = target;
    const called = this.#called("redact", call, { room, event });
    return this.#do(called, () => {
      if (this.#in(room).get(called.as) !== "join") throw refusal("M_FORBIDDEN");
      return this.event({
        room_id: room,
        type: "m.room.redaction",
        sender: called.as,
        redacts: event,
        content: {},
      }).event_id;
    });
  }

  isRedacted(room: string, event: string, call: Call): Promise<boolean> {
    return this.#do(this.#called("isRedacted", call, { room, event }), () =>
      this.events.some((one) => one.redacts === event && one.room_id === room),
    );
  }

  findByKey(what: Parameters<Homeserver["findByKey"]>[0], call: Call): Promise<string | undefined> {
    const { room, sender, key } = what;
    return this.#do(
      this.#called("findByKey", call, { room, sender: sender ?? null, key }),
      () =>
        this.events.find(
          (one) =>
            one.room_id === room &&
            (sender === undefined ? puppetField in one.content : one.sender === sender) &&
            one.content[keyField] === key,
        )?.event_id,
    );
  }

  findAnnotation(
    what: Parameters<Homeserver["findAnnotation"]>[0],
    call: Call,
  ): Promise<string | undefined> {
    const { room, event, sender, key } = what;
    const relation = { rel_type: "m.annotation", event_id: event, key };
    return this.#do(this.#called("findAnnotation", call, { ...what }), () =>
      this.#annotation(room, sender, { "m.relates_to": relation }),
    );
  }

  /** The reaction of that user with that key to that event, unless it is redacted. */
  #annotation(room: string, sender: string, content: JsonObject): string | undefined {
    const relation = JSON.stringify(content["m.relates_to"]);
    return this.events.find(
      (one) =>
        one.type === "m.reaction" &&
        one.room_id === room &&
        one.sender === sender &&
        JSON.stringify(one.content["m.relates_to"]) === relation &&
        !this.events.some(({ redacts }) => redacts === one.event_id),
    )?.event_id;
  }

  getState(at: Parameters<Homeserver["getState"]>[0], call: Call): Promise<JsonObject | undefined> {
    return this.#do(
      this.#called("getState", call, { ...at }),
      () => this.state.get(placeOf(at)) ?? this.#memberState(at),
    );
  }

  #memberState({ room, type, key }: Parameters<Homeserver["getState"]>[0]): JsonObject | undefined {
    const membership = type === "m.room.member" ? this.members.get(room)?.get(key) : undefined;
    return membership === undefined ? undefined : { membership };
  }

  setState(
    at: Parameters<Homeserver["setState"]>[0],
    content: JsonObject,
    call: Call,
  ): Promise<string> {
    return this.#do(this.#called("setState", call, { ...at, content }), () => {
      this.state.set(placeOf(at), content);
      this.setters.set(placeOf(at), call.as ?? this.bot);
      return "$state";
    });
  }

  getStateEvent(
    at: Parameters<Homeserver["getState"]>[0],
    call: Call,
  ): ReturnType<Homeserver["getStateEvent"]> {
    return this.#do(this.#called("getStateEvent", call, { ...at }), () => {
      const content = this.state.get(placeOf(at)) ?? this.#memberState(at);
      return content && { sender: this.setters.get(placeOf(at)) ?? "", content };
    });
  }

  getCreation(room: string, call: Call): ReturnType<Homeserver["getCreation"]> {
    return this.#do(this.#called("getCreation", call, { room }), () => this.creations.get(room));
  }

  getEvent(room: string, event: string, call: Call): Promise<MatrixEvent | undefined> {
    return this.#do(this.#called("getEvent", call, { room, event }), () =>
      this.events.find((one) => one.event_id === event),
    );
  }

  joinedMembers(
    room: string,
    call: Call,
  ): Promise<ReadonlyMap<string, { readonly name: string | undefined }>> {
    return this.#do(this.#called("joinedMembers", call, { room }), () => {
      const joined = [...this.#in(room)].filter(([, membership]) => membership === "join");
      return new Map(joined.map(([mxid]) => [mxid, { name: this.names.get(mxid) }]));
    });
  }

  createRoom(body: JsonObject, call: Call): Promise<string> {
    const called = this.#called("createRoom", call, body);
    return this.#do(called, () => {
      const alias = `#${textOf(body["room_alias_name"])}:${this.domain}`;
      if (this.aliases.has(alias)) throw refusal("M_ROOM_IN_USE", 400);
      this.#serial += 1;
      const room = this.makeRoom(`!r${this.#serial}:${this.domain}`, [called.as]);
      this.aliases.set(alias, room);
      const { invite = [] } = body;
      for (const one of Array.isArray(invite) ? invite : [])
        if (typeof one === "string") this.members.get(room)?.set(one, "invite");
      return room;
    });
  }

  resolveAlias(alias: string, call: Call): Promise<string | undefined> {
    return this.#do(this.#called("resolveAlias", call, { alias }), () => this.aliases.get(alias));
  }

  setAlias(alias: string, room: string, call: Call): Promise<void> {
    return this.#do(this.#called("setAlias", call, { alias, room }), () => {
      this.aliases.set(alias, room);
    });
  }

  removeAlias(alias: string, call: Call): Promise<void> {
    return this.#do(this.#called("removeAlias", call, { alias }), () => {
      this.aliases.delete(alias);
    });
  }

  unlist(room: string, call: Call): Promise<void> {
    return this.#do(this.#called("unlist", call, { room }), () => undefined);
  }

  register(localpart: string, call: Call): Promise<void> {
    return this.#do(this.#called("register", call, { localpart }), () => undefined);
  }

  join(roomOrAlias: string, call: Call, via: readonly string[] = []): Promise<string> {
    const through = via.length === 0 ? {} : { via };
    const called = this.#called("join", call, { room: roomOrAlias, ...through });
    return this.#do(called, () => {
      const room = this.aliases.get(roomOrAlias) ?? roomOrAlias;
      const members = this.#in(room);
      const before = members.get(called.as);
      if (before === "ban" || (this.closed.has(room) && before !== "invite" && before !== "join"))
        throw refusal("M_FORBIDDEN");
      members.set(called.as, "join");
      return room;
    });
  }

  invite(room: string, user: string, call: Call): Promise<void> {
    return this.#do(this.#called("invite", call, { room, user }), () => {
      if (this.#in(room).get(user) === "ban") throw refusal("M_FORBIDDEN");
      this.#in(room).set(user, "invite");
    });
  }

  leave(room: string, call: Call, reason?: string): Promise<void> {
    const called = this.#called("leave", call, { room, reason: reason ?? null });
    return this.#do(called, () => this.#gone({ room, user: called.as, by: called.as }));
  }

  kick(room: string, user: string, call: Call, reason?: string): Promise<void> {
    const called = this.#called("kick", call, { room, user, reason: reason ?? null });
    return this.#do(called, () => this.#gone({ room, user, by: called.as }));
  }

  #gone({ room, user, by }: Readonly<Record<"room" | "user" | "by", string>>): void {
    this.#in(room).set(user, "leave");
    this.setters.set(placeOf({ room, type: "m.room.member", key: user }), by);
  }

  unban(room: string, user: string, call: Call): Promise<void> {
    return this.#do(this.#called("unban", call, { room, user }), () => {
      if (this.#in(room).get(user) !== "ban") throw refusal("M_BAD_STATE");
      this.#in(room).set(user, "leave");
    });
  }

  setDisplayName(user: string, name: string, call: Call): Promise<void> {
    return this.#do(this.#called("setDisplayName", call, { user, name }), () => {
      this.names.set(user, name);
    });
  }

  getDisplayName(user: string, call: Call): Promise<string | undefined> {
    return this.#do(this.#called("getDisplayName", call, { user }), () => this.names.get(user));
  }

  setTyping(room: string, on: boolean, ttl: number, call: Call): Promise<void> {
    return this.#do(this.#called("setTyping", call, { room, on, ttl }), () => undefined);
  }

  setAvatar(user: string, mxc: string, call: Call): Promise<void> {
    return this.#do(this.#called("setAvatar", call, { user, mxc }), () => {
      this.avatars.set(user, mxc);
    });
  }

  setReceipt(room: string, event: string, call: Call): Promise<void> {
    return this.#do(this.#called("setReceipt", call, { room, event }), () => undefined);
  }

  setPresence(
    user: string,
    { state, text }: Parameters<Homeserver["setPresence"]>[1],
    call: Call,
  ): Promise<void> {
    const told = { user, state, ...(text === undefined ? {} : { text }) };
    return this.#do(this.#called("setPresence", call, told), () => undefined);
  }

  whoami(call: Call): Promise<Who> {
    return this.#do(this.#called("whoami", call, {}), () => ({ user: call.as ?? this.bot }));
  }

  /** Access tokens that people have, and whose they are. */
  readonly tokens = new Map<string, Who>();

  whoIs({ token, place }: Given, call: Call): Promise<Who> {
    const called = this.#called("whoIs", call, { at: place?.address ?? "" });
    return this.#do(called, () => {
      const who = this.tokens.get(token);
      if (who === undefined) throw refusal("M_UNKNOWN_TOKEN", 401);
      return who;
    });
  }

  findServer(name: string, call: Call): Promise<string> {
    return this.#do(this.#called("findServer", call, { name }), () => `https://matrix.${name}`);
  }

  readonly #view = scriptedView((op, call, what, work) =>
    this.#do(this.#called(op, call, what), work),
  );
  readonly kept = this.#view.kept;
  /** What is told of how people see rooms, one for each time that it is asked for. */
  readonly seen = this.#view.seen;
  readonly readViews = this.#view.readViews;
  readonly getAccountData = this.#view.getAccountData;
  readonly setAccountData = this.#view.setAccountData;
  readonly getTags = this.#view.getTags;
  readonly setTag = this.#view.setTag;
  readonly isMuted = this.#view.isMuted;
  readonly setMuted = this.#view.setMuted;

  ping(call: Call): Promise<void> {
    return this.#do(this.#called("ping", call, {}), () => undefined);
  }

  versions(call: Call): Promise<JsonObject> {
    return this.#do(this.#called("versions", call, {}), () => ({}));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Files by their mxc; one that is reserved and not filled is `undefined`. */
  readonly files = new Map<string, ScriptedFile | undefined>();
  /** The largest upload in bytes. */
  mediaLimit: number | undefined;
  /** False: it reserves no places. */
  reserves = true;

  readonly media: HomeserverMedia = scriptedMedia(this, (call, what, work) =>
    this.#do(this.#called("media", call, what), work),
  );
}

const placeOf = (at: { room: string; type: string; key: string }): string =>
  `${at.room} ${at.type} ${at.key}`;

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
