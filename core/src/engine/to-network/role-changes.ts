import { isDeepStrictEqual } from "node:util";
import type { LoginId, Role, UserId } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { peopleIn } from "../account-roles.ts";
import type { Account } from "../account-roles.ts";
import { levelsBefore, touchedPeople } from "../level-changes.ts";
import { downwards, highest, power, roleAt, usersOf } from "../levels.ts";
import { full, mayAll } from "../merge-levels.ts";
import { levelsOf } from "../room-levels.ts";
import { outPayload } from "../sent-row.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { object } from "./content.ts";
import { loginFor } from "./speaker.ts";

/** Somebody who is to have that role. */
export interface Due {
  readonly user: UserId;
  readonly role: Role;
  /** The level is that of this role, not of one which cannot be given there. */
  readonly exact: boolean;
  /** Where it is an account of the box. */
  readonly login?: LoginId;
}

/** What somebody's change of the levels asks for. */
export interface RoleChanges {
  readonly due: readonly Due[];
  /** A level that changed is that of a role which cannot be given there. */
  readonly off: boolean;
  /** People with an account there, and the level that they were given. */
  readonly touched: Readonly<Record<string, number>>;
  /** People without one, to whom somebody gave a level who may give roles only. */
  readonly strangers: readonly string[];
  /** Other levels changed, by somebody who may give roles only. */
  readonly more: boolean;
}

/** Nothing is asked for twice: who has the role there already, by us or by others, is passed over. */
export const roleChanges = async (works: Works, turn: Turn): Promise<RoleChanges> => {
  const { portal } = turn;
  const { read } = works.box.store;
  const { event } = outPayload(turn.item);
  const told = portal.info?.features.roles ?? [];
  const roles = told.length > 0 ? told : downwards;
  const now = usersOf(event.content["users"]);
  const before = levelsBefore(event);
  const accounts = await peopleIn(read, portal);
  const kept = await guarding(works, turn);
  const due: Due[] = [];
  const strangers: string[] = [];
  let off = false;
  for (const mxid of new Set([...Object.keys(now), ...Object.keys(before ?? {})])) {
    const level = now[mxid] ?? 0;
    const former = before && (before[mxid] ?? 0);
    if (former === level) continue;
    const theirs = accounts.get(mxid);
    if (theirs === undefined && !isGhost(works, mxid)) {
      if (kept && (usersOf(kept["users"])[mxid] ?? 0) !== level) strangers.push(mxid);
      continue;
    }
    if (theirs && level >= full) continue;
    const role = roleAt(level, roles);
    const meant = roleAt(level, downwards);
    const held = theirs ? theirs.map((one) => one.role) : await roleOf(works, turn, mxid);
    if (held === undefined) continue;
    if (meant === highest(held)) continue;
    const same = former !== undefined && roleAt(former, roles) === role;
    const more = theirs
      ? await ofPerson(works, turn, { mxid, role, accounts: theirs })
      : same || held.includes(role)
        ? []
        : await ofGhost(works, mxid, role);
    due.push(...more.map((one) => ({ ...one, exact: meant === role })));
    off ||= more.length === 0;
  }
  const touched = touchedPeople(event, accounts.keys());
  return { due, off, touched, strangers, more: kept !== undefined && isMore(event, kept) };
};

/** The levels that the sender may not change; undefined: all are theirs to change. */
const guarding = async (
  { box: { store, homeserver } }: Works,
  { portal, item, signal }: Turn,
): Promise<JsonObject | undefined> => {
  const kept = (await levelsOf(store.read, portal.id))?.kept;
  if (kept === undefined) return undefined;
  const { event } = outPayload(item);
  const creation = await homeserver.getCreation(event.room_id, { class: "live", signal });
  const { sender, content } = event;
  return mayAll(sender, { kept, content, creation }) ? undefined : kept;
};

/** Whether it changed something else, as far as the homeserver tells what was before. */
const isMore = ({ content, unsigned }: MatrixEvent, kept: JsonObject): boolean => {
  const before = object(unsigned?.["prev_content"]);
  return [...new Set([...Object.keys(content), ...Object.keys(kept)])].some(
    (key) =>
      key !== "users" &&
      !isDeepStrictEqual(content[key], kept[key]) &&
      (before === undefined || !isDeepStrictEqual(content[key], before[key])),
  );
};

const isGhost = (works: Works, mxid: string): boolean =>
  works.isInNamespace(mxid) && mxid !== works.box.homeserver.bot;

/** As what that person of the network is in the chat, a member where nobody told; undefined: they are not. */
const roleOf = async (
  { box, ghosts }: Works,
  { portal }: Turn,
  mxid: string,
): Promise<readonly Role[] | undefined> => {
  const ghost = await ghosts.byMxid(mxid);
  if (ghost?.network !== portal.network) return undefined;
  const row = await box.store.read.roster.get(portal.id, ghost.user);
  return row === undefined || row.state === "join" ? [row?.role ?? "member"] : undefined;
};

type Asked = Omit<Due, "exact">;

const ofGhost = async ({ ghosts }: Works, mxid: string, role: Role): Promise<readonly Asked[]> => {
  const ghost = await ghosts.byMxid(mxid);
  return ghost ? [{ user: ghost.user, role }] : [];
};

/** More goes to the account by which they speak there, less to each that has more. */
const ofPerson = async (
  works: Works,
  { portal }: Turn,
  { mxid, role, accounts }: { mxid: string; role: Role; accounts: readonly Account[] },
): Promise<readonly Asked[]> => {
  const above = accounts.filter((account) => power[account.role] > power[role]);
  if (above.length > 0 || accounts.some((account) => account.role === role))
    return above.map(({ user, login }) => ({ user, login, role }));
  const speaking = (await loginFor(works, portal, mxid))?.login.row.id;
  const account = accounts.find(({ login }) => login === speaking) ?? accounts[0];
  return account ? [{ user: account.user, login: account.login, role }] : [];
};
