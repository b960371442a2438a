import type { Item, Repositories } from "../store/types.ts";
import { roomLane } from "./control.ts";
import { outPayload } from "./sent-row.ts";
import type { Upgrade } from "./upgrade-item.ts";

/** What waits in a room's lane is looked through that far. */
const most = 1000;

/** Kinds of items that hold what was said in a room to which no chat is bridged. */
const said: ReadonlySet<string> = new Set(["command", "held"]);

/**
 * In the caller's commit: whether we are just coming into that room, perhaps with chats. What is said
 * there stands behind that in the room's lane.
 */
export const isAwaited = async (tx: Repositories, room: string): Promise<boolean> => {
  const waiting = await tx.items.list(roomLane(room), most);
  return waiting.some((item) =>
    item.kind === "upgrade"
      ? (item.payload as unknown as Upgrade).next === room
      : item.kind === "invite" && outPayload(item).event.room_id === room,
  );
};

/** In the caller's commit: what was said in that room and not looked at yet, in order. */
export const saidEarly = async (tx: Repositories, room: string): Promise<readonly Item[]> => {
  const waiting = await tx.items.list(roomLane(room), most);
  return waiting.filter((item) => said.has(item.kind) && outPayload(item).event.room_id === room);
};
