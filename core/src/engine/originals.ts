import { Lru } from "../flow/lru.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Box } from "./box.ts";

/** Events that somebody answers, by room and id: an id of another room finds nothing. */
export class Originals {
  readonly #box: Box;
  readonly #known = new Lru<string, MatrixEvent>(5000);

  constructor(box: Box) {
    this.#box = box;
  }

  learn(event: MatrixEvent): void {
    this.#known.set(`${event.room_id} ${event.event_id}`, event);
  }

  forget(room: string, event: string): void {
    this.#known.delete(`${room} ${event}`);
  }

  async get(room: string, id: string): Promise<MatrixEvent | undefined> {
    const known = this.#known.get(`${room} ${id}`);
    if (known) return known;
    const call = { class: "live", signal: this.#box.signal } as const;
    const event = await this.#box.homeserver.getEvent(room, id, call);
    if (event === undefined || event.room_id !== room) return undefined;
    this.learn(event);
    return event;
  }
}
