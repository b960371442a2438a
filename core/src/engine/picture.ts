import { asBridgeError } from "../adapter/index.ts";
import type { MediaRef, NetworkId, UserInfo } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Ghost, Portal } from "../store/types.ts";
import { pictureAt } from "./media/pictures.ts";
import type { Pictured } from "./picture-item.ts";
import { judge } from "./policy.ts";
import type { Handler, Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** How long a picture that cannot be had is tried for, in milliseconds. */
const patience = 10 * 60_000;

/** `null`: it has none now. Absent: nobody said. */
type Avatar = MediaRef | null | undefined;

/**
 * The picture of a person or a room becomes what the network says. It has lanes of its own, so that a
 * slow picture holds up no message; each file is uploaded once, whoever has it.
 */
export const pictureToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const whose = turn.item.payload as unknown as Pictured;
    const shown = "user" in whose ? await person(works, whose) : await room(works, whose.portal);
    if (shown === undefined || shown.avatar === undefined) return { end: "dropped" };
    const { avatar } = shown;
    try {
      const mxc =
        avatar === null
          ? ""
          : await pictureAt(works, shown, {
              avatar,
              call: { class: "roster", signal: turn.signal },
            });
      await turn.claim();
      await shown.show(mxc, turn);
    } catch (error) {
      if (isWorthWaiting(turn, error)) throw error;
      works.box.log.warn("A picture was not shown", { why: asBridgeError(error).message });
    }
    return goneOn(whose, avatar);
  };

interface Shown {
  readonly network: NetworkId;
  readonly avatar: Avatar;
  readonly portal?: Portal;
  /** Makes the homeserver show it; an empty address is no picture. */
  readonly show: (mxc: string, turn: Turn) => Promise<void>;
}

const person = async (
  works: Works,
  { network, user }: Extract<Pictured, { user: unknown }>,
): Promise<Shown | undefined> => {
  const ghost = await works.ghosts.get(network, user);
  if (!ghost.registered) return undefined;
  const { store, homeserver } = works.box;
  return {
    network,
    avatar: avatarIn(ghost),
    show: async (mxc, { signal }) => {
      if (((await store.read.keys.get("avatar", ghost.mxid)) ?? "") === mxc) return;
      await homeserver.setAvatar(ghost.mxid, mxc, { class: "roster", as: ghost.mxid, signal });
      await store.commit((tx) => tx.keys.set("avatar", ghost.mxid, mxc, false));
    },
  };
};

const avatarIn = (ghost: Ghost): Avatar => {
  const info = ghost.info as unknown as Omit<UserInfo, "name">;
  return info.avatar;
};

/** A room that people made, or that shows several chats, keeps the picture it has. */
const room = async (
  works: Works,
  id: Extract<Pictured, { portal: unknown }>["portal"],
): Promise<Shown | undefined> => {
  const portal = await works.portals.get(id);
  if (portal?.room === undefined || portal.origin === "plumbed") return undefined;
  const { room: shownIn } = portal;
  const others = (await works.portals.ofRoom(shownIn)).filter((one) => !one.dead);
  if (others.length > 1) return undefined;
  const { homeserver } = works.box;
  return {
    network: portal.network,
    portal,
    avatar: portal.info?.avatar,
    show: async (mxc, { signal }) => {
      const call = { class: "roster", signal } as const;
      const at = { room: shownIn, type: "m.room.avatar", key: "" };
      const before = await homeserver.getState(at, call);
      if ((before?.["url"] ?? "") === mxc) return;
      await homeserver.setState(at, mxc === "" ? {} : { url: mxc }, call);
    },
  };
};

/** Whether what stood in the way of a picture may pass. */
export const isWorthWaiting = (turn: Turn, error: unknown): boolean => {
  if (turn.signal.aborted) return true;
  const verdict = judge(error);
  if (verdict.next === "fail" || verdict.code === "internal") return false;
  const away = error instanceof MatrixError && error.errcode !== "SOURCE";
  return away || turn.now() - turn.item.at < patience;
};

/** Done, unless it changed again while this was being done. */
const goneOn = (whose: Pictured, avatar: Avatar): Settlement => ({
  end: "dropped",
  keep: async (tx) => {
    const now =
      "user" in whose
        ? await tx.ghosts.get(whose.network, whose.user).then((ghost) => ghost && avatarIn(ghost))
        : (await tx.portals.get(whose.portal))?.info?.avatar;
    return JSON.stringify(now) !== JSON.stringify(avatar);
  },
});
