import { isObject, textAt } from "./parse.ts";
import type { JsonObject, MatrixEvent } from "./types.ts";

export type Membership = "invite" | "join" | "knock" | "leave" | "ban";

/** What an `m.room.member` event says, as far as it says anything. */
export interface Member {
  readonly user: string;
  readonly membership: Membership;
  readonly name: string | undefined;
  readonly avatar: string | undefined;
  readonly reason: string | undefined;
  /** A direct chat is meant, where it is an invitation. */
  readonly direct: boolean;
}

const memberships: ReadonlySet<string> = new Set(["invite", "join", "knock", "leave", "ban"]);
const isMembership = (value: string): value is Membership => memberships.has(value);

/** `undefined` if the event is no member event that can be read. */
export const memberOf = (event: MatrixEvent): Member | undefined => {
  const { type, state_key: user, content } = event;
  if (type !== "m.room.member" || user === undefined || !user.startsWith("@")) return undefined;
  const membership = textAt(content, "membership");
  if (membership === undefined || !isMembership(membership)) return undefined;
  return {
    user,
    membership,
    name: textAt(content, "displayname"),
    avatar: textAt(content, "avatar_url"),
    reason: textAt(content, "reason"),
    direct: content["is_direct"] === true,
  };
};

/** What a room's create event decides about power. */
export type Creation = Pick<MatrixEvent, "sender" | "content">;

/**
 * The power of a user (spec: Client-Server API, "m.room.power_levels"). From room version 12 on the
 * creators stand above every level; before, the creator has 100 as long as there are no levels.
 */
export const powerOf = (
  user: string,
  levels: JsonObject | undefined,
  creation: Creation | undefined,
): number => {
  const creators = creation === undefined ? [] : creatorsOf(creation);
  const above = creation !== undefined && isPrivileged(creation.content);
  if (above && creators.includes(user)) return Number.POSITIVE_INFINITY;
  if (levels === undefined) return creators.includes(user) ? 100 : 0;
  const users = levels["users"];
  const own = isObject(users) && Object.hasOwn(users, user) ? levelAt(users, user) : undefined;
  return own ?? levelAt(levels, "users_default") ?? 0;
};

/** The power that a state event of that type takes. */
export const powerForState = (type: string, levels: JsonObject | undefined): number => {
  if (levels === undefined) return 0;
  const events = levels["events"];
  const own = isObject(events) && Object.hasOwn(events, type) ? levelAt(events, type) : undefined;
  return own ?? levelAt(levels, "state_default") ?? 50;
};

/** Only who could set the room's state may bind it to a network: what is said in it will leave it. */
export const mayPlumb = (
  user: string,
  levels: JsonObject | undefined,
  creation: Creation | undefined,
): boolean => {
  const needed = levels === undefined ? 50 : (levelAt(levels, "state_default") ?? 50);
  return powerOf(user, levels, creation) >= needed;
};

/** Versions whose creators stand below levels; whatever comes later is taken to be like 12. */
const levelled = new Set(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);

const isPrivileged = (content: JsonObject): boolean => {
  const version = textAt(content, "room_version") ?? "1";
  return /^\d+$/.test(version) && !levelled.has(version);
};

const creatorsOf = ({ sender, content }: Creation): readonly string[] => {
  const more = content["additional_creators"];
  if (!isPrivileged(content) || !Array.isArray(more)) return [sender];
  return [sender, ...more.filter((user) => typeof user === "string")];
};

/** Old rooms have levels as texts, which still count (room versions 1 to 9). */
export const levelAt = (object: JsonObject, key: string): number | undefined => {
  const value = object[key];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : undefined;
};
