import {
  bindRoom,
  commitTelling,
  emptyPortal,
  isTalk,
  noAlias,
  queueVacate,
  removePortal,
} from "../engine/index.ts";
import type { Portal } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { networkBefore } from "./networks.ts";
import { demandPower } from "./power.ts";
import { notBridged } from "./words.ts";

const ours =
  "This room was not bridged: you talk to me here, and what you tell me would be said in that chat. Make a room for it, invite me there, and say it there with !bridgebox before it.";

/** Plumbing: a room that people made is bound to a chat. */
export const bridge: Command = {
  name: "bridge",
  section: "rooms",
  network: "first",
  args: "<network> <chat>",
  says: "bridges this room to a chat",
  needs: "user",
  async run(asked) {
    const { engine, room, sender, args, signal } = asked;
    const { live, rest: name } = networkBefore(engine, args);
    if (name.length === 0) return "Tell me which chat: bridge <network> <chat>";
    await demandPower(asked, "bridged");
    if (await isTalk(engine.works.box.store.read, sender, room)) return ours;
    const portal = await bindRoom(engine.works, live, {
      room,
      name: name.join(" "),
      asker: sender,
      signal,
    });
    return `This room is bridged to ${portal.network} ${portal.chat.id} now.`;
  },
};

export const unbridge: Command = {
  name: "unbridge",
  section: "rooms",
  network: "only",
  args: "[network]",
  says: "ends the bridging of this room",
  needs: "user",
  async run(asked) {
    const { engine, room, args, signal } = asked;
    const { works } = engine;
    const portals = (await works.portals.ofRoom(room)).filter(
      (portal) => args[0] === undefined || portal.network === args[0],
    );
    if (portals.length === 0) return notBridged(args[0]);
    await demandPower(asked, "unbridged");
    for (const portal of portals) {
      const inside = await works.box.store.read.portals.logins(portal.id);
      for (const id of inside) {
        if (!works.box.connections.can(id, "leave")) continue;
        await works.box.connections.call(id, "leave", portal.chat, undefined, signal);
      }
      await forgetAlias(asked, portal);
      await emptyPortal(works.box, portal);
      const announce = await commitTelling(works.box, async (tx, tell) => {
        const told = await removePortal(works.box, tx, { portal, tell });
        return [...told, ...(await queueVacate(works.box, tx, portal))];
      });
      works.portals.forget(portal);
      announce();
    }
    return "This room is not bridged any more. What was said stays here.";
  },
};

/** Whoever asks for the chat by its alias later gets a room that is bridged. */
const forgetAlias = async ({ engine, signal }: Asked, portal: Portal): Promise<void> => {
  const { works } = engine;
  const alias = works.rooms.aliasOf(portal);
  await works.box.homeserver.removeAlias(alias, { class: "live", signal }).catch(noAlias);
};
