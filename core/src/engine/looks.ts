import { Lru } from "../flow/lru.ts";
import { look } from "../richtext/index.ts";
import type { Box } from "./box.ts";
import type { Ghosts } from "./ghosts.ts";

/** Names of one room by what they look like, with whoever goes by them. */
type Wearers = Map<string, Set<string>>;

/** Beyond so many, the people of a room are not compared with each other. */
const mostPeople = 2000;

/** Who in a room could be taken for whom: of our own users all, of others those who have spoken. */
export class Looks {
  readonly #box: Box;
  readonly #ghosts: Ghosts;
  readonly #rooms = new Lru<string, Wearers>(500);

  constructor(box: Box, ghosts: Ghosts) {
    this.#box = box;
    this.#ghosts = ghosts;
  }

  /** Whether somebody else in that room goes by a name that looks the same. The name is remembered. */
  async isTaken(room: string, mxid: string, name: string): Promise<boolean> {
    const wearers = this.#rooms.get(room) ?? (await this.#read(room));
    const seen = look(name);
    wear(wearers, seen, mxid);
    return (wearers.get(seen)?.size ?? 0) > 1;
  }

  /** Somebody came, left or is called otherwise. */
  changed(room: string): void {
    this.#rooms.delete(room);
  }

  async #read(room: string): Promise<Wearers> {
    const { homeserver, settings, store } = this.#box;
    const wearers: Wearers = new Map();
    this.#rooms.set(room, wearers);
    wear(wearers, look(settings.botName), homeserver.bot);
    const members = await store.read.members.ofRoom(room);
    const present = members.filter(({ membership }) => membership === "join");
    for (const { mxid } of present.slice(0, mostPeople)) {
      const ghost = await this.#ghosts.byMxid(mxid);
      if (ghost) wear(wearers, look(ghost.name ?? ghost.user), mxid);
    }
    return wearers;
  }
}

const wear = (wearers: Wearers, seen: string, mxid: string): void => {
  const known = wearers.get(seen);
  if (known) known.add(mxid);
  else wearers.set(seen, new Set([mxid]));
};
