import type { LoginId } from "../adapter/index.ts";
import type { Lane, Login, Portal, Repositories } from "../store/types.ts";
import type { Cleanup, LiveNetwork } from "./box.ts";
import { roomLane } from "./control.ts";
import { isOwn, queueDissolve } from "./dissolve.ts";
import { forgetRoles } from "./account-roles.ts";
import { forgetOwn } from "./own-chat.ts";
import { guardLevels } from "./room-levels.ts";
import { setMuted } from "./mute.ts";
import type { Supervisor } from "./supervisor.ts";
import { outAlready } from "./refusal.ts";
import type { Handler } from "./turn.ts";
import { forgetPlaced, queueSpace } from "./spaces/index.ts";
import { forgetSynced } from "./sync-chats.ts";
import { wentBefore } from "./vacate.ts";
import type { Works } from "./works.ts";

interface Dismissed {
  readonly room: string;
  readonly user: string;
}

export interface LoggedOut {
  /** How many rooms are cleaned up. */
  readonly rooms: number;
  /** What of it the network was not told, for its person. */
  readonly unfinished: string | undefined;
}

/**
 * Ends a login for good. What is to become of its rooms is stored in the same commit, so that a crash
 * leaves neither a login without its clean-up nor the other way round.
 */
export const logOut = async (
  works: Works,
  supervisor: Supervisor,
  row: Pick<Login, "id" | "network" | "owner">,
): Promise<LoggedOut> => {
  const { box } = works;
  const { id, network, owner } = row;
  const nothing: Cleanup = { alone: "nothing", shared: "nothing" };
  const cleanup = box.networks.get(network)?.settings.cleanup ?? nothing;
  const unfinished = await supervisor.end(id);
  const levels: Lane[] = [];
  const lanes = await box.store.commit(async (tx) => {
    const portals = await portalsOf(tx, row);
    const busy: Lane[] = [];
    for (const portal of portals) {
      const lane = await cleanUp(works, tx, { portal, login: id, owner, cleanup });
      if (lane) busy.push(lane);
      levels.push(...(await guardLevels(box, tx, portal)));
    }
    for (const { room } of await tx.spaces.shownTo(network, id))
      busy.push(await queueSpace(box, tx, room));
    await tx.logins.remove(id);
    await tx.keys.forgetScope(id);
    await forgetOwn(tx, id);
    await forgetRoles(tx, id);
    await forgetPlaced(tx, id);
    await forgetSynced(tx, id);
    if (owner !== undefined) await setMuted(tx, { login: id, user: owner }, false);
    return busy;
  });
  for (const lane of [...lanes, ...levels]) box.wake(lane);
  box.observe({ what: "login", network, login: id, state: "logged-out", ended: true });
  return { rooms: lanes.length, unfinished };
};

/** Those that the login is in, and those that are for it alone. */
const portalsOf = async (
  tx: Repositories,
  { id, network }: Pick<Login, "id" | "network">,
): Promise<readonly Portal[]> => {
  const inside = await tx.portals.ofLogin(id);
  const all = await tx.portals.ofNetwork(network);
  const known = new Set(inside.map((portal) => portal.id));
  const own = all.filter(({ id: portal, chat }) => chat.receiver === id && !known.has(portal));
  return [...inside, ...own].filter(({ dead }) => !dead);
};

interface Leaving {
  readonly portal: Portal;
  readonly login: LoginId;
  readonly owner: string | undefined;
  readonly cleanup: Cleanup;
}

const cleanUp = async (
  works: Works,
  tx: Repositories,
  { portal, login, owner, cleanup }: Leaving,
): Promise<Lane | undefined> => {
  const others = (await tx.portals.logins(portal.id)).filter((id) => id !== login);
  const live = works.box.networks.get(portal.network);
  if (others.length === 0 && !(live && isRelayed(live, portal))) {
    const { alone } = cleanup;
    return alone === "nothing" ? undefined : queueDissolve(works, tx, { portal, how: alone });
  }
  const { room } = portal;
  if (cleanup.shared === "nothing" || owner === undefined || room === undefined) return undefined;
  const own = (await Promise.all(others.map((id) => tx.logins.get(id)))).some(
    (one) => one?.owner === owner,
  );
  if (own || !isOwn(portal)) return undefined;
  return queueDismiss(works, tx, { room, user: owner });
};

/** Whether an account of the box says there what people without a login say: the room is theirs, too. */
const isRelayed = ({ settings, logins }: LiveNetwork, { relay, chat }: Portal): boolean => {
  if (relay === "off" || chat.receiver !== undefined) return false;
  if (relay !== undefined) return logins.has(relay);
  return settings.relay === "on" && [...logins.values()].some(({ row }) => row.owner === undefined);
};

const queueDismiss = async (
  { box }: Works,
  tx: Repositories,
  dismissed: Dismissed,
): Promise<Lane> => {
  const { room, user } = dismissed;
  const lane = roomLane(room);
  const at = box.clock.now();
  const origin = `dismiss:${room}:${user}`;
  const key = box.keyOf(lane.portal, origin, String(at));
  await tx.items.add({
    lane,
    rank: 1,
    origin,
    kind: "dismiss",
    payload: { ...dismissed },
    at,
    key,
  });
  return lane;
};

/** Who logged out is put out of a room that others go on in, unless they are logged in again. */
export const dismissFrom =
  (works: Works): Handler =>
  async (turn) => {
    const { room, user } = turn.item.payload as unknown as Dismissed;
    const { homeserver, store } = works.box;
    const theirs = new Set((await store.read.logins.ofOwner(user)).map(({ id }) => id));
    for (const portal of await works.portals.ofRoom(room)) {
      const inside = await store.read.portals.logins(portal.id);
      if (inside.some((id) => theirs.has(id))) return { end: "dropped" };
    }
    if (await wentBefore(works, turn, { room, user })) return { end: "dropped" };
    await turn.claim();
    const call = { class: "roster", signal: turn.signal } as const;
    await homeserver.kick(room, user, call, "you logged out of this network").catch(outAlready);
    return { end: "dropped" };
  };
