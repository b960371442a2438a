import { BridgeError } from "../adapter/index.ts";
import type { ChatRef } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Portal } from "../store/types.ts";
import { forgetInside } from "./account-roles.ts";
import { resolveChat } from "./admitted.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import { queueDescribed } from "./described.ts";
import type { Named } from "./find-chat.ts";
import { mergeInfo } from "./portals.ts";
import { checkRoom } from "./room-levels.ts";
import { showRoster } from "./roster-item.ts";
import { queuePlace } from "./spaces/item.ts";
import type { Works } from "./works.ts";

/**
 * Binds an existing room to a chat. One chat has one room: a second is refused, whatever its
 * spelling, because the adapter gives every chat one id.
 */
export const bindRoom = async (
  works: Works,
  live: LiveNetwork,
  { room, ...named }: Named & { readonly room: string },
): Promise<Portal> => {
  const { box, portals } = works;
  const { signal } = named;
  const { chat, login, name } = await resolveChat(works, live, named);
  const portal = await ensureLiving(works, live, { chat, origin: "plumbed" });
  if (portal.room === room) {
    await noteLogin(works, portal, login);
    return portal;
  }
  if (portal.room !== undefined) {
    throw new BridgeError(
      "forbidden",
      `${name} was not bridged to this room: it has a room already. Unbridge that one first.`,
      { reached: "no", scope: "item" },
    );
  }
  const told = await box.connections.call(login.row.id, "describe", chat, signal);
  const info = mergeInfo(undefined, told);
  const lanes = await box.store.commit(async (tx) => {
    await portals.update(tx, portal, { room, origin: "plumbed", ...(info ? { info } : {}) });
    return [
      await queueDescribed(box, tx, portal),
      ...(await checkRoom(box, tx, { ...portal, room })),
    ];
  });
  portals.forget({ ...portal, room });
  for (const lane of lanes) box.wake(lane);
  await noteLogin(works, { ...portal, room }, login);
  await showRoster(box, portal);
  return { ...portal, room, origin: "plumbed" };
};

/**
 * A chat whose room went on with another one begins anew when somebody wants it again: another may be
 * called so now, and who was in the first one is neither in it nor anybody there.
 */
export const ensureLiving = async (
  works: Works,
  live: LiveNetwork,
  { chat, origin }: { chat: ChatRef; origin: Portal["origin"] },
): Promise<Portal> => {
  const { box, portals } = works;
  const portal = await portals.ensure(live.settings.id, chat, origin);
  if (!portal.dead) return portal;
  const anew = { dead: false, room: undefined, origin };
  const living = await box.store.commit(async (tx) => {
    // Somebody may have asked for it at the same time.
    const now = await tx.portals.get(portal.id);
    if (now?.dead === false) return now;
    await forgetInside(tx, portal.id);
    await portals.update(tx, portal, anew);
    return { ...portal, ...anew };
  });
  portals.forget(portal);
  return living;
};

export const noteLogin = async (works: Works, portal: Portal, login: LiveLogin): Promise<void> => {
  const inside = await works.box.store.read.portals.logins(portal.id);
  if (inside.includes(login.row.id)) return;
  const { box } = works;
  const since = box.clock.now();
  const lanes = await box.store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, login.row.id, since);
    return queuePlace(box, tx, portal);
  });
  for (const lane of lanes) box.wake(lane);
};

/** Makes (or finds) the portal and room of a chat that somebody asked for by its alias. */
export const openByAlias = async (
  works: Works,
  live: LiveNetwork,
  named: Named,
): Promise<{ readonly room: string; readonly name: string }> => {
  const { chat, login, name } = await resolveChat(works, live, named);
  const portal = await ensureLiving(works, live, { chat, origin: "alias" });
  await noteLogin(works, portal, login);
  const room = await works.rooms.ensure(portal.id);
  if (portal.origin === "plumbed") await giveAlias(works, portal, room);
  return { room, name };
};

/**
 * A room that people made is found by the chat's own alias too, for as long as it is bridged. It is
 * not looked up first: the homeserver would ask us, who are being asked.
 */
const giveAlias = async (works: Works, portal: Portal, room: string): Promise<void> => {
  const { homeserver, signal } = works.box;
  try {
    await homeserver.setAlias(works.rooms.aliasOf(portal), room, { class: "live", signal });
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 409) throw error;
  }
};
