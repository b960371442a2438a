import { isDeepStrictEqual } from "node:util";
import { MatrixError } from "../../matrix/types.ts";
import type { Call, JsonObject } from "../../matrix/types.ts";
import type { Portal, RosterRow } from "../../store/types.ts";
import { levelOf, peopleIn } from "../account-roles.ts";
import { power, usersOf } from "../levels.ts";
import { granting, mayAll, mergeLevels, withLevels } from "../merge-levels.ts";
import type { PeopleLevels, SeenLevels } from "../merge-levels.ts";
import { judge } from "../policy.ts";
import { networkOf } from "../portals.ts";
import { followsRoles, levelsOf, putLevels } from "../room-levels.ts";
import type { RoomLevels } from "../room-levels.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";

interface Showing {
  readonly room: string;
  readonly rows: readonly RosterRow[];
}

/**
 * One write for all roles that changed, of ghosts and of people who are logged in; none if they are so
 * already, or if we may not. Gives which asking to compare them stays, because nothing can be done about it now.
 */
export const showLevels = async (
  works: Works,
  turn: Turn,
  { room, rows }: Showing,
): Promise<number | undefined> => {
  const due = await peopleDue(works, turn.portal, { room, rows });
  if (rows.length === 0 && due === undefined) return undefined;
  const call = { class: "roster", signal: turn.signal } as const;
  const seen = await look(works, { room, due }, call).catch(unlessForGood(works, room));
  if (seen === undefined || networkOf(works.box, turn.portal) === undefined) return due?.check;
  const ghosts: Record<string, number> = {};
  for (const row of rows)
    ghosts[(await works.ghosts.get(turn.portal.network, row.user)).mxid] =
      power[row.role ?? "member"];
  const isGhost = (mxid: string): boolean =>
    works.isInNamespace(mxid) && mxid !== works.box.homeserver.bot;
  const merged = due && mergeLevels(seen, due.people, isGhost);
  const { after, kept } = merged ?? { after: seen.content, kept: undefined };
  const users = withLevels(usersOf(after["users"]), ghosts);
  await write(works, turn, { room, seen, due, after: { ...after, users }, kept }, call);
  return due?.people.pending === true ? due.check : undefined;
};

interface Due {
  readonly people: PeopleLevels;
  readonly last: RoomLevels["last"];
  readonly check: number | undefined;
  /** They were compared in that room before, not in the one that goes on as it. */
  readonly here: boolean;
}

/** Nothing where nobody's level can be another one than it is, and nobody but the bot can change any. */
const peopleDue = async (
  works: Works,
  portal: Portal,
  { room, rows }: Showing,
): Promise<Due | undefined> => {
  const { read } = works.box.store;
  const noted = await levelsOf(read, portal.id);
  if (noted === undefined) return undefined;
  const { given, kept, check, last } = noted;
  const here = noted.room === room;
  if (here && check === undefined && (kept === undefined || rows.length === 0)) return undefined;
  const own = await followsRoles(read, portal);
  const people = own ? await peopleIn(read, portal) : new Map<string, never>();
  const levels = [...people].map(([person, accounts]) => [person, levelOf(accounts)] as const);
  const wanted = Object.fromEntries(levels.filter(([, level]) => level > 0));
  const queued = await read.items.list({ portal: portal.id, direction: "out" }, 500);
  const roles = portal.info?.features.roles ?? [];
  const grants =
    roles.some((role) => power[role] > 0) &&
    Object.values(wanted).some((level) => level >= granting);
  const pending = own && queued.some(({ kind }) => kind === "power");
  const accounts = new Set(people.keys());
  return {
    people: { wanted, given, kept, accounts, pending, grants },
    check,
    last,
    here,
  };
};

const look = async (
  { box: { homeserver } }: Works,
  { room, due }: { readonly room: string; readonly due: Due | undefined },
  call: Call,
): Promise<SeenLevels | undefined> => {
  const at = { room, type: "m.room.power_levels", key: "" };
  const creation = due && (await homeserver.getCreation(room, call));
  const kept = due?.people.kept;
  if (kept === undefined) {
    const content = await homeserver.getState(at, call);
    return content && { content, creation, trusted: true };
  }
  const event = await homeserver.getStateEvent(at, call);
  if (event === undefined) return undefined;
  const { content } = event;
  const known = isDeepStrictEqual(due?.last?.content, content) ? due?.last?.sender : undefined;
  const sender = event.sender || (known ?? "");
  const isMade = due?.here === false && (sender === "" || sender === homeserver.bot);
  const may = sender !== homeserver.bot && mayAll(sender, { kept, content, creation });
  const trusted = isMade || may;
  return { content, creation, trusted };
};

interface Writing {
  readonly room: string;
  readonly seen: SeenLevels;
  readonly due: Due | undefined;
  readonly after: JsonObject;
  readonly kept: JsonObject | undefined;
}

/** What is kept and what is given is noted before anybody can do anything by it; what was taken, when it is. */
const write = async (
  works: Works,
  { portal }: Turn,
  { room, seen, due, after, kept }: Writing,
  call: Call,
): Promise<void> => {
  const { homeserver, store } = works.box;
  // What was asked for meanwhile is still to be done.
  const note = async (
    { given, kept: base }: Pick<PeopleLevels, "given" | "kept">,
    done: boolean,
  ): Promise<void> => {
    const noted = { room, ...(base ? { kept: base } : {}) };
    await store.commit(async (tx) => {
      const now = await levelsOf(tx, portal.id);
      if (now === undefined) return undefined;
      const { check, last, given: more } = now;
      if (done && check === due?.check) return putLevels(tx, portal.id, { ...noted, given });
      const open = { ...noted, given: { ...more, ...given }, check: check ?? 1 };
      return putLevels(tx, portal.id, last ? { ...open, last } : open);
    });
  };
  if (due) {
    const most = highestOf(due.people);
    const isNews = !isDeepStrictEqual([kept, most], [due.people.kept, due.people.given]);
    if (isNews) await note({ given: most, kept }, false);
  }
  const at = { room, type: "m.room.power_levels", key: "" };
  const isShown =
    isDeepStrictEqual(after, seen.content) ||
    (await homeserver.setState(at, after, call).catch(unlessForGood(works, room))) !== undefined;
  if (due === undefined) return;
  const { given, wanted, pending } = due.people;
  // Nobody has a level for a role that the homeserver did not take: what they have is their own.
  if (!isShown) return note(due.people, true);
  await note({ given: pending ? { ...given, ...wanted } : wanted, kept }, !pending);
};

/** What people may have for their roles until it is as it is to be. */
const highestOf = ({ given, wanted }: PeopleLevels): PeopleLevels["given"] => {
  const most: Record<string, number> = { ...given };
  for (const [mxid, level] of Object.entries(wanted))
    most[mxid] = Math.max(level, given[mxid] ?? level);
  return most;
};

/** What the homeserver never tells or takes keeps nobody waiting who is to come in or go. */
const unlessForGood =
  ({ box }: Works, room: string) =>
  (error: unknown): undefined => {
    const verdict = judge(error);
    if (!(error instanceof MatrixError) || verdict.next === "wait") throw error;
    const { code, sentence: why } = verdict;
    if (code === "forbidden") return;
    box.log.info("The levels of a room were not shown as its chat tells", { room, code, why });
  };
