import type { Json, Role } from "../adapter/index.ts";
import { isObject } from "../matrix/parse.ts";
import { levelAt } from "../matrix/rooms.ts";

/** Power levels of remote roles; the bot has 100. */
export const power: Readonly<Record<Role, number>> = {
  owner: 95,
  admin: 75,
  moderator: 50,
  helper: 25,
  voice: 5,
  member: 0,
  muted: -1,
};

/** Every role, the highest first. */
export const downwards = [
  "owner",
  "admin",
  "moderator",
  "helper",
  "voice",
  "member",
  "muted",
] as const satisfies readonly Role[];

export const isRole = (text: string): text is Role => Object.hasOwn(power, text);

/** The highest of them. */
export const highest = (roles: readonly Role[]): Role =>
  downwards.find((role) => roles.includes(role)) ?? "member";

/** The lowest of them. */
export const lowest = (roles: readonly Role[]): Role =>
  downwards.findLast((role) => roles.includes(role)) ?? "member";

/** The highest of those roles that a level reaches; who reaches none of them is a member. */
export const roleAt = (level: number, roles: readonly Role[]): Role =>
  downwards.find((role) => roles.includes(role) && level >= power[role]) ?? "member";

/** The levels that a room's `m.room.power_levels` gives to single users, or to single types of events. */
export const usersOf = (value: Json | undefined): Record<string, number> => {
  if (!isObject(value)) return {};
  const levels: Record<string, number> = {};
  for (const user of Object.keys(value)) {
    const level = levelAt(value, user);
    if (level !== undefined) levels[user] = level;
  }
  return levels;
};
