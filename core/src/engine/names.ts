import { Lru } from "../flow/lru.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Box } from "./box.ts";

/** Display names of Matrix users per room, as the room has them. */
export class Names {
  readonly #box: Box;
  readonly #known = new Lru<string, string>(20_000);

  constructor(box: Box) {
    this.#box = box;
  }

  /** From a membership event that came by. */
  learn(room: string, user: string, content: JsonObject): void {
    const name = content["displayname"];
    this.#known.set(`${room} ${user}`, typeof name === "string" ? name : "");
  }

  async of(room: string | undefined, user: string): Promise<string | undefined> {
    if (room === undefined) return undefined;
    const key = `${room} ${user}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known === "" ? undefined : known;
    const member = await this.#box.homeserver.getState(
      { room, type: "m.room.member", key: user },
      { class: "live", signal: this.#box.signal },
    );
    this.learn(room, user, member ?? {});
    return this.of(room, user);
  }
}
