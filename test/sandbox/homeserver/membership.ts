import { forbidden } from "./errors.ts";
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

/** Kicking is for members and the invited: anyone else is refused, as Synapse does. */
export function assertKickable(room: Room, target: string): void {
  const before = room.membership(target);
  if (before === "leave" || before === "ban")
    throw forbidden(`The target user is not in the room: ${target}`);
}

/** Unbanning is for the banned. */
export function assertBanned(room: Room, target: string): void {
  if (room.membership(target) !== "ban") throw forbidden("Cannot unban user who was not banned");
}
