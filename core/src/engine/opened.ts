import type { ChatInfo, MessageId } from "../adapter/index.ts";
import { asJson } from "./as-json.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";

/** A chat inside of another one has a room now. */
export interface Opened {
  readonly room: string;
  readonly name: string;
  /** The message of the other chat that it began with. */
  readonly root?: MessageId | undefined;
}

/**
 * In the commit that notes the room of a thread or a topic: the room of the chat that it is in is told
 * where it goes on, once.
 */
export const tellParent = async (
  box: Box,
  tx: Repositories,
  made: {
    readonly portal: Portal;
    readonly parent: Portal;
    readonly info: ChatInfo;
    readonly room: string;
  },
): Promise<Lane | undefined> => {
  const { portal, parent, info, room } = made;
  if (parent.room === undefined || parent.dead) return undefined;
  const origin = `opened:${portal.id}`;
  const key = box.keyOf(parent.id, origin, "");
  if (await tx.items.byKey(key)) return undefined;
  const lane: Lane = { portal: parent.id, direction: "in" };
  const name = info.name ?? portal.chat.id;
  const payload = asJson({ room, name, root: info.root } satisfies Opened);
  await tx.items.add({ lane, rank: 1, origin, kind: "opened", payload, at: box.clock.now(), key });
  return lane;
};
