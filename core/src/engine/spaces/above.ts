import type { LoginId } from "../../adapter/index.ts";
import type { Portal, Repositories, SpaceOwner } from "../../store/types.ts";
import type { Box } from "../box.ts";
import { hasSpaces } from "./item.ts";

/** A space that a room belongs to. */
export interface Above {
  readonly network: Portal["network"];
  readonly owner: SpaceOwner;
  /** The room itself says so too: the space of its server, not those of single people. */
  readonly told: boolean;
}

/** A chat that a room stands for: what is said in it, or the chats inside of it. */
export interface Standing {
  readonly portal: Portal;
  readonly as: "chat" | "space";
}

/** More levels than that no network has. */
export const mostLevels = 5;

/** The chats that this room stands for, with those of networks that have spaces. */
export const standingIn = async (
  box: Box,
  tx: Repositories,
  room: string,
): Promise<readonly Standing[]> => {
  const chats = (await tx.portals.ofRoom(room)).map((portal) => ({ portal, as: "chat" }) as const);
  const space = await tx.spaces.ofRoom(room);
  const owner = space && "chat" in space.owner ? space.owner.chat : undefined;
  const whole = owner === undefined ? undefined : await tx.portals.get(owner);
  const all: readonly Standing[] = whole ? [...chats, { portal: whole, as: "space" }] : chats;
  return all.filter(({ portal }) => !portal.dead && hasSpaces(box, portal));
};

/** Whether the chats inside of `above` are shown in a space of it. */
export const holdsChats = (
  { info }: Pick<Portal, "info">,
  { info: inside }: Pick<Portal, "info">,
): boolean => info?.kind === "space" || inside?.kind === "topic";

/**
 * The spaces that a room belongs to: that of the server, workspace or forum which its chat is in, else
 * those of the logins that are in it. Makes no calls.
 */
export const spacesAbove = async (
  box: Box,
  tx: Repositories,
  room: string,
): Promise<readonly Above[]> => {
  const found = new Map<string, Above>();
  for (const standing of await standingIn(box, tx, room)) {
    const { network, origin } = standing.portal;
    const chat = await chatAbove(tx, standing);
    const owners: readonly SpaceOwner[] = chat
      ? [{ chat: chat.id }]
      : (await loginsIn(tx, standing.portal)).map((login) => ({ login }));
    for (const owner of owners)
      found.set(JSON.stringify([network, owner]), {
        network,
        owner,
        told: chat !== undefined && origin !== "plumbed",
      });
  }
  return [...found.values()];
};

/** The chat in whose space that one is shown. */
export const chatAbove = async (
  tx: Repositories,
  { portal, as }: Standing,
): Promise<Portal | undefined> => {
  const { network, id } = portal;
  if (as === "chat" && (await tx.spaces.get(network, { chat: id }))) return portal;
  let inside = portal;
  for (let level = 0; level < mostLevels; level += 1) {
    const ref = inside.info?.parent;
    const above = ref && (await tx.portals.find(network, ref));
    if (above === undefined || above.dead || above.info === undefined) return undefined;
    if (holdsChats(above, inside)) return above;
    inside = above;
  }
  return undefined;
};

const loginsIn = async (tx: Repositories, portal: Portal): Promise<readonly LoginId[]> => {
  const inside = await tx.logins.ofPortal(portal.id);
  const { receiver } = portal.chat;
  const own = receiver === undefined ? undefined : await tx.logins.get(receiver);
  const all = own ? [...inside, own] : inside;
  return [...new Set(all.flatMap(({ id, owner }) => (owner === undefined ? [] : [id])))];
};
