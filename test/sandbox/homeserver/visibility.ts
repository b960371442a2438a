import type { Requester } from "./accounts.ts";
import { forbidden } from "./errors.ts";
import { shown, type ClientEvent, type StoredEvent } from "./events.ts";
import type { Room } from "./room.ts";
import type { World } from "./world.ts";

/** An event as this requester gets it. */
export function shownTo(world: World, requester: Requester, stored: StoredEvent): ClientEvent {
  return shown(stored, world.clock.now(), requester.owner);
}

/**
 * The last stream position whose events a user may read: no end for a member, the place of
 * leaving for one who left. M_FORBIDDEN for anyone else.
 */
export function readableUntil(
  world: World,
  requester: Requester,
  roomId: string,
): { room: Room; until: number } {
  const room = world.rooms.find(roomId);
  if (room?.joined.has(requester.userId)) return { room, until: Infinity };
  const left = room?.stateEvent("m.room.member", requester.userId);
  const wasIn = left?.replaced?.event.content["membership"] === "join";
  if (room && left && wasIn) return { room, until: left.position };
  if (room?.stateContent("m.room.history_visibility")["history_visibility"] === "world_readable") {
    return { room, until: Infinity };
  }
  throw forbidden(`User ${requester.userId} not in room ${roomId}, and room previews are disabled`);
}

/** Whether history visibility lets a user see an event from before he came. */
export function maySee(room: Room, userId: string, stored: StoredEvent): boolean {
  const visibility = room.stateContent("m.room.history_visibility")["history_visibility"];
  if (visibility !== "joined" && visibility !== "invited") return true;
  let member = room.stateEvent("m.room.member", userId);
  while (member && member.position > stored.position) member = member.replaced;
  if (stored.event.state_key === userId && stored.event.type === "m.room.member") return true;
  const was = member?.event.content["membership"];
  return was === "join" || (visibility === "invited" && was === "invite");
}
