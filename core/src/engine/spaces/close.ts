import { MatrixError } from "../../matrix/types.ts";
import type { Call } from "../../matrix/types.ts";
import type { Lane, Repositories, Space } from "../../store/types.ts";
import type { Happening } from "../box.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import { closedKey, closingOf, forgetClosing, putClosing } from "./closing.ts";
import type { About } from "./item.ts";
import { queuePlace, queueUnspace } from "./item.ts";
import { forgetLeft } from "./leave.ts";
import { lookOf } from "./look.ts";
import { takeOutOf } from "./place.ts";

/**
 * Closes the spaces of logins and chats that are there no more: looked for at the start and after each logout,
 * however it came about.
 */
export const closeOrphans = async ({ box }: Works): Promise<void> => {
  if ((await box.store.read.spaces.orphans()).length === 0) return;
  const lanes = await box.store.commit(async (tx) => {
    const queued: Lane[] = [];
    for (const { room } of await tx.spaces.orphans())
      queued.push(await queueUnspace(box, tx, room));
    return queued;
  });
  for (const lane of lanes) box.wake(lane);
};

export const watchLogouts =
  (works: Works) =>
  (happening: Happening): void => {
    if (happening.what !== "login" || happening.state !== "logged-out") return;
    void closeOrphans(works).catch((error: unknown) =>
      works.box.log.warn("The space of a login that ended stays until the next start", {
        why: String(error),
      }),
    );
  };

/**
 * Its people are let go, its alias is free again, and the bot leaves. The rooms in it stay, and say no
 * more that they are in it. Whose it was may be back by now: then it stays, unless it was begun already.
 */
export const closeSpace =
  (works: Works): Handler =>
  async (turn) => {
    const { room } = turn.item.payload as unknown as About;
    const { homeserver, store } = works.box;
    const space = await store.read.spaces.ofRoom(room);
    if (space === undefined) return { end: "dropped" };
    const begun = await closingOf(store.read, room);
    if (begun === undefined && (await lookOf(works.box, store.read, space)) !== undefined)
      return { end: "dropped" };
    await turn.claim();
    const below = new Set(await store.read.spaces.below(room));
    const taken = [...new Set([...(begun ?? []), ...below])];
    await store.commit((tx) => putClosing(tx, room, taken));
    const call = { class: "roster", signal: turn.signal } as const;
    const reason = "What this space showed is bridged no more.";
    for (const { mxid, membership } of await store.read.members.ofRoom(room))
      if (mxid !== homeserver.bot && (membership === "join" || membership === "invite"))
        await homeserver.kick(room, mxid, call, reason).catch(unlessRefused);
    for (const inside of below) await takeOutOf(works, { space: room, room: inside }, call);
    for (const above of await store.read.spaces.above(room))
      await takeOutOf(works, { space: above, room }, call);
    for (const alias of await aliasesOf(works, space, call))
      if ((await homeserver.resolveAlias(alias, call)) === room)
        await homeserver.removeAlias(alias, call).catch(unlessRefused);
    await homeserver.leave(room, call, reason).catch(unlessRefused);
    // Somebody may have put a room there just before it was known that it is being closed.
    const isLate = async (tx: Repositories): Promise<boolean> =>
      (await tx.spaces.below(room)).some((inside) => !below.has(inside));
    return {
      end: "dropped",
      keep: isLate,
      write: async (tx) => {
        if (await isLate(tx)) return;
        await forgetClosing(tx, room);
        await tx.spaces.remove(room);
        await forgetLeft(tx, room);
        await tx.members.forgetRoom(room);
      },
      // Whoever came back just now was put into the one that is closed.
      queue: async (tx) => {
        const lanes: Lane[] = [...(await works.parked.wake(tx, [closedKey(room)]))];
        if ((await lookOf(works.box, tx, space)) === undefined) return lanes;
        for (const inside of taken)
          lanes.push(
            ...(await queuePlace(works.box, tx, { network: space.network, room: inside })),
          );
        return lanes;
      },
    };
  };

/** Of a chat that is gone only the room still knows. */
const aliasesOf = async (
  { box, spaces }: Works,
  space: Space,
  call: Call,
): Promise<ReadonlySet<string>> => {
  const at = { room: space.room, type: "m.room.canonical_alias", key: "" };
  const state = await box.homeserver.getState(at, call).catch(unlessRefused);
  const own = await spaces.aliasOf(box.store.read, space);
  const told = state?.["alias"];
  return new Set(typeof told === "string" && told.startsWith("#") ? [told, own] : [own]);
};

/** Done before, or people have taken it over. */
const unlessRefused = (error: unknown): undefined => {
  if (!(error instanceof MatrixError) || (error.status !== 403 && error.status !== 404))
    throw error;
  return undefined;
};
