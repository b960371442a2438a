import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { Portal, PortalId } from "../store/types.ts";
import { bridgeInfo, functionalMembers } from "./bridge-info.ts";
import { networkOf } from "./portals.ts";
import { showRoster } from "./roster-item.ts";
import { outPayload } from "./sent-row.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** Rooms that were upgraded again before we came; more is a circle. */
const mostHops = 10;

/**
 * The room goes on in another one (spec: Client-Server API, "Room Upgrades"): its chats go with it, if
 * the new room says that it came from this one.
 */
export const upgradeRoom =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    await turn.claim();
    await follow(works, event.room_id, { class: "live", signal: turn.signal });
    return { end: "dropped" };
  };

/** The bot has come into a room that may be the one in which another goes on. */
export const upgradedInto = async (works: Works, room: string, call: Call): Promise<void> => {
  const old = await predecessorOf(works, room, call);
  if (old === undefined || (await livingIn(works, old)).length === 0) return;
  if ((await successorOf(works, old, call)) === room) await follow(works, old, call);
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

const livingIn = async ({ portals }: Works, room: string): Promise<readonly Portal[]> =>
  (await portals.ofRoom(room)).filter((portal) => !portal.dead);

const successorOf = async (
  { box }: Works,
  room: string,
  call: Call,
): Promise<string | undefined> => {
  const state = await box.homeserver.getState({ room, type: "m.room.tombstone", key: "" }, call);
  const next = state?.["replacement_room"];
  return typeof next === "string" && next.startsWith("!") ? next : undefined;
};

/** Since room version 12 it names the room alone; before that an event too. */
const predecessorOf = async (
  { box }: Works,
  room: string,
  call: Call,
): Promise<string | undefined> => {
  const predecessor = (await box.homeserver.getCreation(room, call))?.content["predecessor"];
  if (predecessor === null || typeof predecessor !== "object" || !("room_id" in predecessor))
    return undefined;
  return typeof predecessor.room_id === "string" ? predecessor.room_id : undefined;
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
    for (const portal of portals) await works.portals.update(tx, portal, { room: next });
  });
  for (const portal of portals) {
    works.portals.forget(portal);
    works.portals.forget({ ...portal, room: next });
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
