import type { Millis } from "../../adapter/index.ts";
import type { Portal } from "../../store/types.ts";
import type { LiveLogin } from "../box.ts";
import { loginFor } from "../to-network/speaker.ts";
import type { Works } from "../works.ts";

interface Place {
  readonly portal: Portal;
  readonly login: LiveLogin;
}

interface Typist {
  readonly places: readonly Place[];
  /** No longer without a word of the homeserver. */
  readonly until: Millis;
}

/** Networks forget sooner than Matrix: they are told again, in milliseconds. */
const againEvery: Millis = 4000;
/** Longer than any client types without saying so again. */
const longest: Millis = 60_000;
const mostRooms = 500;

export interface TypingToNetwork {
  /** Who types in that room now: everybody, as `m.typing` has it. */
  take(room: string, users: readonly string[]): Promise<void>;
}

/**
 * Who types here types there, where they have a login of their own: a relay cannot say who it is that
 * types. Ends when the homeserver says so, or by itself.
 */
export const typingToNetwork = (works: Works): TypingToNetwork => {
  const { box } = works;
  const rooms = new Map<string, Map<string, Typist>>();
  let running = false;

  const say = ({ places }: Typist, what: "text" | "none"): void => {
    for (const { portal, login } of places) {
      if (!box.connections.can(login.row.id, "typing")) continue;
      box.connections.call(login.row.id, "typing", portal.chat, what).catch((error: unknown) => {
        box.log.debug("Typing was not passed on", { why: String(error) });
      });
    }
  };

  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    while (rooms.size > 0 && !box.signal.aborted) {
      await box.clock.sleep(againEvery, box.signal);
      if (box.signal.aborted) break;
      const now = box.clock.now();
      for (const [room, typists] of rooms) {
        for (const [user, typist] of typists) {
          if (typist.until > now) say(typist, "text");
          else typists.delete(user);
        }
        if (typists.size === 0) rooms.delete(room);
      }
    }
    running = false;
  };

  const placesOf = async (room: string, user: string): Promise<readonly Place[]> => {
    const places: Place[] = [];
    for (const portal of await works.portals.ofRoom(room)) {
      if (portal.dead) continue;
      const found = await loginFor(works, portal, user);
      if (found?.own && box.connections.can(found.login.row.id, "typing"))
        places.push({ portal, login: found.login });
    }
    return places;
  };

  const take = async (room: string, users: readonly string[]): Promise<void> => {
    const before = rooms.get(room) ?? new Map<string, Typist>();
    const after = new Map<string, Typist>();
    const until = box.clock.now() + longest;
    for (const user of users) {
      if (works.isInNamespace(user)) continue;
      const places = before.get(user)?.places ?? (await placesOf(room, user));
      if (places.length === 0) continue;
      const typist = { places, until };
      after.set(user, typist);
      if (!before.has(user)) say(typist, "text");
    }
    for (const [user, typist] of before) if (!after.has(user)) say(typist, "none");
    rooms.delete(room);
    if (after.size === 0 || rooms.size >= mostRooms) return;
    rooms.set(room, after);
    void run();
  };

  /** One after the other: two words about one room must not overtake each other. */
  let turn: Promise<void> = Promise.resolve();
  return {
    take: (room, users) => {
      turn = turn
        .then(() => take(room, users))
        .catch((error: unknown) => {
          box.log.debug("Typing was not passed on", { why: String(error) });
        });
      return turn;
    },
  };
};
