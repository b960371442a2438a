import type { Cast } from "./cast.ts";
import type { ClientEvent } from "./homeserver/index.ts";
import type { PlaceWitness } from "./places/place.ts";
import type { RoomId } from "./types.ts";

export interface Witness extends PlaceWitness {
  /** The room that a Matrix id stands for. */
  roomOf(matrixRoom: string): RoomId | undefined;
  /** A ghost or the bot invites Ana. */
  invited(matrixRoom: string): void;
}

export interface Watching {
  /** Takes the messages of a room that nobody knew the name of when they came. */
  readonly replay: (matrixRoom: string) => void;
  readonly end: () => void;
}

/** Watches the servers themselves: what they have is what arrived. */
export const watch = (cast: Cast, witness: Witness): Watching => {
  const matrix = watchMatrix(cast, witness);
  const ends = [matrix.end, ...cast.places.all.map((place) => place.watch(witness))];
  return { replay: matrix.replay, end: () => ends.forEach((end) => end()) };
};

const watchMatrix = ({ homeserver, ana, ben }: Cast, witness: Witness): Watching => {
  const names = new Map([
    [ana.userId, "Ana"],
    [ben.userId, "Ben"],
  ]);
  const people = new Set(names.keys());
  const member = (event: ClientEvent): void => {
    const { displayname, membership } = event.content;
    const who = event.state_key ?? "";
    if (typeof displayname === "string" && !people.has(who)) names.set(who, displayname);
    if (membership === "invite" && who === ana.userId) witness.invited(event.room_id);
  };
  const take = (event: ClientEvent): void => {
    if (event.type === "m.room.member") return member(event);
    if (event.type !== "m.room.message") return;
    const room = witness.roomOf(event.room_id);
    const { body, msgtype } = event.content;
    if (room === undefined || typeof body !== "string") return;
    const { sender } = event;
    const bridged = msgtype === "m.notice" ? "notice" : "bridged";
    witness.heard({
      side: "matrix",
      room,
      id: event.event_id,
      from: names.get(sender) ?? sender.slice(1).split(":")[0] ?? sender,
      text: body,
      how: people.has(sender) ? "said" : bridged,
      at: Date.now(),
    });
  };
  return {
    end: homeserver.onEvent(take),
    replay: (matrixRoom) => {
      for (const event of homeserver.room(matrixRoom).timeline) {
        if (event.type === "m.room.message") take(event);
      }
    },
  };
};
