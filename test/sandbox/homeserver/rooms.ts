import { assertAllowed, assertMayRedact } from "./auth-rules.ts";
import type { Clock } from "./clock.ts";
import { badRequest, forbidden, notFound, tooLarge } from "./errors.ts";
import {
  newEventId,
  redacted,
  relationOf,
  type ClientEvent,
  type Draft,
  type StoredEvent,
} from "./events.ts";
import { assertCanonical, sameJson } from "./json.ts";
import { annotationKey, Room } from "./room.ts";
import type { Stream } from "./stream.ts";

const EVENT_LIMIT = 65_536;

/** Told of every event after it is in its room. */
export type EventListener = (stored: StoredEvent, room: Room) => void;

/** All rooms, and the one way for an event to get into one. */
export class Rooms {
  readonly #clock: Clock;
  readonly #stream: Stream;
  readonly #rooms = new Map<string, Room>();
  readonly #events = new Map<string, { stored: StoredEvent; room: Room }>();
  readonly #ofUser = new Map<string, Set<Room>>();
  readonly #listeners = new Set<EventListener>();

  constructor(clock: Clock, stream: Stream) {
    this.#clock = clock;
    this.#stream = stream;
  }

  add(room: Room): void {
    this.#rooms.set(room.id, room);
  }

  find(id: string): Room | undefined {
    return this.#rooms.get(id);
  }

  all(): Iterable<Room> {
    return this.#rooms.values();
  }

  /** The room, if the user is in it; M_FORBIDDEN otherwise, as Synapse says it for unknown rooms too. */
  joinedBy(userId: string, id: string): Room {
    const room = this.#rooms.get(id);
    if (!room?.joined.has(userId)) throw forbidden(`User ${userId} not in room ${id}`);
    return room;
  }

  /** Every room that a user has or had a membership in. */
  knownTo(userId: string): Iterable<Room> {
    return this.#ofUser.get(userId) ?? [];
  }

  /** Takes a room out of a user's list (`/forget`). */
  forget(userId: string, room: Room): void {
    this.#ofUser.get(userId)?.delete(room);
  }

  event(id: string): { stored: StoredEvent; room: Room } | undefined {
    return this.#events.get(id);
  }

  onEvent(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends: checks the rules, gives id and place, updates the indexes, tells the listeners. */
  append(room: Room, draft: Draft): StoredEvent {
    assertCanonical(draft.content);
    assertContent(draft);
    const same = this.#identicalState(room, draft);
    if (same) return same;
    const target = draft.redacts === undefined ? undefined : this.#events.get(draft.redacts);
    assertAllowed(room, draft);
    const event = this.#eventOf(room, draft);
    const { stateKey } = draft;
    const replaced = stateKey === undefined ? undefined : room.stateEvent(draft.type, stateKey);
    const stored: StoredEvent = {
      position: this.#stream.next(),
      event,
      transaction: draft.transaction,
      replaced,
    };
    this.#assertRelation(room, stored);
    if (target) this.#redact(room, target, event);
    room.apply(stored);
    this.#events.set(event.event_id, { stored, room });
    if (event.type === "m.room.member" && stateKey !== undefined) this.#remember(stateKey, room);
    for (const listener of this.#listeners) listener(stored, room);
    this.#wake(room, event);
    return stored;
  }

  #identicalState(room: Room, draft: Draft): StoredEvent | undefined {
    if (draft.stateKey === undefined) return undefined;
    const before = room.stateEvent(draft.type, draft.stateKey);
    if (before?.event.sender !== draft.sender) return undefined;
    if (!sameJson(before.event.content, draft.content)) return undefined;
    return room.joined.has(draft.sender) || draft.type === "m.room.member" ? before : undefined;
  }

  #eventOf(room: Room, draft: Draft): ClientEvent {
    const event: ClientEvent = {
      type: draft.type,
      sender: draft.sender,
      content: draft.content,
      room_id: room.id,
      event_id: draft.eventId ?? newEventId(),
      origin_server_ts: draft.ts ?? this.#clock.now(),
    };
    if (draft.stateKey !== undefined) event.state_key = draft.stateKey;
    if (draft.redacts !== undefined) {
      event.redacts = draft.redacts;
      event.content = { ...draft.content, redacts: draft.redacts };
    }
    if (Buffer.byteLength(JSON.stringify(event)) > EVENT_LIMIT) throw tooLarge("event too large");
    return event;
  }

  #assertRelation(room: Room, stored: StoredEvent): void {
    const relation = relationOf(stored.event);
    if (!relation) return;
    const parent = this.#events.get(relation.parent);
    if (!parent && !room.relations.has(relation.parent)) {
      throw badRequest("M_UNKNOWN", "Can't send relation to unknown event");
    }
    if (parent && parent.room !== room) {
      throw badRequest("M_UNKNOWN", "Relations must be in the same room");
    }
    if (relation.kind === "m.annotation" && typeof relation.key !== "string") {
      throw badRequest("M_UNKNOWN", "Missing aggregation key");
    }
    const key = annotationKey(stored);
    if (key !== undefined && room.annotations.has(key)) {
      throw badRequest("M_DUPLICATE_ANNOTATION", "Can't send same reaction twice");
    }
  }

  #redact(room: Room, target: { stored: StoredEvent; room: Room }, because: ClientEvent): void {
    const { stored } = target;
    if (target.room !== room)
      throw badRequest("M_UNKNOWN", "Cannot redact event from a different room");
    if (stored.event.type === "m.room.create")
      throw forbidden("Redacting create events is not permitted");
    assertMayRedact(room, because.sender, stored.event.sender);
    if (stored.redactedBy) return;
    room.forgetRelation(stored);
    stored.redactedBy = because;
    stored.event = redacted(stored.event, because);
  }

  #remember(userId: string, room: Room): void {
    const rooms = this.#ofUser.get(userId);
    if (rooms) rooms.add(room);
    else this.#ofUser.set(userId, new Set([room]));
  }

  #wake(room: Room, event: ClientEvent): void {
    for (const userId of this.#stream.waiting()) {
      if (room.joined.has(userId) || event.state_key === userId) this.#stream.wake(userId);
    }
  }
}

/** The room of an id, or 404 with the words Synapse has for one that no server knows. */
export function requireRoom(rooms: Rooms, id: string): Room {
  const room = rooms.find(id);
  if (!room)
    throw notFound(
      "Can't join remote room because no servers that are in the room have been provided.",
    );
  return room;
}

const REQUIRED_TEXTS: Readonly<Record<string, readonly string[]>> = {
  "m.room.message": ["body", "msgtype"],
  "m.room.topic": ["topic"],
  "m.room.name": ["name"],
};

function assertContent({ type, content }: Draft): void {
  for (const key of REQUIRED_TEXTS[type] ?? []) {
    if (typeof content[key] !== "string") throw badRequest("M_UNKNOWN", `'${key}' not in content`);
  }
}
