import type { Clock } from "./clock.ts";
import type { Json } from "./json.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { Stream } from "./stream.ts";

/** Told of every ephemeral event, with the room it is about (presence has none). */
export type EphemeralListener = (event: Json, about: { room?: Room; userId: string }) => void;

/** Typing, receipts and presence: shown to who looks now, kept only as long as they are true. */
export class Ephemeral {
  readonly #clock: Clock;
  readonly #stream: Stream;
  readonly #rooms: Rooms;
  readonly #presence = new Map<string, { position: number; content: Json }>();
  readonly #listeners = new Set<EphemeralListener>();

  constructor(world: { clock: Clock; stream: Stream; rooms: Rooms }) {
    this.#clock = world.clock;
    this.#stream = world.stream;
    this.#rooms = world.rooms;
  }

  onEvent(listener: EphemeralListener): void {
    this.#listeners.add(listener);
  }

  /** Starts typing for a time, or stops it. */
  typing(room: Room, userId: string, timeoutMs: number | undefined): void {
    const cancel = room.typing.get(userId);
    cancel?.();
    room.typing.delete(userId);
    if (timeoutMs !== undefined) {
      const stop = this.#clock.after(timeoutMs, () => this.typing(room, userId, undefined));
      room.typing.set(userId, stop);
    } else if (!cancel) return;
    room.typingPosition = this.#stream.next();
    this.#tell(typingEvent(room), { room, userId });
  }

  receipt(room: Room, userId: string, read: { eventId: string; kind: string }): void {
    const position = this.#stream.next();
    room.receiptPosition = position;
    const receipt = { position, ...read, ts: this.#clock.now() };
    room.receipts.set(`${userId}\0${read.kind}`, receipt);
    const isPrivate = read.kind === "m.read.private";
    if (!isPrivate) this.#tell(receiptEvent(room, userId, position - 1), { room, userId });
  }

  presence(userId: string, content: Json): void {
    this.#presence.set(userId, {
      position: this.#stream.next(),
      content: { ...content, user_id: userId },
    });
    this.#tell({ type: "m.presence", sender: userId, content }, { userId });
  }

  presenceOf(userId: string): Json {
    return this.#presence.get(userId)?.content ?? { presence: "offline" };
  }

  #tell(event: Json, about: { room?: Room; userId: string }): void {
    for (const listener of this.#listeners) {
      listener(about.room ? { ...event, room_id: about.room.id } : event, about);
    }
    for (const waiting of this.#stream.waiting()) {
      if (about.room?.joined.has(waiting)) this.#stream.wake(waiting);
    }
  }

  /** Presence of the people a user shares a room with, newer than a position. */
  presenceSince(userId: string, position: number): Json[] {
    const news = [...this.#presence].filter(([, entry]) => entry.position > position);
    return news
      .filter(([other]) => other === userId || this.#sharesRoom(userId, other))
      .map(([sender, { content }]) => ({ type: "m.presence", sender, content }));
  }

  #sharesRoom(userId: string, other: string): boolean {
    for (const room of this.#rooms.knownTo(userId)) {
      if (room.joined.has(userId) && room.joined.has(other)) return true;
    }
    return false;
  }
}

/** Who is typing in a room now. */
export function typingEvent(room: Room): Json {
  return { type: "m.typing", content: { user_ids: [...room.typing.keys()] } };
}

/** The receipts of a room newer than a position that this reader may see. */
export function receiptEvent(room: Room, reader: string, position: number): Json {
  const content: Record<string, Record<string, Record<string, Json>>> = {};
  for (const [key, receipt] of room.receipts) {
    const [userId = ""] = key.split("\0");
    const isOthersPrivate = receipt.kind === "m.read.private" && userId !== reader;
    if (receipt.position <= position || isOthersPrivate) continue;
    const kinds = (content[receipt.eventId] ??= {});
    (kinds[receipt.kind] ??= {})[userId] = { ts: receipt.ts };
  }
  return { type: "m.receipt", content };
}
