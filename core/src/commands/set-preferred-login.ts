import { preferredScope } from "../engine/index.ts";
import type { Command } from "./command.ts";
import { ownNamed } from "./own-login.ts";

/** Only the asker speaks by it, so that no power over the room is asked for. */
export const setPreferredLogin: Command = {
  name: "set-preferred-login",
  section: "rooms",
  network: "only",
  again: true,
  args: "<login>",
  says: "chooses by which of your logins of a network you speak in this room",
  needs: "user",
  async run(asked) {
    const { engine, room, sender, args } = asked;
    const { works } = engine;
    const row = await ownNamed(asked, args.length === 0 ? undefined : args.join(" "));
    const portals = (await works.portals.ofRoom(room)).filter(
      ({ dead, network, chat }) => !dead && network === row.network && chat.receiver === undefined,
    );
    if (portals.length === 0)
      return `Nothing was changed: this room has no chat of ${row.network} that several logins can be in.`;
    await works.box.store.commit(async (tx) => {
      for (const { id } of portals) await tx.keys.set(preferredScope(id), sender, row.id, false);
    });
    return `You speak here as ${row.name} now.`;
  },
};
