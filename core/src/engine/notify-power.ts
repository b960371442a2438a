import type { JsonObject } from "../matrix/types.ts";
import { powerOf } from "../matrix/rooms.ts";
import type { Works } from "./works.ts";

/** The power that calling the whole room takes, where the room does not say. */
const usual = 50;

/** Whether that user may call everybody in the room (spec: `notifications.room` of the power levels). */
export const mayCallRoom = async (
  { box }: Works,
  room: string,
  { user, signal }: { user: string; signal?: AbortSignal },
): Promise<boolean> => {
  const call = { class: "live", signal: signal ?? box.signal } as const;
  const levels = await box.homeserver.getState(
    { room, type: "m.room.power_levels", key: "" },
    call,
  );
  const creation = await box.homeserver.getCreation(room, call);
  return powerOf(user, levels, creation) >= needed(levels);
};

const needed = (levels: JsonObject | undefined): number => {
  const notifications = levels?.["notifications"];
  if (notifications === null || typeof notifications !== "object" || !("room" in notifications))
    return usual;
  return typeof notifications.room === "number" ? notifications.room : usual;
};
