import { BridgeError } from "../adapter/index.ts";
import { bindRoom, queueVacate } from "../engine/index.ts";
import { mayPlumb } from "../matrix/rooms.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Portal } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { networkNamed } from "./networks.ts";

const powerNeeded = (what: string): BridgeError =>
  new BridgeError(
    "forbidden",
    `This room was not ${what}: you need the power to change its settings. Ask a moderator of the room.`,
    { reached: "no", scope: "item" },
  );

const demandPower = async (
  { engine, room, sender, signal }: Asked,
  what: string,
): Promise<void> => {
  const { box } = engine.works;
  const call = { class: "live", signal } as const;
  const at = { room, type: "m.room.power_levels", key: "" };
  const levels = await box.homeserver.getState(at, call);
  const creation = await box.homeserver.getCreation(room, call);
  if (!mayPlumb(sender, levels, creation)) throw powerNeeded(what);
};

/** Plumbing: a room that people made is bound to a chat. */
export const bridge: Command = {
  name: "bridge",
  args: "<network> <chat>",
  says: "bridges this room to a chat",
  needs: "user",
  async run(asked) {
    const { engine, room, sender, args, signal } = asked;
    const [network, ...name] = args;
    const live = networkNamed(engine, network);
    if (name.length === 0) return "Tell me which chat: bridge <network> <chat>";
    await demandPower(asked, "bridged");
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
  args: "[network]",
  says: "ends the bridging of this room",
  needs: "user",
  async run(asked) {
    const { engine, room, args, signal } = asked;
    const { works } = engine;
    const portals = (await works.portals.ofRoom(room)).filter(
      (portal) => args[0] === undefined || portal.network === args[0],
    );
    if (portals.length === 0) return "This room is not bridged to that.";
    await demandPower(asked, "unbridged");
    for (const portal of portals) {
      const inside = await works.box.store.read.portals.logins(portal.id);
      for (const id of inside) {
        if (!works.box.connections.can(id, "leave")) continue;
        await works.box.connections.call(id, "leave", portal.chat, undefined, signal);
      }
      await forgetAlias(asked, portal);
      const lane = await works.box.store.commit(async (tx) => {
        await tx.portals.remove(portal.id);
        return queueVacate(works.box, tx, portal);
      });
      works.portals.forget(portal);
      works.box.wake(lane);
    }
    return "This room is not bridged any more. What was said stays here.";
  },
};

/** Whoever asks for the chat by its alias later gets a room that is bridged. */
const forgetAlias = async ({ engine, signal }: Asked, portal: Portal): Promise<void> => {
  const { works } = engine;
  const alias = works.rooms.aliasOf(portal);
  try {
    await works.box.homeserver.removeAlias(alias, { class: "live", signal });
  } catch (error) {
    if (!(error instanceof MatrixError) || ![403, 404].includes(error.status)) throw error;
  }
};
