import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { bridgeInfo, functionalMembers } from "./bridge-info.ts";
import { roomLane } from "./control.ts";
import { judge } from "./policy.ts";
import type { Verdict } from "./policy.ts";
import { networkOf } from "./portals.ts";
import { showRoster } from "./roster-item.ts";
import { livingIn, predecessorOf, successorOf } from "./tombstone.ts";
import type { Handler, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Rooms that were upgraded again before we came; more is a circle. */
const mostHops = 10;

/** How long what a room refuses waits until we are in the one in which it goes on, in milliseconds. */
const patience = 3_600_000;

/** A room and the one in which it says that it goes on. */
export interface Upgrade {
  readonly old: string;
  readonly next: string;
}

/**
 * In the caller's commit: that room is to be followed, in the lane of the new one, so that it is done
 * before anything is that is said to us there.
 */
export const queueUpgrade = async (
  box: Box,
  tx: Repositories,
  { old, next }: Upgrade,
): Promise<Lane> => {
  const lane = roomLane(next);
  const origin = `upgrade:${old}`;
  const key = box.keyOf(lane.portal, origin, next);
  const payload = { old, next };
  if (!(await tx.items.byKey(key)))
    await tx.items.add({
      lane,
      rank: 1,
      origin,
      kind: "upgrade",
      payload,
      at: box.clock.now(),
      key,
    });
  return lane;
};

/**
 * The room goes on in another one (spec: Client-Server API, "Room Upgrades"): its chats go with it, if
 * the new room says that it came from this one.
 */
export const upgradeRoom =
  (works: Works): Handler =>
  async (turn) => {
    const { old } = turn.item.payload as unknown as Upgrade;
    await turn.claim();
    await follow(works, old, { class: "live", signal: turn.signal });
    return { end: "dropped" };
  };

/** The bot has come into a room that may be the one in which another goes on. */
export const upgradedInto = async (works: Works, room: string, call: Call): Promise<void> => {
  const old = await predecessorOf(works, room, call);
  if (old === undefined || (await livingIn(works, old)).length === 0) return;
  if ((await successorOf(works, old, call)) === room) await follow(works, old, call);
};

/**
 * What an error means for its item. A room that is being upgraded lets nobody speak any more, perhaps
 * before we have heard of it: what it refuses is shown where it goes on.
 */
export const weigh = async (works: Works, turn: Turn, error: unknown): Promise<Verdict> => {
  const { item, signal } = turn;
  const verdict = judge(error);
  const refused = error instanceof MatrixError && error.errcode === "M_FORBIDDEN";
  if (!refused || item.lane.direction !== "in" || turn.portal.id < 0) return verdict;
  try {
    if (!(await isUpgraded(works, turn))) return verdict;
  } catch (unclear) {
    if (signal.aborted || !(unclear instanceof MatrixError)) throw unclear;
    return judge(unclear);
  }
  return {
    next: "wait",
    code: "forbidden",
    sentence: "its room goes on in another one, which is not bridged yet.",
    sure: error.reached === "no",
    closes: "item",
    retryAfter: undefined,
  };
};

/** Whether the room has moved or is about to, which is then seen to. */
const isUpgraded = async (works: Works, { item, portal, signal }: Turn): Promise<boolean> => {
  const { box, portals } = works;
  const old = portal.room;
  if (old === undefined || box.clock.now() - item.at > patience) return false;
  if ((await portals.get(portal.id))?.room !== old) return true;
  const next = await successorOf(works, old, { class: "live", signal });
  if (next === undefined || next === old) return false;
  box.wake(await box.store.commit((tx) => queueUpgrade(box, tx, { old, next })));
  return true;
};

const follow = async (works: Works, room: string, call: Call): Promise<void> => {
  const seen = new Set([room]);
  for (let old = room; seen.size <= mostHops;) {
    const portals = await livingIn(works, old);
    const [first] = portals;
    const next = first && (await successorOf(works, old, call));
    if (first === undefined || next === undefined || seen.has(next)) return;
    if (!(await enter(works, { old, next, portal: first.id }, call))) return;
    await move(works, portals, { next, call });
    seen.add(next);
    old = next;
  }
};

/** True: we are in the new room, and it says that it came from the old one. */
const enter = async (
  works: Works,
  { old, next, portal }: { old: string; next: string; portal: PortalId },
  call: Call,
): Promise<boolean> => {
  const { homeserver, store, log } = works.box;
  try {
    await works.ghosts.ensureJoined(next, homeserver.bot, "live");
  } catch (error) {
    if (!(error instanceof MatrixError) || (error.status !== 403 && error.status !== 404))
      throw error;
    await sayIn(works, { room: old, portal }, call);
    return false;
  }
  if ((await predecessorOf(works, next, call)) === old) return true;
  log.warn("A room was not followed: the new one does not say that it came from it", { old, next });
  if ((await works.portals.ofRoom(next)).length > 0) return false;
  await homeserver.leave(next, call);
  works.ghosts.membershipChanged(next, homeserver.bot);
  await store.commit((tx) => tx.members.set(next, homeserver.bot, "leave"));
  return false;
};

/** Where the old room lets nobody speak any more, nobody is told. */
const sayIn = async (
  { box }: Works,
  { room, portal }: { room: string; portal: PortalId },
  call: Call,
): Promise<void> => {
  const { homeserver } = box;
  const body =
    `This room is not bridged any further: I may not enter the room in which it goes on. ` +
    `Invite ${homeserver.bot} there, and it is bridged there.`;
  const txn = box.keyOf(portal, `upgrade:${room}`, "");
  await homeserver
    .send({ room, type: "m.room.message", content: { msgtype: "m.notice", body }, txn }, call)
    .catch(unlessRefused);
};

const unlessRefused = (error: unknown): void => {
  if (!(error instanceof MatrixError) || error.status !== 403) throw error;
};

const move = async (
  works: Works,
  portals: readonly Portal[],
  { next, call }: { next: string; call: Call },
): Promise<void> => {
  const { box } = works;
  await box.store.commit(async (tx) => {
    for (const portal of portals) {
      await works.portals.update(tx, portal, { room: next });
      await releaseHead(box, tx, portal.id);
    }
  });
  for (const portal of portals) {
    works.portals.forget(portal);
    works.portals.forget({ ...portal, room: next });
    box.wake({ portal: portal.id, direction: "in" });
  }
  const { bot } = box.homeserver;
  const states = portals.flatMap((portal) => {
    const settings = networkOf(box, portal)?.settings;
    const { info } = portal;
    return settings && info ? bridgeInfo(settings, portal, { info, bot }) : [];
  });
  for (const state of [functionalMembers(bot), ...states])
    await box.homeserver
      .setState({ room: next, type: state.type, key: state.state_key }, state.content, call)
      .catch(unlessRefused);
  for (const { id } of portals) await showRoster(box, id);
  box.log.info("A room was upgraded and is followed", { next, chats: portals.length });
};

/** What the old room refused need not wait any longer. */
const releaseHead = async ({ clock }: Box, tx: Repositories, portal: PortalId): Promise<void> => {
  const head = await tx.items.head({ portal, direction: "in" });
  if (head?.until === undefined) return;
  const hold = { until: clock.now(), why: head.why ?? "", sure: head.state === "waiting" };
  await tx.items.wait(head.id, hold);
};
