import type { NetworkId } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import { roomLane } from "./control.ts";
import type { Dissolution } from "./box.ts";
import { removePortal } from "./remove-portal.ts";
import { queuePlace } from "./spaces/item.ts";
import { commitTelling } from "./telling.ts";
import type { Handler, Turn } from "./turn.ts";
import { ghostsLeave, isBridged, outAlready, wentBefore } from "./vacate.ts";
import type { Works } from "./works.ts";

interface Dissolved {
  readonly portal: PortalId;
  readonly room: string;
  readonly network: NetworkId;
  readonly how: Dissolution;
  /** The box made it: else its people stay in it, and so does the bot. */
  readonly own: boolean;
  /** Invited by the box, whether they came or not. */
  readonly guests: readonly string[];
}

/** The room is one that the box made for this chat. */
export const isOwn = ({ origin }: Portal): boolean => origin === "remote" || origin === "alias";

/**
 * In the caller's commit: the portal is to end, and its room as far as that is ours to do. All of it is done
 * from that row, one step after the other, each of which may be done again.
 */
export const queueDissolve = async (
  { box }: Works,
  tx: Repositories,
  { portal, how }: { readonly portal: Portal; readonly how: Dissolution },
): Promise<Lane> => {
  const room = portal.room ?? "";
  const lane = roomLane(room);
  const origin = `dissolve:${portal.id}`;
  const key = box.keyOf(portal.id, origin, "");
  if (await tx.items.byKey(key)) return lane;
  const guests = await guestsOf(tx, portal);
  const { id, network } = portal;
  const payload = { portal: id, room, network, how, own: isOwn(portal), guests };
  const at = box.clock.now();
  await tx.items.add({ lane, rank: 1, origin, kind: "dissolve", payload, at, key });
  return lane;
};

/** From the store: a login that is being ended lives no more. */
const guestsOf = async (tx: Repositories, { id, chat }: Portal): Promise<readonly string[]> => {
  const inside = await tx.portals.logins(id);
  const ids = new Set(chat.receiver === undefined ? inside : [...inside, chat.receiver]);
  const rows = await Promise.all([...ids].map((login) => tx.logins.get(login)));
  return [...new Set(rows.flatMap((row) => row?.owner ?? []))];
};

/**
 * Ends a portal: alias, rows, ghosts, people, bot, in this order, and from wherever it was broken off. After
 * the rows it lets what is to be told in the room be said first.
 */
export const dissolveRoom =
  (works: Works): Handler =>
  async (turn) => {
    const gone = turn.item.payload as unknown as Dissolved;
    const { room, network, how } = gone;
    await turn.claim();
    const portal = await works.portals.get(gone.portal);
    if (portal) {
      await endPortal(works, turn, { ...gone, portal });
      return { end: "dropped", keep: () => Promise.resolve(true) };
    }
    if (room === "" || (await isBridged(works, { room, network }))) return { end: "dropped" };
    await works.box.failpoint("dissolve.before-leave");
    await ghostsLeave(works, turn, { room, network });
    if (!gone.own || (await isBridged(works, { room }))) return { end: "dropped" };
    if (how === "delete") await emptyRoom(works, turn, gone);
    await works.box.failpoint("dissolve.before-bot");
    const call = callOf(turn);
    await works.box.homeserver
      .leave(room, call, "this chat is not bridged any more")
      .catch(outAlready);
    works.ghosts.membershipChanged(room, works.box.homeserver.bot);
    return { end: "dropped", write: (tx) => tx.members.forgetRoom(room) };
  };

const callOf = (turn: Turn): Call => ({ class: "roster", signal: turn.signal });

/** The alias first: whoever writes in the chat from now on gets a room of its own. */
const endPortal = async (
  works: Works,
  turn: Turn,
  { portal, own, how }: Pick<Dissolved, "own" | "how"> & { readonly portal: Portal },
): Promise<void> => {
  const { box, portals, rooms } = works;
  await box.homeserver.removeAlias(rooms.aliasOf(portal), callOf(turn)).catch(noAlias);
  await box.failpoint("dissolve.before-rows");
  const announce = await commitTelling(box, async (tx, tell) => {
    const told = await removePortal(box, tx, { portal, tell, isEmptied: own && how === "delete" });
    return [...told, ...(await queuePlace(box, tx, portal))];
  });
  portals.forget(portal);
  announce();
};

/** It has none, or its own people gave it to another room. */
export const noAlias = (error: unknown): void => {
  if (!(error instanceof MatrixError) || ![403, 404].includes(error.status)) throw error;
};

/** Everybody but the bot, who leaves last; one whom it may not put out stays. */
const emptyRoom = async (works: Works, turn: Turn, { room, guests }: Dissolved): Promise<void> => {
  const { homeserver } = works.box;
  const call = callOf(turn);
  const inside = await homeserver.joinedMembers(room, call).catch((error: unknown) => {
    outAlready(error);
    return new Map<string, unknown>();
  });
  for (const user of new Set([...inside.keys(), ...guests])) {
    if (user === homeserver.bot || (await wentBefore(works, turn, { room, user }))) continue;
    await homeserver.kick(room, user, call, "this chat is not bridged any more").catch(outAlready);
  }
};
