import type { Millis, Signal, UserId } from "../../adapter/index.ts";
import { Lru } from "../../flow/lru.ts";
import type { Portal } from "../../store/types.ts";
import type { LiveNetwork } from "../box.ts";
import type { Works } from "../works.ts";
import { quietly } from "./quietly.ts";

type Typing = Extract<Signal, { kind: "typing" }>;

/** Chats in which somebody types are few; beyond that the longest known are forgotten. */
const mostShown = 2000;
/** What a network says of its time is kept within these bounds, in milliseconds. */
const ttl = { least: 2000, most: 60_000 };

const keyOf = (portal: Portal, user: UserId): string => JSON.stringify([portal.id, user]);

export interface TypingToMatrix {
  take(live: LiveNetwork, portal: Portal, event: Typing): Promise<void>;
  /** What was being typed has been said. */
  said(live: LiveNetwork, portal: Portal, user: UserId): Promise<void>;
}

/**
 * Somebody types there, so their ghost types here (spec: Client-Server API, "Typing Notifications"). Said
 * again only when half of its time is over; it ends by itself. Nobody enters a room only to type.
 */
export const typingToMatrix = (works: Works): TypingToMatrix => {
  const { box, ghosts } = works;
  const shown = new Lru<string, Millis>(mostShown);

  const show = async (
    { live, portal, user }: { live: LiveNetwork; portal: Portal; user: UserId },
    lasts: Millis | undefined,
  ): Promise<void> => {
    const { room } = portal;
    if (room === undefined || box.homeserverGate.closure) return;
    const key = keyOf(portal, user);
    const now = box.clock.now();
    const until = shown.get(key) ?? 0;
    if (lasts === undefined ? until <= now : until - now > lasts / 2) return;
    const { mxid } = await ghosts.get(live.settings.id, user);
    if (!(await ghosts.isIn(room, mxid))) return;
    if (lasts === undefined) shown.delete(key);
    else shown.set(key, now + lasts);
    const call = { class: "live", as: mxid, signal: box.signal } as const;
    const typing = box.homeserver.setTyping(room, lasts !== undefined, lasts ?? 0, call);
    await quietly(box, "Typing", typing);
  };

  return {
    take: (live, portal, { user, what, ttl: lasts }) =>
      show(
        { live, portal, user },
        what === "none" ? undefined : Math.min(ttl.most, Math.max(ttl.least, lasts)),
      ),
    said: (live, portal, user) => show({ live, portal, user }, undefined),
  };
};
