import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { PortalId } from "../store/types.ts";
import { move } from "./arrival.ts";
import { livingIn, predecessorOf, successorOf } from "./tombstone.ts";
import type { Handler } from "./turn.ts";
import { queueUpgrade } from "./upgrade-item.ts";
import type { Upgrade } from "./upgrade-item.ts";
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
    const upgrade = turn.item.payload as unknown as Upgrade;
    const { box } = works;
    await turn.claim();
    const call = { class: "live", signal: turn.signal } as const;
    const next = await successorOf(works, upgrade.old, call);
    if (next === upgrade.next) await follow(works, upgrade, call);
    else if (next !== undefined)
      box.wake(await box.store.commit((tx) => queueUpgrade(box, tx, { ...upgrade, next })));
    return { end: "dropped" };
  };

/** The bot has come into a room that may be the one in which another goes on. */
export const upgradedInto = async (works: Works, room: string, call: Call): Promise<void> => {
  const old = await predecessorOf(works, room, call);
  if (old === undefined || (await livingIn(works, old)).length === 0) return;
  if ((await successorOf(works, old, call)) === room)
    await follow(works, { old, next: room }, call);
};

const follow = async (works: Works, upgrade: Upgrade, call: Call): Promise<void> => {
  const { old, next, from = [] } = upgrade;
  if (next === old || from.includes(next) || from.length >= mostHops) return;
  const [first] = await livingIn(works, old);
  if (first && (await enter(works, { old, next, portal: first.id }, call)))
    await move(works, upgrade);
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
