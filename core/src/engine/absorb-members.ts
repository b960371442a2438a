import type {
  Batch,
  Member,
  MembersEvent,
  NetworkId,
  RemoteEvent,
  UserId,
} from "../adapter/index.ts";
import type { Lane, Portal, Repositories, RosterRow } from "../store/types.ts";
import type { LiveNetwork } from "./box.ts";
import { noteRoles } from "./account-roles.ts";
import { guardLevels } from "./room-levels.ts";
import { queueRoster } from "./roster-item.ts";
import { queuePlace } from "./spaces/item.ts";
import { leftChat } from "./spaces/leave.ts";
import type { Works } from "./works.ts";

/**
 * Who is in the chat, as its network tells: the box's own logins by whoever saw it, everybody else only
 * by the login that is listened to.
 */
export const membersChanged = async (
  works: Works,
  tx: Repositories,
  {
    live,
    portal,
    event,
    batch,
    counts,
    listed,
  }: {
    live: LiveNetwork;
    portal: Portal;
    event: MembersEvent;
    batch: Batch;
    counts: boolean;
    /**
     * It is a page of the whole list, behind so many of it: also who is known already is shown, because
     * others may be to be shown now than when they came.
     */
    listed?: number;
  },
): Promise<readonly Lane[]> => {
  const { seenBy } = batch;
  const placed: Lane[] = [
    ...(await noteRoles(works.box, tx, { live, portal, list: event.list, seenBy })),
  ];
  const own = new Map([...live.logins.values()].map((login) => [login.row.user, login.row.id]));
  for (const member of event.list) {
    const login = own.get(member.user);
    if (login === undefined || !seenBy.includes(login)) continue;
    const inside = (await tx.portals.logins(portal.id)).includes(login);
    if (inside === (member.state === "join")) continue;
    if (inside) {
      await tx.portals.removeLogin(portal.id, login);
      placed.push(...(await leftChat(works.box, tx, { portal, login })));
    } else {
      await tx.portals.addLogin(portal.id, login, event.at);
      placed.push(...(await queuePlace(works.box, tx, portal)));
    }
    placed.push(...(await guardLevels(works.box, tx, portal)));
  }
  if (!counts) return placed;
  const others = event.list.filter((member) => !own.has(member.user));
  const changes = event.complete ? [...others, ...(await vanished(tx, portal, others))] : others;
  const anew = listed !== undefined;
  const seats = seatsOf(live, listed ?? (await takenIn(tx, live, portal)));
  let dirty = false;
  let left: UserId | undefined;
  for (const member of changes) {
    const isDue = await apply(works, tx, { live, portal, member, seats, anew });
    if (isDue && member.state !== "join") left = member.user;
    dirty ||= isDue;
  }
  if (left !== undefined) dirty = (await fillSeats(works, tx, { live, portal, left })) || dirty;
  return dirty ? [...placed, await queueRoster(works.box, tx, portal.id)] : placed;
};

/** Whoever was there and is not in the whole list has left. */
const vanished = async (
  tx: Repositories,
  portal: Portal,
  list: readonly Member[],
): Promise<readonly Member[]> => {
  const named = new Set(list.map((member) => member.user));
  const rows = await tx.roster.of(portal.id);
  return rows
    .filter((row) => row.state === "join" && !named.has(row.user))
    .map((row) => ({ user: row.user, state: "leave" as const }));
};

const same = (row: RosterRow | undefined, member: Member): boolean =>
  row !== undefined &&
  row.state === member.state &&
  (row.role ?? "member") ===
    (member.role ?? (member.state === "join" ? row.role : "member") ?? "member");

/** True: the homeserver may have to be told. */
const apply = async (
  works: Works,
  tx: Repositories,
  {
    live,
    portal,
    member,
    seats,
    anew,
  }: { live: LiveNetwork; portal: Portal; member: Member; seats: Seats; anew: boolean },
): Promise<boolean> => {
  const row = await tx.roster.get(portal.id, member.user);
  const known = same(row, member);
  if (known && !anew) return false;
  const role = member.role ?? (member.state === "join" ? row?.role : undefined);
  const next: Member = role === undefined ? member : { ...member, role };
  const shown = await isShown(works, tx, { network: live.settings.id, portal, member });
  const due = member.state === "join" ? seats.taken < seats.most : await mayComeYet(tx, portal);
  seats.taken += Number(member.state === "join") - Number(!anew && row?.state === "join");
  if (known && (shown || !due)) return false;
  const dirty = shown || due || row?.dirty === true;
  if (!dirty && row === undefined && member.state === "leave") return false;
  await tx.roster.put(portal.id, next, dirty);
  return dirty;
};

const isShown = async (
  works: Works,
  tx: Repositories,
  { network, portal, member }: { network: NetworkId; portal: Portal; member: Member },
): Promise<boolean> => {
  if (portal.room === undefined) return false;
  const ghost = await works.ghosts.get(network, member.user);
  const here = await tx.members.get(portal.room, ghost.mxid);
  return here === "join" || here === "invite";
};

/** Whoever leaves may be let into the room yet by a message of theirs that is still queued. */
const mayComeYet = async (tx: Repositories, portal: Portal): Promise<boolean> =>
  (await tx.items.list({ portal: portal.id, direction: "in" }, 1)).length > 0;

/** How many of a chat are shown though they have said nothing, and how many there are. */
interface Seats {
  readonly most: number;
  taken: number;
}

const seatsOf = ({ settings: { members, memberCap } }: LiveNetwork, taken: number): Seats => {
  const most = { lazy: 0, capped: memberCap, full: Number.POSITIVE_INFINITY }[members];
  return { most, taken };
};

const takenIn = (tx: Repositories, { settings }: LiveNetwork, { id }: Portal): Promise<number> =>
  settings.members === "capped" ? tx.roster.count(id) : Promise.resolve(0);

/**
 * Somebody left a chat of which not everybody is shown: whoever is next has a seat now. Not always the same
 * one is tried first, who perhaps cannot be let in. Those who are here as themselves need none.
 */
const fillSeats = async (
  works: Works,
  tx: Repositories,
  { live, portal, left }: { live: LiveNetwork; portal: Portal; left: UserId },
): Promise<boolean> => {
  const { id, room } = portal;
  const { members, memberCap } = live.settings;
  if (members !== "capped" || room === undefined) return false;
  const free = memberCap - (await tx.roster.seated(id, room));
  if (free <= 0) return false;
  const limit = free + spare;
  const behind = await tx.roster.unseated(id, room, { after: left, limit });
  const first = behind.length < limit ? await tx.roster.unseated(id, room, { limit }) : [];
  const next = new Map([...behind, ...first].map((row) => [row.user, row]));
  let seated = 0;
  for (const row of next.values()) {
    if (seated === free) break;
    if (await works.puppets.personOf(tx, portal, row.user)) continue;
    await tx.roster.put(id, row, true);
    seated += 1;
  }
  return seated > 0;
};

/** So many may be passed over who are here as themselves. */
const spare = 20;

/** A new name is another ghost: the old one leaves and the new one comes where the old one was seen. */
export const renamed = async (
  works: Works,
  tx: Repositories,
  { live, event }: { live: LiveNetwork; event: Extract<RemoteEvent, { kind: "userRenamed" }> },
): Promise<readonly Lane[]> => {
  const network = live.settings.id;
  const lanes: Lane[] = [];
  for (const id of await tx.roster.portalsWith(network, event.from)) {
    const portal = await tx.portals.get(id);
    const before = await tx.roster.get(id, event.from);
    if (!portal || !before) continue;
    const leaves: Member = { user: event.from, state: "leave", reason: `is now ${event.to}` };
    const comes: Member = {
      user: event.to,
      state: "join",
      ...(before.role === undefined ? {} : { role: before.role }),
    };
    const shown = await isShown(works, tx, { network, portal, member: leaves });
    const leaving = shown || before.dirty || (await mayComeYet(tx, portal));
    await tx.roster.put(id, leaves, leaving);
    await tx.roster.put(id, comes, shown);
    if (leaving) lanes.push(await queueRoster(works.box, tx, portal.id));
  }
  return lanes;
};
