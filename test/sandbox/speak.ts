import type { Cast } from "./cast.ts";
import type { Rooms } from "./rooms.ts";
import { Refusal, type RoomId, type SideId } from "./types.ts";

/** What somebody is to say. */
export interface Words {
  readonly room: RoomId;
  readonly side: SideId;
  readonly as: string;
  readonly text: string;
}

/** So that no side has to split it, whoever's name is put before it. */
const mostBytes = 350;

/** Has a person of the sandbox say something on their own side, as their own client would. */
export const speak = async (
  cast: Cast,
  words: Words,
  { rooms, matrixRooms }: { rooms: Rooms; matrixRooms: ReadonlyMap<RoomId, string> },
): Promise<void> => {
  const { room, side, as } = words;
  const text = words.text.replaceAll("\0", " ").replaceAll(/\s+/g, " ").trim();
  const speakers = rooms.view(room).sides.find(({ id }) => id === side)?.speakers ?? [];
  if (!speakers.includes(as)) {
    throw new Refusal(`Not sent – ${as} is not in this room there – choose somebody who is.`);
  }
  if (text === "") throw new Refusal("Not sent – there is nothing in it – type something first.");
  if (Buffer.byteLength(text) > mostBytes) {
    throw new Refusal("Not sent – one line of IRC would not hold it – make it shorter.");
  }
  const place = cast.places.all.find(({ id }) => id === side);
  if (place) return place.say({ room, as, text });
  const matrixRoom = matrixRooms.get(room);
  if (matrixRoom === undefined) {
    throw new Refusal("Not sent – this room is not on Matrix yet – wait until Ana is in it.");
  }
  await onMatrix(cast, { matrixRoom, as, text });
};

const onMatrix = async (
  { ana, ben }: Cast,
  { matrixRoom, as, text }: { matrixRoom: string; as: string; text: string },
): Promise<void> => {
  const user = as === "Ben" ? ben : ana;
  try {
    await user.send(matrixRoom, text);
  } catch (cause) {
    throw new Refusal(
      `Not sent – ${as} cannot reach the homeserver – start the homeserver and send it again.`,
      { cause },
    );
  }
};
