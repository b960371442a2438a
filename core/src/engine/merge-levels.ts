import { powerForState, powerOf } from "../matrix/rooms.ts";
import type { Creation } from "../matrix/rooms.ts";
import type { JsonObject } from "../matrix/types.ts";
import { power, usersOf } from "./levels.ts";

type Levels = Readonly<Record<string, number>>;

/** The bot's, above every role. */
export const full = 100;
/** Whose role is lower changes nobody's levels. */
export const granting = power.moderator;
const levelsType = "m.room.power_levels";
/**
 * What is no role's to decide, whatever the homeserver sets for it: who comes in and reads what was said,
 * which follows the network; where the room goes on, which the box follows; and the levels themselves.
 */
const closed = [
  "m.room.join_rules",
  "m.room.guest_access",
  "m.room.history_visibility",
  "m.room.encryption",
  "m.room.server_acl",
  "m.room.tombstone",
  levelsType,
];

/** The levels as they are. */
export interface SeenLevels {
  readonly content: JsonObject;
  readonly creation: Creation | undefined;
  /** Whoever set them may change all of them. */
  readonly trusted: boolean;
}

/** Who on Matrix is to have which level, and what was noted before. */
export interface PeopleLevels {
  readonly wanted: Levels;
  readonly given: Levels;
  readonly kept: JsonObject | undefined;
  /** Everybody who has an account in the chat. */
  readonly accounts: ReadonlySet<string>;
  /** Some of their roles are being changed on the network right now. */
  readonly pending: boolean;
  /** Some of them may change the roles of others. */
  readonly grants: boolean;
}

/**
 * Whether somebody who set these levels may change all of them. Nobody can give themselves more than they
 * have: who has as much as the bot by what they set had it before, though that may not be kept yet.
 */
export const mayAll = (
  sender: string,
  { kept, content, creation }: Pick<SeenLevels, "content" | "creation"> & { kept: JsonObject },
): boolean => [kept, content].some((levels) => powerOf(sender, levels, creation) >= full);

/** With the levels of these; who has none of their own needs no entry. */
export const withLevels = (users: Levels, to: Levels): Levels => {
  const after: Record<string, number> = { ...users };
  for (const [mxid, level] of Object.entries(to))
    if (level === 0) delete after[mxid];
    else after[mxid] = level;
  return after;
};

/**
 * What the levels of a room are to be where people have some for their roles, and what of it no role
 * decides. Of what was set with such a level only the levels of ghosts and of people of the chat stay, and
 * the latter as their roles say; whoever has as much as the bot, or made the room, is left alone.
 */
export const mergeLevels = (
  seen: SeenLevels,
  people: PeopleLevels,
  isGhost: (mxid: string) => boolean,
): { readonly after: JsonObject; readonly kept: JsonObject | undefined } => {
  const { wanted, given, kept, accounts, pending, grants } = people;
  const now = usersOf(seen.content["users"]);
  const base = kept === undefined || seen.trusted ? seen.content : kept;
  const hasRole = (mxid: string): boolean =>
    mxid in wanted || mxid in given || (pending && accounts.has(mxid));
  const isOther = (mxid: string, level: number): boolean =>
    !isGhost(mxid) && !isAbove(mxid, seen) && (level >= full || !hasRole(mxid));
  const others = {
    ...only(usersOf(base["users"]), isOther),
    // By no role can anybody have given so much.
    ...only(now, (mxid, level) => level >= full && isOther(mxid, level)),
  };
  const ghosts = only(now, isGhost);
  const mere = { ...base, users: { ...ghosts, ...others } };
  const due: Record<string, number> = {};
  for (const mxid of new Set([...Object.keys(wanted), ...Object.keys(given), ...accounts])) {
    if (!hasRole(mxid) || powerOf(mxid, mere, seen.creation) >= full) continue;
    const level = wanted[mxid] ?? 0;
    // Nobody keeps what they had for a role that they lost by having some change wait.
    due[mxid] = pending && level >= (given[mxid] ?? 0) ? (now[mxid] ?? 0) : level;
  }
  const whole = shut(mere, { strongest: Math.max(0, ...Object.values(wanted)), grants });
  const waiting = pending ? only(usersOf(kept?.["users"]), (mxid) => accounts.has(mxid)) : {};
  return {
    after: { ...whole, users: withLevels({ ...ghosts, ...others }, due) },
    kept: grants || kept ? { ...whole, users: { ...waiting, ...others } } : undefined,
  };
};

/** A creator to whom levels can give nothing. */
const isAbove = (mxid: string, { creation }: SeenLevels): boolean =>
  powerOf(mxid, undefined, creation) === Number.POSITIVE_INFINITY;

const only = (users: Levels, which: (mxid: string, level: number) => boolean): Levels =>
  Object.fromEntries(Object.entries(users).filter(([mxid, level]) => which(mxid, level)));

/** Nobody decides by a role what is closed, but who may give others roles can change levels. */
const shut = (
  levels: JsonObject,
  { strongest, grants }: { readonly strongest: number; readonly grants: boolean },
): JsonObject => {
  const before = usersOf(levels["events"]);
  const open = closed.filter((type) => powerForState(type, levels) <= strongest);
  const events = { ...before, ...Object.fromEntries(open.map((type) => [type, full])) };
  if (grants) events[levelsType] = Math.min(granting, powerForState(levelsType, levels));
  return open.length > 0 || grants ? { ...levels, events } : levels;
};
