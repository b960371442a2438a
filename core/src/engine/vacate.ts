import type { NetworkId } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { clearLane } from "./control.ts";
import { queueOwnSpace, queuePlace } from "./spaces/item.ts";
import type { Handler, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

interface Vacated {
  readonly room: string;
  readonly network: NetworkId;
  /** The chat is in another room: its people are in no hurry, and come and go at the pace of all rosters. */
  readonly goesOn?: boolean;
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
  const origin = `vacate:${vacated.network}:${vacated.room}`;
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
    await turn.claim();
    await ghostsLeave(works, turn, left);
    return { end: "dropped" };
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
  { room, network, goesOn = false }: Vacated,
): Promise<void> => {
  const { homeserver, store } = works.box;
  const reason = goesOn ? "this room goes on in another one" : "not bridged any more";
  for (const { mxid, membership } of await store.read.members.ofRoom(room)) {
    const ghost = membership === "join" ? await works.ghosts.byMxid(mxid) : undefined;
    if (ghost?.network !== network) continue;
    if (goesOn) await works.rosterPace.turn(turn.signal);
    if (await isBridged(works, { room, network })) return;
    const call = { class: "roster", as: mxid, signal: turn.signal } as const;
    await homeserver.leave(room, call, reason).catch(outAlready);
    works.ghosts.membershipChanged(room, mxid);
    await store.commit((tx) => tx.members.forget(room, mxid));
  }
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

/** Whoever is not there cannot leave, and need not. */
export const outAlready = (error: unknown): void => {
  if (!(error instanceof MatrixError) || !outCodes.has(error.errcode)) throw error;
};

const outCodes: ReadonlySet<string> = new Set(["M_FORBIDDEN", "M_NOT_FOUND"]);
