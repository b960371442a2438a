import { BridgeError } from "../adapter/index.ts";
import { mayPlumb } from "../matrix/rooms.ts";
import type { Asked } from "./command.ts";

const powerNeeded = (what: string): BridgeError =>
  new BridgeError(
    "forbidden",
    `This room was not ${what}: you need the power to change its settings. Ask a moderator of the room.`,
    { reached: "no", scope: "item" },
  );

/**
 * Only who may change a room's settings may change how it is bridged.
 * @throws BridgeError `forbidden`.
 */
export const demandPower = async (
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
