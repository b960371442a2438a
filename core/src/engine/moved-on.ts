import type { Lane, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { ownersOf } from "./own-chat.ts";

/** The chat of a room goes on as another one, which has a room already. */
export interface MovedOn {
  readonly room: string;
  /** As people know the chat. */
  readonly name: string;
  /** Whose logins are in it: they come along. */
  readonly people: readonly string[];
}

/**
 * In the commit in which two chats become one: behind all that is still to be said in the old room, its
 * people are told where the chat goes on, and asked in there.
 */
export const queueMovedOn = async (
  box: Box,
  tx: Repositories,
  { old, portal }: { readonly old: Portal; readonly portal: Portal & { readonly room: string } },
): Promise<Lane> => {
  const lane: Lane = { portal: old.id, direction: "in" };
  const logins = ownersOf(old.chat, await tx.portals.logins(old.id));
  const rows = await Promise.all(logins.map((id) => tx.logins.get(id)));
  const people = [...new Set(rows.flatMap((row) => row?.owner ?? []))];
  const name = portal.info?.name ?? old.info?.name ?? portal.chat.id;
  const payload = { room: portal.room, name, people } satisfies MovedOn;
  const origin = `moved:${old.id}`;
  const key = box.keyOf(old.id, origin, portal.room);
  const at = box.clock.now();
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "movedOn", payload, at, key });
  return lane;
};
