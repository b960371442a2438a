import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import { move } from "./arrival.ts";
import { tellLeftBehind } from "./left-behind.ts";
import { judge } from "./policy.ts";
import { isOurs, predecessorOf, successorOf } from "./tombstone.ts";
import type { Handler } from "./turn.ts";
import { patience, queueUpgrade } from "./upgrade-item.ts";
import type { Upgrade } from "./upgrade-item.ts";
import type { Works } from "./works.ts";

/** Rooms that were upgraded again before we came; more is a circle. */
const mostHops = 10;

/** Between attempts to find a room that other servers do not give now, in milliseconds. */
const rest = 30_000;

/** The same, and how the new room is found. */
interface Following extends Upgrade {
  readonly via: readonly string[];
}

/**
 * The room goes on in another one (spec: Client-Server API, "Room Upgrades"): its chats go with it, if
 * the new room says that it came from this one.
 */
export const upgradeRoom =
  (works: Works): Handler =>
  async (turn) => {
    const upgrade = turn.item.payload as unknown as Upgrade;
    const { box } = works;
    const { old } = upgrade;
    await turn.claim();
    const call = { class: "live", signal: turn.signal } as const;
    const next = await successorOf(works, old, call);
    if (next === undefined) return { end: "dropped" };
    if (next.room !== upgrade.next) {
      const other = { ...upgrade, next: next.room };
      box.wake(await box.store.commit((tx) => queueUpgrade(box, tx, other)));
      return { end: "dropped" };
    }
    const end = await follow(works, { ...upgrade, via: next.via }, call);
    const now = box.clock.now();
    if (end === "lost" && now - turn.item.at < patience)
      return { end: "parked", key: `upgrade:${old}`, until: now + rest };
    if (end === "lost" || end === "shut") await tellLeftBehind(works, upgrade, call);
    return { end: "dropped" };
  };

/** The bot has come into a room that may be the one in which another goes on. */
export const upgradedInto = async (works: Works, room: string, call: Call): Promise<void> => {
  const old = await predecessorOf(works, room, call);
  if (old === undefined || !(await isOurs(works, old))) return;
  const next = await successorOf(works, old, call);
  if (next?.room === room) await follow(works, { old, next: room, via: [] }, call);
};

/** `shut`: we may not come in. `lost`: no server gives it to us now. `none`: there is nothing to follow. */
type Entrance = "in" | "shut" | "lost" | "none";

const follow = async (works: Works, upgrade: Following, call: Call): Promise<Entrance> => {
  const { old, next, from = [] } = upgrade;
  if (from.includes(next) || from.length >= mostHops) return "none";
  if (!(await isOurs(works, old))) return "none";
  const end = await enter(works, upgrade, call);
  if (end === "in") await move(works, upgrade);
  return end;
};

const enter = async (
  works: Works,
  { old, next, via }: Following,
  call: Call,
): Promise<Entrance> => {
  const { homeserver, store, log } = works.box;
  const { bot } = homeserver;
  try {
    if (!(await works.ghosts.isIn(next, bot))) await works.ghosts.enter(next, bot, via);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    if (error.status >= 500) return "lost";
    if (judge(error).next === "fail") return "shut";
    throw error;
  }
  await works.box.failpoint("upgrade.entered");
  if ((await predecessorOf(works, next, call)) === old) return "in";
  log.warn("A room was not followed: the new one does not say that it came from it", { old, next });
  if ((await works.portals.ofRoom(next)).length > 0 || (await isOurs(works, next))) return "none";
  await homeserver.leave(next, call);
  works.ghosts.membershipChanged(next, bot);
  await store.commit((tx) => tx.members.forget(next, bot));
  return "none";
};
