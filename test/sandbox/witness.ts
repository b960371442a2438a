import type { Place, Seen, Side } from "./places/place.ts";
import { roomIds, type Heard, type RoomId } from "./types.ts";

export interface Witness {
  /** A message is there that was not there before. */
  heard(heard: Heard): void;
  /** A message is not as it was: edited, deleted, with other reactions. */
  changed(heard: Heard): void;
  /** On a network that keeps nothing for who is away: whether the box is in the room now. */
  relay(room: RoomId, there: boolean): void;
}

/** Watches the servers themselves: what they have is what arrived. Returns the end of it. */
export const watch = (
  sides: readonly Side[],
  places: readonly Place[],
  witness: Witness,
): (() => void) => {
  const ends = [
    ...sides.map((side) => watchSide(side, witness)),
    ...places.filter(({ forgets }) => forgets).map((place) => watchRelay(place, witness)),
  ];
  return () => ends.forEach((end) => end());
};

/** Compares what is there with what was there; many changes at once are looked at once. */
const watchSide = (side: Side, witness: Witness): (() => void) => {
  const known = new Map<RoomId, Map<string, Seen>>(roomIds.map((room) => [room, new Map()]));
  const gone = new Set<string>();
  const look = (): void => {
    for (const [room, before] of known) {
      const now = new Map(side.seen(room).map((seen) => [seen.id, seen]));
      for (const [id, seen] of now) {
        const old = before.get(id);
        if (old === undefined) witness.heard({ ...seen, side: side.id, room });
        else if (!same(old, seen)) witness.changed({ ...seen, at: old.at, side: side.id, room });
      }
      for (const [id, old] of before) {
        if (now.has(id) || gone.has(id) || isCutOff(before, now, id)) continue;
        gone.add(id);
        witness.changed({ ...old, gone: true, side: side.id, room });
      }
      known.set(room, now);
    }
  };
  return side.follow(together(look));
};

/** Whether everything up to that message has fallen off the beginning: kept no more, not deleted. */
const isCutOff = (
  before: ReadonlyMap<string, Seen>,
  now: ReadonlyMap<string, Seen>,
  id: string,
): boolean => {
  if (now.size === 0) return false;
  for (const other of before.keys()) {
    if (now.has(other)) return false;
    if (other === id) return true;
  }
  return false;
};

const same = (one: Seen, other: Seen): boolean =>
  one.text === other.text &&
  one.edited === other.edited &&
  one.picture === other.picture &&
  JSON.stringify(one.reactions ?? []) === JSON.stringify(other.reactions ?? []);

const watchRelay = (place: Place, witness: Witness): (() => void) => {
  const there = new Map<RoomId, boolean>();
  return place.follow(() => {
    for (const room of roomIds) {
      if (place.chats[room] === undefined) continue;
      const now = place.hears(room);
      if (there.get(room) !== now) witness.relay(room, now);
      there.set(room, now);
    }
  });
};

/** Calls once, a turn later, however often it is asked for meanwhile. */
const together = (work: () => void): (() => void) => {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    setImmediate(() => {
      asked = false;
      work();
    });
  };
};
