import { MatrixError } from "../../matrix/types.ts";
import type { Lane } from "../../store/types.ts";
import type { Happening } from "../box.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import type { About } from "./item.ts";
import { queueUnspace } from "./item.ts";

/**
 * Closes the spaces of logins that are there no more: looked for at the start and after each logout,
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

/** Its people are let go, its alias is free again, and the bot leaves. The rooms in it stay. */
export const closeSpace =
  (works: Works): Handler =>
  async (turn) => {
    const { room } = turn.item.payload as unknown as About;
    const { homeserver, store } = works.box;
    const space = await store.read.spaces.ofRoom(room);
    if (space === undefined) return { end: "dropped" };
    await turn.claim();
    const call = { class: "roster", signal: turn.signal } as const;
    const reason = "The login that this space showed has ended.";
    for (const { mxid, membership } of await store.read.members.ofRoom(room))
      if (mxid !== homeserver.bot && (membership === "join" || membership === "invite"))
        await homeserver.kick(room, mxid, call, reason).catch(unlessRefused);
    const alias = await works.spaces.aliasOf(store.read, space);
    await homeserver.removeAlias(alias, call).catch(unlessRefused);
    await homeserver.leave(room, call, reason).catch(unlessRefused);
    return {
      end: "dropped",
      write: async (tx) => {
        await tx.spaces.remove(room);
        await tx.members.forgetRoom(room);
      },
    };
  };

/** Done before, or people have taken it over. */
const unlessRefused = (error: unknown): void => {
  if (!(error instanceof MatrixError) || (error.status !== 403 && error.status !== 404))
    throw error;
};
