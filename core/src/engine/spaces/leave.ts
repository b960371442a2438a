import { sameChat } from "../../adapter/index.ts";
import type { ChatRef, LoginId } from "../../adapter/index.ts";
import type { Lane, Portal, Repositories, Space } from "../../store/types.ts";
import { putRole } from "../account-roles.ts";
import type { Box } from "../box.ts";
import { guardLevels } from "../room-levels.ts";
import type { Works } from "../works.ts";
import { chatAbove, mostLevels } from "./above.ts";
import { queuePlace, queueSpace } from "./item.ts";

/** Spaces of servers of which somebody left a chat: only for those it is looked at who is left. */
const scope = "left";

/** In the commit that closes a space. */
export const forgetLeft = (tx: Repositories, space: string): Promise<void> =>
  tx.keys.set(scope, space, null, false);

interface Left {
  readonly portal: Portal;
  readonly login: LoginId;
}

/**
 * In the commit that took a login out of a chat: it is out of what is inside of that chat too, and the
 * spaces that showed it to its person are looked at anew.
 */
export const leftChat = async (
  box: Box,
  tx: Repositories,
  { portal, login }: Left,
): Promise<readonly Lane[]> => {
  const lanes = [...(await queuePlace(box, tx, portal))];
  const own = await tx.spaces.get(portal.network, { chat: portal.id });
  if (own) {
    lanes.push(await queueSpace(box, tx, own.room), ...(await queuePlace(box, tx, own)));
    for (const inside of await insideOf(tx, { portal, login })) {
      await takeOut(tx, { portal: inside, login });
      lanes.push(...(await queuePlace(box, tx, inside)), ...(await guardLevels(box, tx, inside)));
    }
  }
  const above = await chatAbove(tx, { portal, as: "space" });
  const upper = above && (await tx.spaces.get(above.network, { chat: above.id }));
  if (upper) {
    await tx.keys.set(scope, upper.room, true, false);
    lanes.push(await queueSpace(box, tx, upper.room));
  }
  return lanes;
};

/** What its account was in that chat it is no more. */
const takeOut = async (tx: Repositories, { portal, login }: Left): Promise<void> => {
  await tx.portals.removeLogin(portal.id, login);
  await putRole(tx, { portal: portal.id, login }, undefined);
};

/** The chats inside of a chat, on any level, that the login is in. */
const insideOf = async (tx: Repositories, { portal, login }: Left): Promise<readonly Portal[]> => {
  const parents = new Map<string, ChatRef | undefined>();
  const parentOf = async (ref: ChatRef): Promise<ChatRef | undefined> => {
    const key = JSON.stringify([ref.id, ref.receiver]);
    if (!parents.has(key))
      parents.set(key, (await tx.portals.find(portal.network, ref))?.info?.parent);
    return parents.get(key);
  };
  const found: Portal[] = [];
  for (const one of await tx.portals.ofLogin(login)) {
    let ref = one.dead ? undefined : one.info?.parent;
    for (let level = 0; level < mostLevels && ref !== undefined; level += 1) {
      if (sameChat(ref, portal.chat)) {
        found.push(one);
        break;
      }
      ref = await parentOf(ref);
    }
  }
  return found;
};

/**
 * A network does not say that an account left a server of which it hears the chats alone: an account
 * that is in none of them any more is not in the server.
 */
export const leaveEmpty = async (works: Works, space: Space): Promise<void> => {
  const { box } = works;
  if ((await box.store.read.keys.get(scope, space.room)) === undefined) return;
  const lanes = await box.store.commit(async (tx) => {
    const busy: Lane[] = [];
    const portal = "chat" in space.owner ? await tx.portals.get(space.owner.chat) : undefined;
    if (portal === undefined) return busy;
    for (const login of await strayIn(tx, space)) {
      await takeOut(tx, { portal, login });
      busy.push(...(await leftChat(box, tx, { portal, login })));
    }
    await forgetLeft(tx, space.room);
    return busy;
  });
  for (const lane of lanes) box.wake(lane);
};

/** The logins that are in a server without being in any chat of it, once somebody left one. */
export const strayIn = async (tx: Repositories, space: Space): Promise<readonly LoginId[]> => {
  if ((await tx.keys.get(scope, space.room)) === undefined) return [];
  const portal = "chat" in space.owner ? await tx.portals.get(space.owner.chat) : undefined;
  if (portal?.info?.kind !== "space") return [];
  const logins = await tx.portals.logins(portal.id);
  const inside = logins.length === 0 ? new Set() : await shownIn(tx, space);
  const stray: LoginId[] = [];
  for (const login of logins)
    if (!inside.has(login) && (await insideOf(tx, { portal, login })).length === 0)
      stray.push(login);
  return stray;
};

/** The logins that are in chats whose rooms stand in the space: most of those that are in the server. */
const shownIn = async (tx: Repositories, { room }: Space): Promise<ReadonlySet<LoginId>> => {
  const found = new Set<LoginId>();
  for (const below of await tx.spaces.below(room)) {
    const inner = await tx.spaces.ofRoom(below);
    const owner = inner && "chat" in inner.owner ? [inner.owner.chat] : [];
    const chats = (await tx.portals.ofRoom(below)).filter(({ dead }) => !dead);
    for (const id of [...owner, ...chats.map((chat) => chat.id)])
      for (const login of await tx.portals.logins(id)) found.add(login);
  }
  return found;
};
