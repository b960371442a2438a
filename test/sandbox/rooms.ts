import type { Side } from "./places/place.ts";
import { roomIds, sideIds, type RoomId, type RoomView, type SideId } from "./types.ts";

const names: Readonly<Record<RoomId, string>> = {
  lobby: "The lobby",
  help: "#help",
  bob: "Bob (Telegram)",
};

/** The rooms of the sandbox, each with the sides that it has. */
export interface Rooms {
  view(room: RoomId): RoomView;
  sidesOf(room: RoomId): readonly SideId[];
}

export const roomsOf = (sides: readonly Pick<Side, "id" | "rooms" | "can">[]): Rooms => {
  const view = (id: RoomId): RoomView => ({
    id,
    name: names[id],
    sides: sides.flatMap((side) => {
      const room = side.rooms[id];
      return room ? [{ id: side.id, ...room, can: side.can }] : [];
    }),
  });
  return { view, sidesOf: (room) => view(room).sides.map(({ id }) => id) };
};

/** As it comes from a page: a room, or nothing. */
export const parseRoom = (value: unknown): RoomId | undefined => roomIds.find((id) => id === value);

export const parseSide = (value: unknown): SideId | undefined => sideIds.find((id) => id === value);
