import type { Json } from "./json.ts";
import type { Room } from "./room.ts";

const STRIPPED = [
  "create",
  "join_rules",
  "canonical_alias",
  "name",
  "avatar",
  "topic",
  "encryption",
];

/** What an invited user sees of a room before he is in it. */
export function strippedState(room: Room, userId: string): Json[] {
  const member = room.stateEvent("m.room.member", userId);
  const inviter = member && room.stateEvent("m.room.member", member.event.sender);
  const state = STRIPPED.map((type) => room.stateEvent(`m.room.${type}`));
  return [...state, inviter, member]
    .filter((stored) => stored !== undefined)
    .map(({ event }) => ({
      type: event.type,
      sender: event.sender,
      state_key: event.state_key,
      content: event.content,
    }));
}
