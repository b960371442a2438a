import { channels } from "./cast.ts";
import type { RoomId, RoomView, SideId } from "./types.ts";

const views: Readonly<Record<RoomId, RoomView>> = {
  lobby: {
    id: "lobby",
    name: "The lobby",
    sides: [
      { id: "matrix", label: "#lobby:sandbox.test", speakers: ["Ana", "Ben"] },
      { id: "irc", label: channels.lobby, speakers: ["carl"] },
      { id: "telegram", label: "Lobby", speakers: ["Dora"] },
    ],
  },
  help: {
    id: "help",
    name: "#help",
    sides: [
      { id: "matrix", label: "#help:sandbox.test", speakers: ["Ana", "Ben"] },
      { id: "irc", label: channels.help, speakers: ["carl"] },
    ],
  },
  bob: {
    id: "bob",
    name: "Bob (Telegram)",
    sides: [
      { id: "matrix", label: "Bob", speakers: ["Ana"] },
      { id: "telegram", label: "Bob and Ana", speakers: ["Bob"] },
    ],
  },
};

/** The sides of a room, Matrix first. */
export const sidesOf = (room: RoomId): readonly SideId[] => views[room].sides.map(({ id }) => id);

export const viewOf = (room: RoomId): RoomView => views[room];

export const sideNames: Readonly<Record<SideId, string>> = {
  matrix: "Matrix",
  irc: "IRC",
  telegram: "Telegram",
};

/** As it comes from a page: a room, or nothing. */
export const parseRoom = (value: unknown): RoomId | undefined =>
  value === "lobby" || value === "help" || value === "bob" ? value : undefined;

export const parseSide = (value: unknown): SideId | undefined =>
  value === "matrix" || value === "irc" || value === "telegram" ? value : undefined;
