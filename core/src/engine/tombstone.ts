import { MatrixError } from "../matrix/types.ts";
import type { Call, JsonObject } from "../matrix/types.ts";
import type { Portal } from "../store/types.ts";
import type { Works } from "./works.ts";

/** The room that a tombstone's content names, if it names one. */
export const replacementIn = (content: JsonObject): string | undefined =>
  roomIn(content["replacement_room"]);

const roomIn = (value: unknown): string | undefined =>
  typeof value === "string" && value.startsWith("!") ? value : undefined;

/** In which room one goes on, and the server of whoever says so, who is in it. */
export interface Successor {
  readonly room: string;
  readonly via: readonly string[];
}

/** In which room that one goes on; nothing too where the bot may not look. */
export const successorOf = async (
  { box }: Works,
  room: string,
  call: Call,
): Promise<Successor | undefined> => {
  const tombstone = await box.homeserver
    .getStateEvent({ room, type: "m.room.tombstone", key: "" }, call)
    .catch(nothingIfRefused);
  const next = tombstone && replacementIn(tombstone.content);
  if (tombstone === undefined || next === undefined || next === room) return undefined;
  const server = tombstone.sender.slice(tombstone.sender.indexOf(":") + 1);
  const isOurs = server === "" || server === box.homeserver.domain;
  return { room: next, via: isOurs ? [] : [server] };
};

const nothingIfRefused = (error: unknown): undefined => {
  if (!(error instanceof MatrixError) || error.status !== 403) throw error;
  return undefined;
};

/**
 * Which room that one says it goes on from; nothing too where the bot may not look. Since room version 12
 * it names the room alone, before that an event too.
 */
export const predecessorOf = async (
  { box }: Works,
  room: string,
  call: Call,
): Promise<string | undefined> => {
  const creation = await box.homeserver.getCreation(room, call).catch(nothingIfRefused);
  const predecessor = creation?.content["predecessor"];
  if (predecessor === null || typeof predecessor !== "object" || !("room_id" in predecessor))
    return undefined;
  return roomIn(predecessor.room_id);
};

/** Whether something of ours is in that room: chats that are bridged to it, or it is a space that we made. */
export const isOurs = async (works: Works, room: string): Promise<boolean> =>
  (await livingIn(works, room)).length > 0 ||
  (await works.box.store.read.spaces.ofRoom(room)) !== undefined;

/** The chats that are bridged to that room now. */
export const livingIn = async ({ portals }: Works, room: string): Promise<readonly Portal[]> =>
  (await portals.ofRoom(room)).filter((portal) => !portal.dead);
