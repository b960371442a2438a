import { BridgeError } from "../adapter/index.ts";
import { isForRole } from "../engine/index.ts";
import { mayPlumb, powerOf } from "../matrix/rooms.ts";
import type { Asked } from "./command.ts";

const powerNeeded = (what: string): BridgeError =>
  new BridgeError(
    "forbidden",
    `This room was not ${what}: you need the power to change its settings. Ask a moderator of the room.`,
    { reached: "no", scope: "item" },
  );

const roleTooLittle = (what: string): BridgeError =>
  new BridgeError(
    "forbidden",
    `This room was not ${what}: the power that you have in it is that of your role in the chat, and how it is bridged concerns others too. Ask an admin of this box.`,
    { reached: "no", scope: "item" },
  );

/**
 * Only who may change a room's settings may change how it is bridged, and not by what a network says that
 * they are in its chat; and the admins of the box.
 * @throws BridgeError `forbidden`.
 */
export const demandPower = async (
  { engine, room, sender, signal }: Asked,
  what: string,
): Promise<void> => {
  const { box } = engine.works;
  if (box.settings.permits(sender, "admin")) return;
  const call = { class: "live", signal } as const;
  const at = { room, type: "m.room.power_levels", key: "" };
  const levels = await box.homeserver.getState(at, call);
  const creation = await box.homeserver.getCreation(room, call);
  if (!mayPlumb(sender, levels, creation)) throw powerNeeded(what);
  const level = powerOf(sender, levels, creation);
  if (await isForRole(box.store.read, room, { person: sender, level })) throw roleTooLittle(what);
};
