import { relationOf, type StoredEvent } from "./events.ts";
import type { Json } from "./json.ts";

/** What `m.room.member` can say. */
export type Membership = "join" | "invite" | "leave" | "ban" | "knock";

/** One room: its timeline in order, the state now, and the indexes that reads need. */
export class Room {
  readonly id: string;
  readonly version: string;
  readonly timeline: StoredEvent[] = [];
  readonly joined = new Set<string>();
  readonly aliases = new Set<string>();
  readonly relations = new Map<string, StoredEvent[]>();
  readonly annotations = new Map<string, StoredEvent>();
  readonly typing = new Map<string, () => void>();
  readonly receipts = new Map<
    string,
    { position: number; eventId: string; kind: string; ts: number }
  >();
  typingPosition = 0;
  receiptPosition = 0;
  readonly #state = new Map<string, StoredEvent>();

  constructor(id: string, version: string) {
    this.id = id;
    this.version = version;
  }

  /** The newest event of a type and state key. */
  stateEvent(type: string, key = ""): StoredEvent | undefined {
    return this.#state.get(`${type}\0${key}`);
  }

  /** The content of a state event, empty when there is none. */
  stateContent(type: string, key = ""): Json {
    return this.stateEvent(type, key)?.event.content ?? {};
  }

  /** All state events now. */
  currentState(): Iterable<StoredEvent> {
    return this.#state.values();
  }

  /** What a user is to this room; someone who never was in it counts as having left. */
  membership(userId: string): Membership {
    const value = this.stateContent("m.room.member", userId)["membership"];
    return value === "join" || value === "invite" || value === "ban" || value === "knock"
      ? value
      : "leave";
  }

  get lastPosition(): number {
    return this.timeline.at(-1)?.position ?? 0;
  }

  /** Appends an accepted event and brings every index up to date. */
  apply(stored: StoredEvent): void {
    const { event } = stored;
    this.timeline.push(stored);
    if (event.state_key !== undefined) this.#state.set(`${event.type}\0${event.state_key}`, stored);
    if (event.type === "m.room.member" && event.state_key !== undefined) {
      if (event.content["membership"] === "join") this.joined.add(event.state_key);
      else this.joined.delete(event.state_key);
    }
    const relation = relationOf(event);
    if (!relation) return;
    const children = this.relations.get(relation.parent);
    if (children) children.push(stored);
    else this.relations.set(relation.parent, [stored]);
    const key = annotationKey(stored);
    if (key) this.annotations.set(key, stored);
  }

  /** Takes a redacted event out of the relations it was part of. */
  forgetRelation(stored: StoredEvent): void {
    const relation = relationOf(stored.event);
    if (!relation) return;
    const children = this.relations.get(relation.parent);
    if (children) children.splice(children.indexOf(stored), 1);
    const key = annotationKey(stored);
    if (key) this.annotations.delete(key);
  }

  /** Index of the first timeline entry after a stream position. */
  indexAfter(position: number): number {
    let low = 0;
    let high = this.timeline.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.timeline[middle]?.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The state as it stood before a timeline index: what a gappy sync needs. */
  stateBefore(index: number): Map<string, StoredEvent> {
    const state = new Map<string, StoredEvent>();
    for (let at = 0; at < index; at += 1) {
      const stored = this.timeline[at];
      if (stored?.event.state_key === undefined) continue;
      state.set(`${stored.event.type}\0${stored.event.state_key}`, stored);
    }
    return state;
  }
}

/** One person's one reaction to one event: the pair that may stand only once. */
export function annotationKey(stored: Pick<StoredEvent, "event">): string | undefined {
  const relation = relationOf(stored.event);
  if (relation?.kind !== "m.annotation") return undefined;
  return [relation.parent, stored.event.type, String(relation.key), stored.event.sender].join("\0");
}
