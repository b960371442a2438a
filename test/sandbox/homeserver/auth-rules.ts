import { badJson, forbidden } from "./errors.ts";
import type { Draft } from "./events.ts";
import { integerAt, isObject, objectAt, type Json } from "./json.ts";
import type { Membership, Room } from "./room.ts";

/** Creators of room version 12 stand above every power level. */
export function creatorsAboveLevels(version: string): boolean {
  return Number(version) >= 12;
}

function creators(room: Room): string[] {
  const create = room.stateEvent("m.room.create");
  if (!create) return [];
  const more = create.event.content["additional_creators"];
  const others = Array.isArray(more) ? more.filter((user) => typeof user === "string") : [];
  return [create.event.sender, ...others];
}

/** The power of a user in a room now. */
export function powerOf(room: Room, userId: string): number {
  const isCreator = creators(room).includes(userId);
  if (isCreator && creatorsAboveLevels(room.version)) return Infinity;
  const levels = room.stateEvent("m.room.power_levels")?.event.content;
  if (!levels) return isCreator ? 100 : 0;
  return integerAt(objectAt(levels, "users"), userId, integerAt(levels, "users_default", 0));
}

function needed(room: Room, action: "invite" | "kick" | "ban" | "redact"): number {
  return integerAt(room.stateContent("m.room.power_levels"), action, action === "invite" ? 0 : 50);
}

function neededToSend(room: Room, draft: Draft): number {
  const levels = room.stateEvent("m.room.power_levels")?.event.content;
  if (!levels) return 0;
  const isState = draft.stateKey !== undefined;
  const fallback = integerAt(
    levels,
    isState ? "state_default" : "events_default",
    isState ? 50 : 0,
  );
  return integerAt(objectAt(levels, "events"), draft.type, fallback);
}

/** Throws unless the room's rules allow the event (spec, room version 10-12, authorization rules). */
export function assertAllowed(room: Room, draft: Draft): void {
  if (draft.type === "m.room.create") {
    if (room.timeline.length > 0) throw forbidden("The room has been created already");
    return;
  }
  if (draft.type === "m.room.member") return assertMembershipAllowed(room, draft);
  if (room.membership(draft.sender) !== "join") {
    throw forbidden(`User ${draft.sender} not in room ${room.id}`);
  }
  const power = powerOf(room, draft.sender);
  const need = neededToSend(room, draft);
  if (power < need) {
    throw forbidden(
      `You don't have permission to post that to the room. user_level (${power}) < send_level (${need})`,
    );
  }
  if (draft.stateKey?.startsWith("@") && draft.stateKey !== draft.sender) {
    throw forbidden("You are not allowed to set others state");
  }
  if (draft.type === "m.room.power_levels") assertLevelsAllowed(room, draft, power);
}

/** Redaction: own events always, other people's with the power to redact. */
export function assertMayRedact(room: Room, sender: string, author: string): void {
  if (author !== sender && powerOf(room, sender) < needed(room, "redact")) {
    throw forbidden("You don't have permission to redact events");
  }
}

function assertMembershipAllowed(room: Room, draft: Draft): void {
  const target = draft.stateKey ?? "";
  const wanted = draft.content["membership"];
  const before = room.membership(target);
  if (wanted === "join") return assertMayJoin(room, draft.sender, target);
  if (wanted === "leave" && draft.sender === target) {
    if (before === "ban") throw forbidden("You have been banned from this room");
    if (before === "leave") throw forbidden(`User ${target} not in room ${room.id}`);
    return;
  }
  if (room.membership(draft.sender) !== "join") {
    throw forbidden(`${draft.sender} not in room ${room.id}.`);
  }
  if (wanted === "invite") assertMayInvite(room, draft.sender, target);
  else if (wanted === "ban") assertMayRemove(room, draft, "ban");
  else if (wanted === "leave") assertMayRemove(room, draft, before === "ban" ? "ban" : "kick");
  else throw badJson("Invalid membership");
}

function assertMayJoin(room: Room, sender: string, target: string): void {
  if (sender !== target) throw forbidden("Cannot force another user to join.");
  const before: Membership = room.membership(target);
  if (before === "ban") throw forbidden("You are banned from this room");
  if (before === "join" || before === "invite") return;
  const isCreatorsFirst = room.timeline.length === 1 && creators(room)[0] === target;
  if (isCreatorsFirst || room.stateContent("m.room.join_rules")["join_rule"] === "public") return;
  throw forbidden("You are not invited to this room.");
}

function assertMayInvite(room: Room, sender: string, target: string): void {
  const before = room.membership(target);
  if (before === "ban") throw forbidden(`${target} is banned from the room`);
  if (before === "join") throw forbidden(`${target} is already in the room.`);
  if (powerOf(room, sender) < needed(room, "invite")) {
    throw forbidden("You don't have permission to invite users");
  }
}

function assertMayRemove(room: Room, draft: Draft, action: "kick" | "ban"): void {
  const target = draft.stateKey ?? "";
  const power = powerOf(room, draft.sender);
  const unbanning = action === "ban" && draft.content["membership"] === "leave";
  if (power < needed(room, action)) {
    throw forbidden(`You don't have permission to ${unbanning ? "unban" : action} ${target}`);
  }
  if (!unbanning && power <= powerOf(room, target)) {
    throw forbidden(`You cannot ${action} user ${target}.`);
  }
}

function assertLevelsAllowed(room: Room, draft: Draft, power: number): void {
  const users = objectAt(draft.content, "users");
  assertIntegers(draft.content);
  if (creatorsAboveLevels(room.version) && creators(room).some((user) => user in users)) {
    throw badJson("Creator user must not appear in power levels.");
  }
  const before = room.stateEvent("m.room.power_levels")?.event.content;
  if (!before) return;
  for (const group of ["users", "events"]) {
    const old = objectAt(before, group);
    const fresh = objectAt(draft.content, group);
    for (const key of new Set([...Object.keys(old), ...Object.keys(fresh)])) {
      if (old[key] === fresh[key]) continue;
      const [from, to] = [integerAt(old, key, 0), integerAt(fresh, key, 0)];
      const overPeer = group === "users" && key !== draft.sender && key in old && from >= power;
      if (from > power || to > power || overPeer) throw levelsRefused(key);
    }
  }
  for (const key of LEVEL_KEYS) {
    if (before[key] === draft.content[key]) continue;
    const [from, to] = [integerAt(before, key, 0), integerAt(draft.content, key, 0)];
    if (from > power || to > power) throw levelsRefused(key);
  }
}

const LEVEL_KEYS = [
  "users_default",
  "events_default",
  "state_default",
  "ban",
  "redact",
  "kick",
  "invite",
];

function levelsRefused(key: string): Error {
  return forbidden(`You don't have permission to add or change the power level of ${key}`);
}

function assertIntegers(content: Json): void {
  const flat = LEVEL_KEYS.map((key) => content[key]);
  for (const group of ["users", "events", "notifications"]) {
    const levels = content[group];
    if (isObject(levels)) flat.push(...Object.values(levels));
  }
  if (flat.some((value) => value !== undefined && !Number.isInteger(value))) {
    throw badJson("power levels must be integers");
  }
}
