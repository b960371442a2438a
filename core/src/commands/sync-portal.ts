import { syncPortal } from "../engine/index.ts";
import { cleanName } from "../richtext/index.ts";
import type { Command } from "./command.ts";
import { notBridged } from "./words.ts";

export const syncPortalCommand: Command = {
  name: "sync-portal",
  also: ["sync"],
  section: "rooms",
  network: "only",
  again: true,
  args: "[network]",
  says: "reads anew what the chat is called and who is in it, and puts this room right",
  needs: "user",
  async run({ engine, room, args, signal }) {
    const { works } = engine;
    const portals = (await works.portals.ofRoom(room)).filter(
      (portal) => !portal.dead && (args[0] === undefined || portal.network === args[0]),
    );
    if (portals.length === 0) return notBridged(args[0]);
    const lines: string[] = [];
    for (const portal of portals) {
      const { name, members } = await syncPortal(works, portal, signal);
      const people = members === 0 ? "" : `, with ${members} people`;
      lines.push(`${portal.network} ${cleanName(name ?? portal.chat.id)} was read anew${people}.`);
    }
    return lines.join("\n");
  },
};
