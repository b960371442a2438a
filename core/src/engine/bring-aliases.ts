import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import { isOwn, noAlias } from "./dissolve.ts";
import { livingIn } from "./tombstone.ts";
import type { Works } from "./works.ts";

interface Aliases {
  readonly room: string;
  /** The rooms in which its chats were before. */
  readonly from: readonly string[];
  /** Those that were taken from there before, perhaps without having come to the room. */
  readonly taken: readonly string[];
  /** Written down before one is taken: for a moment it leads nowhere. */
  readonly noteTaken: (alias: string) => Promise<void>;
}

/**
 * The aliases of our namespace lead to the room in which chats go on: no homeserver moves them for whoever
 * upgrades it, because they are ours alone. One that people gave to another room stays there.
 */
export const bringAliases = async (
  works: Works,
  { room, from, taken, noteTaken }: Aliases,
  call: Call,
): Promise<void> => {
  const { box, rooms, spaces } = works;
  const { homeserver, store } = box;
  const aliases = new Map<string, boolean>();
  for (const portal of await livingIn(works, room))
    aliases.set(rooms.aliasOf(portal), isOwn(portal));
  const space = await store.read.spaces.ofRoom(room);
  if (space) aliases.set(await spaces.aliasOf(store.read, space), true);
  for (const [alias, own] of aliases) {
    const at = await homeserver.resolveAlias(alias, call);
    const isDue = at === undefined ? own || taken.includes(alias) : from.includes(at);
    if (!isDue) continue;
    if (at !== undefined) {
      await noteTaken(alias);
      await homeserver.removeAlias(alias, call).catch(noAlias);
      await box.failpoint("upgrade.alias-taken");
    }
    await homeserver.setAlias(alias, room, call).catch(isTaken);
  }
};

/** Somebody was faster, or the homeserver did not let us take it from the old room. */
const isTaken = (error: unknown): void => {
  if (!(error instanceof MatrixError) || error.status !== 409) throw error;
};
