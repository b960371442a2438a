import type { NetworkId } from "../adapter/index.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { clearLane } from "./control.ts";
import { endOf, letOut } from "./let-out.ts";
import type { Kept } from "./let-out.ts";
import { queueOwnSpace, queuePlace } from "./spaces/item.ts";
import { successorOf } from "./tombstone.ts";
import type { Handler, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

interface Vacated {
  readonly room: string;
  readonly network: NetworkId;
  /** The chat is in another room: its people are in no hurry, and come and go at the pace of all rosters. */
  readonly goesOn?: boolean;
  /** One who came back for a moment: leaves whether it is known to be there or not, and nobody else does. */
  readonly who?: string;
  /** Only if it says that it goes on in another one. */
  readonly ifOld?: boolean;
}

/** In the commit that ends a portal: its people are to leave the room. */
export const queueVacate = async (
  box: Box,
  tx: Repositories,
  portal: Portal,
): Promise<readonly Lane[]> => {
  const { room = "", network } = portal;
  return [
    await queueLeaving(box, tx, { room, network }),
    ...(await queuePlace(box, tx, portal)),
    ...(await queueOwnSpace(box, tx, portal)),
  ];
};

/** In the caller's commit: whoever is in that room by a ghost of the network is to leave it. */
export const queueLeaving = async (box: Box, tx: Repositories, vacated: Vacated): Promise<Lane> => {
  const lane = clearLane(vacated.room);
  const at = box.clock.now();
  const { network, room, who } = vacated;
  const origin = `vacate:${network}:${room}${who === undefined ? "" : `:${who}`}`;
  const payload = { ...vacated };
  const key = box.keyOf(lane.portal, origin, String(at));
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "vacate", payload, at, key });
  return lane;
};

/** The ghosts of a network leave a room that no chat of it is bridged to any more. */
export const vacateRoom =
  (works: Works): Handler =>
  async (turn) => {
    const left = turn.item.payload as unknown as Vacated;
    if (await isBridged(works, left)) return { end: "dropped" };
    const call = { class: "roster", signal: turn.signal } as const;
    if (left.ifOld && (await successorOf(works, left.room, call)) === undefined)
      return { end: "dropped" };
    await turn.claim();
    return endOf(await ghostsLeave(works, turn, left), left.room);
  };

/** Whether a chat of that network, or of any, is bridged to the room. */
export const isBridged = async (
  { portals }: Works,
  { room, network }: { readonly room: string; readonly network?: NetworkId },
): Promise<boolean> =>
  (await portals.ofRoom(room)).some(
    (portal) => !portal.dead && (network === undefined || portal.network === network),
  );

/** One after the other, each written down: who has left does not leave again. Until it is bridged anew. */
export const ghostsLeave = async (
  works: Works,
  turn: Turn,
  { room, network, goesOn = false, who }: Vacated,
): Promise<Kept | undefined> => {
  const reason = goesOn ? "this room goes on in another one" : "not bridged any more";
  const inside = (await works.box.store.read.members.ofRoom(room)).filter(
    ({ membership }) => membership === "join",
  );
  const all = who === undefined ? inside.map(({ mxid }) => mxid) : [who];
  let isBack = false;
  return letOut(all, async (mxid) => {
    if (isBack || (await works.ghosts.byMxid(mxid))?.network !== network) return;
    if (goesOn) await works.rosterPace.turn(turn.signal);
    isBack = await isBridged(works, { room, network });
    if (isBack) return;
    const call = { class: "roster", as: mxid, signal: turn.signal } as const;
    await works.ghosts.leave(room, call, reason);
  });
};

/** Whether the last attempt did it: whoever is out by now is not put out a second time. */
export const wentBefore = async (
  { box }: Works,
  turn: Turn,
  { room, user }: { readonly room: string; readonly user: string },
): Promise<boolean> => {
  if (!turn.suspect) return false;
  const at = { room, type: "m.room.member", key: user };
  const state = await box.homeserver.getState(at, { class: "roster", signal: turn.signal });
  const membership = state?.["membership"];
  return membership === "leave" || membership === "ban";
};
