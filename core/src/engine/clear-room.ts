import type { NetworkId } from "../adapter/index.ts";
import type { Lane, PortalId, Repositories } from "../store/types.ts";
import type { Box, Dissolution } from "./box.ts";
import { clearLane } from "./control.ts";
import { endOf, letOut } from "./let-out.ts";
import type { Kept } from "./let-out.ts";
import { outAlready } from "./refusal.ts";
import type { Handler, Turn } from "./turn.ts";
import { ghostsLeave, isBridged, wentBefore } from "./vacate.ts";
import type { Works } from "./works.ts";

/** A room whose portal has ended, or is to. */
export interface Cleared {
  readonly portal: PortalId;
  readonly room: string;
  readonly network: NetworkId;
  readonly how: Dissolution;
  /** The box made it: else its people stay in it, and so does the bot. */
  readonly own: boolean;
  /** Invited by the box, whether they came or not. */
  readonly guests: readonly string[];
}

/** In the caller's commit: whoever is to leave the room does, beside what else is done for rooms. */
export const queueClear = async (box: Box, tx: Repositories, cleared: Cleared): Promise<Lane> => {
  const { portal, room } = cleared;
  const lane = clearLane(room);
  const origin = `clear:${portal}`;
  const key = box.keyOf(lane.portal, origin, "");
  const at = box.clock.now();
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "clear", payload: { ...cleared }, at, key });
  return lane;
};

/** Ghosts, people, bot, in this order, and from wherever it was broken off. */
export const clearRoom =
  (works: Works): Handler =>
  async (turn) => {
    const gone = turn.item.payload as unknown as Cleared;
    const { room, network, how, own } = gone;
    const { box, ghosts } = works;
    await turn.claim();
    if (await isBridged(works, { room, network })) return { end: "dropped" };
    await box.failpoint("dissolve.before-leave");
    const kept = await ghostsLeave(works, turn, { room, network });
    if (!own || (await isBridged(works, { room }))) return endOf(kept, room);
    const stay = how === "delete" ? await emptyRoom(works, turn, gone) : undefined;
    await box.failpoint("dissolve.before-bot");
    const call = { class: "roster", signal: turn.signal } as const;
    await box.homeserver.leave(room, call, "this chat is not bridged any more").catch(outAlready);
    ghosts.membershipChanged(room, box.homeserver.bot);
    return { ...endOf(kept ?? stay, room), write: (tx) => tx.members.forgetRoom(room) };
  };

/** Everybody but the bot, who leaves last; one whom it may not put out stays. */
const emptyRoom = async (
  works: Works,
  turn: Turn,
  { room, guests }: Cleared,
): Promise<Kept | undefined> => {
  const { homeserver } = works.box;
  const call = { class: "roster", signal: turn.signal } as const;
  const inside = await homeserver.joinedMembers(room, call).catch((error: unknown) => {
    outAlready(error);
    return new Map<string, unknown>();
  });
  return letOut(new Set([...inside.keys(), ...guests]), async (user) => {
    if (user === homeserver.bot || (await wentBefore(works, turn, { room, user }))) return;
    await homeserver.kick(room, user, call, "this chat is not bridged any more").catch(outAlready);
  });
};
