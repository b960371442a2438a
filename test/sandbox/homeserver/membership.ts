import { ApiError, forbidden } from "./errors.ts";
import type { StoredEvent } from "./events.ts";
import type { Json } from "./json.ts";
import type { Membership, Room } from "./room.ts";
import type { World } from "./world.ts";

/** Who makes whom what in a room. */
export type MembershipChange = {
  readonly sender: string;
  readonly target: string;
  readonly membership: Membership;
  readonly reason?: string | undefined;
  readonly extra?: Json | undefined;
};

/** Sends a member event with the target's profile in it, as the rules allow. */
export function setMembership(world: World, room: Room, change: MembershipChange): StoredEvent {
  const { sender, target, membership, reason, extra } = change;
  const before = room.stateEvent("m.room.member", target);
  const isRepeat = membership === "join" && room.joined.has(target);
  if (isRepeat && before && sender === target && !extra) return before;
  const hasProfile = membership === "join" || membership === "invite";
  const content: Json = {
    ...(hasProfile ? world.profiles.inMember(target) : {}),
    ...extra,
    membership,
    ...(reason === undefined ? {} : { reason }),
  };
  return world.rooms.append(room, { type: "m.room.member", sender, stateKey: target, content });
}

/** What Synapse refuses before the room's own rules are asked: M_BAD_STATE about bans, kicking nobody. */
export function assertSensible(room: Room, action: string, target: string): void {
  const before = room.membership(target);
  if (action === "unban" && before !== "ban")
    throw badState("Cannot unban user who was not banned");
  if (before === "ban" && !["ban", "unban", "leave"].includes(action)) {
    throw badState(`Cannot ${action} user who was banned`);
  }
  if (action === "kick" && before === "leave")
    throw forbidden("The target user is not in the room");
}

function badState(error: string): ApiError {
  return new ApiError(403, { errcode: "M_BAD_STATE", error });
}
