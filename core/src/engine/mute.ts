import type { LoginId } from "../adapter/index.ts";
import type { Repositories } from "../store/types.ts";

const scope = "mute";

/** What the bot says nothing about any more: a room's messages, or one person's login. */
export type Muted = { readonly room: string } | { readonly login: LoginId; readonly user: string };

const keyOf = (what: Muted): string =>
  "room" in what ? `room ${what.room}` : `login ${what.login} ${what.user}`;

export const isMuted = async (
  { keys }: Pick<Repositories, "keys">,
  what: Muted,
): Promise<boolean> => (await keys.get(scope, keyOf(what))) !== undefined;

/** In the commit that brings what was in that room into another one, or ends the last of it. */
export const moveMute = async (
  tx: Repositories,
  { room, next }: { readonly room: string; readonly next?: string },
): Promise<void> => {
  if (!(await isMuted(tx, { room }))) return;
  if (next !== undefined) await setMuted(tx, { room: next }, true);
  const still = await tx.portals.ofRoom(room);
  if (still.every(({ dead }) => dead)) await setMuted(tx, { room }, false);
};

/** In the caller's commit. */
export const setMuted = (tx: Repositories, what: Muted, on: boolean): Promise<void> =>
  tx.keys.set(scope, keyOf(what), on ? true : null, false);
