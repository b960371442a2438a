import { domain } from "./folder.ts";
import type { Place, PlaceRoom } from "./places/place.ts";
import { sideIds, type RoomId, type RoomView, type SideId } from "./types.ts";

const names: Readonly<Record<RoomId, string>> = {
  lobby: "The lobby",
  help: "#help",
  bob: "Bob (Telegram)",
};

const onMatrix: Readonly<Record<RoomId, PlaceRoom>> = {
  lobby: { label: `#lobby:${domain}`, speakers: ["Ana", "Ben"] },
  help: { label: `#help:${domain}`, speakers: ["Ana", "Ben"] },
  bob: { label: "Bob", speakers: ["Ana"] },
};

/** The rooms of the sandbox, each with the sides that it has. */
export interface Rooms {
  view(room: RoomId): RoomView;
  /** Matrix first. */
  sidesOf(room: RoomId): readonly SideId[];
}

export const roomsOf = (places: readonly Pick<Place, "id" | "rooms">[]): Rooms => {
  const view = (id: RoomId): RoomView => ({
    id,
    name: names[id],
    sides: [
      { id: "matrix", ...shown(onMatrix[id]) },
      ...places.flatMap((place) => {
        const room = place.rooms[id];
        return room ? [{ id: place.id, ...shown(room) }] : [];
      }),
    ],
  });
  return { view, sidesOf: (room) => view(room).sides.map(({ id }) => id) };
};

const shown = ({ label, speakers }: PlaceRoom): PlaceRoom => ({ label, speakers });

/** As it comes from a page: a room, or nothing. */
export const parseRoom = (value: unknown): RoomId | undefined =>
  value === "lobby" || value === "help" || value === "bob" ? value : undefined;

export const parseSide = (value: unknown): SideId | undefined => sideIds.find((id) => id === value);
