import { Lru } from "../flow/lru.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Box } from "./box.ts";

interface Looks {
  readonly name: string | undefined;
  readonly avatar: string | undefined;
}

/** How Matrix users look per room, as the room has them. */
export class Names {
  readonly #box: Box;
  readonly #known = new Lru<string, Looks>(20_000);

  constructor(box: Box) {
    this.#box = box;
  }

  /** From a membership event that came by. */
  learn(room: string, user: string, content: JsonObject): void {
    this.#known.set(`${room} ${user}`, looksIn(content));
  }

  async of(room: string | undefined, user: string): Promise<string | undefined> {
    return (await this.#looks(room, user))?.name;
  }

  /** The address of their picture. */
  async avatar(room: string | undefined, user: string): Promise<string | undefined> {
    return (await this.#looks(room, user))?.avatar;
  }

  async #looks(room: string | undefined, user: string): Promise<Looks | undefined> {
    if (room === undefined) return undefined;
    const key = `${room} ${user}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const member = await this.#box.homeserver.getState(
      { room, type: "m.room.member", key: user },
      { class: "live", signal: this.#box.signal },
    );
    const looks = looksIn(member ?? {});
    this.#known.set(key, looks);
    return looks;
  }
}

const looksIn = (content: JsonObject): Looks => ({
  name: filled(content["displayname"]),
  avatar: filled(content["avatar_url"]),
});

const filled = (value: JsonObject[string] | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
