import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import { roomLane } from "./control.ts";
import type { Dissolution } from "./box.ts";
import { emptyPortal, removePortal } from "./remove-portal.ts";
import { queueOwnSpace, queuePlace } from "./spaces/item.ts";
import { queueClear } from "./clear-room.ts";
import type { Cleared } from "./clear-room.ts";
import { commitTelling } from "./telling.ts";
import type { Handler, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

type Dissolved = Cleared;

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
 * Ends a portal: alias and rows, then what is to be told in the room, then whoever is to leave it. From
 * wherever it was broken off.
 */
export const dissolveRoom =
  (works: Works): Handler =>
  async (turn) => {
    const gone = turn.item.payload as unknown as Dissolved;
    const { box } = works;
    await turn.claim();
    const portal = await works.portals.get(gone.portal);
    if (portal) {
      await endPortal(works, turn, { ...gone, portal });
      return { end: "dropped", keep: () => Promise.resolve(true) };
    }
    if (gone.room !== "") box.wake(await box.store.commit((tx) => queueClear(box, tx, gone)));
    return { end: "dropped" };
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
  await emptyPortal(box, portal);
  await box.failpoint("dissolve.before-rows");
  const announce = await commitTelling(box, async (tx, tell) => {
    const spaces = await queueOwnSpace(box, tx, portal);
    const told = await removePortal(box, tx, { portal, tell, isEmptied: own && how === "delete" });
    return [...spaces, ...told, ...(await queuePlace(box, tx, portal))];
  });
  portals.forget(portal);
  announce();
};

/** It has none, or its own people gave it to another room. */
export const noAlias = (error: unknown): void => {
  if (!(error instanceof MatrixError) || ![403, 404].includes(error.status)) throw error;
};
