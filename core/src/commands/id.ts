import type { Command } from "./command.ts";

export const id: Command = {
  name: "id",
  section: "rooms",
  again: true,
  args: "",
  says: "tells which chats this room is bridged to",
  needs: "commands",
  async run({ engine, room }) {
    const portals = await engine.works.portals.ofRoom(room);
    if (portals.length === 0) return `This room (${room}) is not bridged.`;
    const lines = portals.map(({ network, chat }) => `${network} ${chat.id}`);
    return `This room (${room}) is bridged to:\n${lines.join("\n")}`;
  },
};
