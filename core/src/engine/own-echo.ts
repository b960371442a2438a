import { keyField } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { pollTypes } from "./to-matrix/poll.ts";
import type { Works } from "./works.ts";

/** Redactions carry no key. */
const spendable = new Set(["m.room.message", "m.reaction", ...Object.values(pollTypes)]);

/**
 * Whether all that one of our own events can tell is told: it proves an attempt that is under way
 * here, or one that is settled, and no other network shares its room. Such an event need not be
 * stored: if the box dies now, the attempt's row says that it may have arrived, and it is looked for.
 */
export const isSpent = async (works: Works, event: MatrixEvent): Promise<boolean> => {
  const key = event.content[keyField];
  if (typeof key !== "string" || !spendable.has(event.type)) return false;
  const { homeserver, store } = works.box;
  if (event.sender !== homeserver.bot && !(await works.ghosts.isGhost(event.sender))) return false;
  const portals = await works.portals.ofRoom(event.room_id);
  if (portals.filter((portal) => !portal.dead).length > 1) return false;
  if ((await store.read.items.byKey(key)) === undefined) return true;
  const { event_id, sender } = event;
  return works.inflight.confirm(key, { by: "homeserver", event: event_id, sender });
};
