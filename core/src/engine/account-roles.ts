import type { Json, LoginId, Member, Role } from "../adapter/index.ts";
import type { Lane, Login, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box, LiveNetwork } from "./box.ts";
import { isRole, lowest, power } from "./levels.ts";
import { forgetMoving } from "./moving.ts";
import { ownersOf } from "./own-chat.ts";
import { checkLevels, forgetLevels } from "./room-levels.ts";

/** What an account of the box is in its chats, by its login, then by portal. */
const scopeOf = (login: LoginId): string => `role:${login}`;

/** One account in one chat. */
interface Place {
  readonly portal: PortalId;
  readonly login: LoginId;
}

const roleIn = (stored: Json | undefined): Role | undefined =>
  typeof stored === "string" && isRole(stored) ? stored : undefined;

export const putRole = (
  tx: Repositories,
  { portal, login }: Place,
  role: Role | undefined,
): Promise<void> => tx.keys.set(scopeOf(login), String(portal), role ?? null, false);

/** In the commit that ends a login. */
export const forgetRoles = (tx: Repositories, login: LoginId): Promise<void> =>
  tx.keys.forgetScope(scopeOf(login));

/** In the commit that ends a portal, or revives one that another took the place of: nobody is in its chat, or somebody there. */
export const forgetInside = async (tx: Repositories, portal: PortalId): Promise<void> => {
  for (const login of await tx.portals.logins(portal)) {
    await tx.portals.removeLogin(portal, login);
    await putRole(tx, { portal, login }, undefined);
  }
  await tx.roster.forget(portal);
  await forgetMoving(tx, portal);
  await forgetLevels(tx, portal);
};

/** In the caller's commit: the chat goes on as another portal, of which what is told already is newer. */
export const moveRoles = async (
  tx: Repositories,
  from: PortalId,
  { portal, login }: Place,
): Promise<void> => {
  const role = roleIn(await tx.keys.get(scopeOf(login), String(from)));
  await putRole(tx, { portal: from, login }, undefined);
  const known = roleIn(await tx.keys.get(scopeOf(login), String(portal)));
  if (role !== undefined && known === undefined) await putRole(tx, { portal, login }, role);
};

/**
 * In the caller's commit: as what accounts of the box are in a chat, told by what they themselves see of it.
 * Another's word does not count, because somebody else may go by an account's name while it is away; nor
 * does the higher of two roles that are told of one account.
 */
export const noteRoles = async (
  box: Box,
  tx: Repositories,
  {
    live,
    portal,
    list,
    seenBy,
  }: {
    readonly live: Pick<LiveNetwork, "logins">;
    readonly portal: Portal;
    readonly list: readonly Member[];
    readonly seenBy: readonly LoginId[];
  },
): Promise<readonly Lane[]> => {
  let changed = false;
  for (const login of new Set(seenBy)) {
    const row = live.logins.get(login)?.row;
    if (row?.owner === undefined) continue;
    const told = list.filter(({ user }) => user === row.user);
    const known = told.flatMap(({ state, role }) => (state === "join" ? (role ?? []) : "member"));
    if (known.length === 0) continue;
    const place = { portal: portal.id, login };
    const role = lowest(known);
    // Also a member is written down: that is newer than what it was in a chat that goes on as this one.
    const after = told.some(({ state }) => state === "join") ? role : undefined;
    const before = roleIn(await tx.keys.get(scopeOf(login), String(portal.id)));
    if (before !== after) await putRole(tx, place, after);
    changed ||= (before ?? "member") !== role;
  }
  return changed ? checkLevels(box, tx, portal) : [];
};

/** An account of a Matrix user in a chat. */
export interface Account extends Pick<Login, "user"> {
  readonly login: LoginId;
  readonly role: Role;
}

/** Everybody on Matrix who has an account in the chat, and as what it is there. */
export const peopleIn = async (
  tx: Repositories,
  { id, chat }: Pick<Portal, "id" | "chat">,
): Promise<ReadonlyMap<string, readonly Account[]>> => {
  const people = new Map<string, Account[]>();
  for (const login of ownersOf(chat, await tx.portals.logins(id))) {
    const row = await tx.logins.get(login);
    if (row?.owner === undefined || row.role === "relay") continue;
    const role = roleIn(await tx.keys.get(scopeOf(login), String(id))) ?? "member";
    const known = people.get(row.owner) ?? [];
    people.set(row.owner, [...known, { login, user: row.user, role }]);
  }
  return people;
};

/**
 * The level of whoever has these accounts: that of the highest. Nobody is silenced here by being so on their
 * network, which says it itself.
 */
export const levelOf = (accounts: readonly Pick<Account, "role">[]): number =>
  Math.max(0, ...accounts.map(({ role }) => power[role]));
