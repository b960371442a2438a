import type { NetworkId } from "../adapter/index.ts";
import type { Lane, Repositories } from "../store/types.ts";
import { queueLeaving } from "./vacate.ts";
import type { Works } from "./works.ts";

/** Whether the rooms from before ghosts left what was upgraded were looked through. */
const scope = "behind";
const looked = "looked";
/** Rooms that are looked at in one commit. */
const atOnce = 100;

/**
 * Rooms that were upgraded before the box took its ghosts out of them: looked for once, in the store alone.
 * Only of those in which ghosts are and no chat is, each is asked for its tombstone, in its turn.
 */
export const lookBehind = async (works: Works): Promise<void> => {
  const { box } = works;
  const { store, signal } = box;
  if ((await store.read.keys.get(scope, looked)) !== undefined) return;
  let after: string | undefined = "";
  while (after !== undefined && !signal.aborted) {
    const from: string = after;
    const { lanes, last } = await store.commit((tx) => lookAt(works, tx, from));
    for (const lane of lanes) box.wake(lane);
    after = last;
  }
  if (!signal.aborted) await store.commit((tx) => tx.keys.set(scope, looked, true, false));
};

const lookAt = async (
  works: Works,
  tx: Repositories,
  after: string,
): Promise<{ readonly lanes: readonly Lane[]; readonly last: string | undefined }> => {
  const lanes: Lane[] = [];
  const rooms = await tx.members.rooms({ after, limit: atOnce });
  for (const room of rooms) {
    if ((await tx.portals.ofRoom(room)).some(({ dead }) => !dead)) continue;
    for (const network of await networksIn(tx, room))
      lanes.push(await queueLeaving(works.box, tx, { room, network, goesOn: true, ifOld: true }));
  }
  return { lanes, last: rooms.at(-1) };
};

const networksIn = async (tx: Repositories, room: string): Promise<ReadonlySet<NetworkId>> => {
  const found = new Set<NetworkId>();
  for (const { mxid, membership } of await tx.members.ofRoom(room)) {
    const ghost = membership === "join" ? await tx.ghosts.byMxid(mxid) : undefined;
    if (ghost) found.add(ghost.network);
  }
  return found;
};
