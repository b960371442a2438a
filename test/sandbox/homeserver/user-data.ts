import type { Json } from "./json.ts";
import type { Stream } from "./stream.ts";

type Entry = { position: number; content: Json };

/** Account data (global and per room), stored filters: what a user keeps on the server for himself. */
export class UserData {
  readonly #stream: Stream;
  readonly #data = new Map<string, Map<string, Entry>>();
  readonly #filters: Json[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  set(userId: string, at: { roomId: string; type: string }, content: Json): void {
    const key = `${userId}\0${at.roomId}`;
    const types = this.#data.get(key) ?? new Map<string, Entry>();
    this.#data.set(key, types);
    types.set(at.type, { position: this.#stream.next(), content });
    this.#stream.wake(userId);
  }

  get(userId: string, at: { roomId: string; type: string }): Json | undefined {
    return this.#data.get(`${userId}\0${at.roomId}`)?.get(at.type)?.content;
  }

  /** Account data events newer than a position; the room id is empty for the global ones. */
  since(userId: string, roomId: string, position: number): Json[] {
    const types = this.#data.get(`${userId}\0${roomId}`) ?? new Map<string, Entry>();
    return [...types]
      .filter(([, entry]) => entry.position > position)
      .map(([type, { content }]) => ({ type, content }));
  }

  addFilter(filter: Json): string {
    return String(this.#filters.push(filter) - 1);
  }

  filter(id: string): Json | undefined {
    return this.#filters[Number(id)];
  }
}
