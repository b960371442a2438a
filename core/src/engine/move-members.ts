import type { Millis } from "../adapter/index.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import { membersChanged } from "./absorb-members.ts";
import type { LiveNetwork } from "./box.ts";
import { movingFrom, setMoving } from "./moving.ts";
import { networkOf } from "./portals.ts";
import { queueRoster } from "./roster-item.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** So many come along in one commit: a channel of a hundred thousand people holds up nothing else. */
const atOnce = 200;

interface Moving {
  readonly live: LiveNetwork;
  /** As which the chat goes on. */
  readonly portal: Portal;
  readonly at: Millis;
}

/**
 * In the commit in which a chat goes on as another portal: whoever is in it is so there, where nothing newer
 * is known of them; of the old one nothing is kept. The first of them at once, all others in their turn.
 */
export const membersMoved = async (
  works: Works,
  tx: Repositories,
  { old, ...moving }: Moving & { readonly old: PortalId },
): Promise<readonly Lane[]> => {
  const { portal } = moving;
  const from = [old, ...(await movingFrom(tx, old)), ...(await movingFrom(tx, portal.id))];
  await setMoving(tx, old, []);
  await setMoving(tx, portal.id, from);
  const lanes = await step(works, tx, moving);
  if ((await movingFrom(tx, portal.id)).length === 0) return lanes;
  return [...lanes, await queueRest(works, tx, moving)];
};

/** Before all others that are to be listed or shown. */
const queueRest = async (
  { box }: Works,
  tx: Repositories,
  { portal, at }: Moving,
): Promise<Lane> => {
  const lane: Lane = { portal: portal.id, direction: "members" };
  const origin = "moved";
  const key = box.keyOf(portal.id, origin, "");
  const payload = { at };
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 0, origin, kind: "moved", payload, at: box.clock.now(), key });
  return lane;
};

/** One step in a commit. */
const step = async (
  works: Works,
  tx: Repositories,
  { live, portal, at }: Moving,
): Promise<readonly Lane[]> => {
  const [old, ...more] = await movingFrom(tx, portal.id);
  if (old === undefined) return [];
  // It may have begun anew meanwhile, and then those in it are others.
  const isOther = (await tx.portals.get(old))?.dead === false;
  const rows = isOther ? [] : await tx.roster.first(old, atOnce);
  if (rows.length < atOnce) await setMoving(tx, portal.id, more);
  const fresh = [];
  for (const row of rows) {
    await tx.roster.remove(old, row.user);
    if ((await tx.roster.get(portal.id, row.user)) === undefined) fresh.push(row);
  }
  // What was to be shown in the old room is looked at again: who is dirty there may be so here too.
  for (const row of fresh) if (row.dirty) await tx.roster.put(portal.id, row, true);
  const list = fresh.filter(({ dirty }) => !dirty).map(({ dirty: _clean, ...member }) => member);
  const event = { kind: "members", chat: portal.chat, at, list, complete: false } as const;
  const batch = { events: [], seenBy: [] };
  const lanes = await membersChanged(works, tx, { live, portal, event, batch, counts: true });
  const isDue = lanes.length === 0 && fresh.some(({ dirty }) => dirty);
  return isDue ? [await queueRoster(works.box, tx, portal.id)] : lanes;
};

/** One step in a turn, until nobody is left in the old chats. */
export const moveMembers =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const live = networkOf(box, turn.portal);
    if (!live || turn.portal.dead) return { end: "dropped" };
    const { at } = turn.item.payload as unknown as Pick<Moving, "at">;
    const lanes = await box.store.commit(async (tx) => {
      const portal = await tx.portals.get(turn.portal.id);
      return portal?.dead === false ? step(works, tx, { live, portal, at }) : [];
    });
    for (const lane of lanes) box.wake(lane);
    await box.failpoint("members.moved");
    return {
      end: "dropped",
      keep: async (tx) => (await movingFrom(tx, turn.portal.id)).length > 0,
    };
  };
