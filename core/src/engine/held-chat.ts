import type { ChatRef, LoginId } from "../adapter/index.ts";
import { BridgeError } from "../adapter/index.ts";
import { traced } from "../observe/traced.ts";
import type { Portal, PortalId, Repositories } from "../store/types.ts";
import { mayBridge } from "./chat-filter.ts";
import type { LiveNetwork } from "./box.ts";
import { defaultMaxAge } from "./passage.ts";
import { networkOf } from "./portals.ts";
import { endRetrying } from "./ending.ts";
import { commitTelling } from "./telling.ts";
import { notBridged } from "./turn.ts";
import type { Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Portals that were made before anybody knew whether their chat is bridged, by their number. */
const scope = "held-chat";

/** How long all chats of one batch wait for their names, in milliseconds. */
const namePatience = 5000;

/**
 * Judges for one batch whether an event of a chat that has no portal yet makes one. `held`: nobody can
 * tell now, because its name cannot be had. It is taken in, so that no other chat waits for it, and
 * decided in its own lane.
 */
export const chatJudge = (
  works: Works,
  live: LiveNetwork,
  seenBy: readonly LoginId[],
): ((chat: ChatRef, name: string | undefined) => Promise<"yes" | "no" | "held">) => {
  const { box } = works;
  let patience: AbortSignal | undefined;
  return async (chat, name) => {
    patience ??= AbortSignal.any([box.signal, AbortSignal.timeout(namePatience)]);
    try {
      const wanted = await mayBridge(works, live, { chat, name, seenBy, signal: patience });
      return wanted ? "yes" : "no";
    } catch (error) {
      box.signal.throwIfAborted();
      box.log.warn("Whether a chat is bridged is not known yet: its name could not be had", {
        network: live.settings.id,
        chat: chat.id,
        why: error instanceof BridgeError ? error.message : traced(error),
      });
      return "held";
    }
  };
};

/** In the commit that makes its portal. */
export const hold = (tx: Repositories, portal: PortalId): Promise<void> =>
  tx.keys.set(scope, String(portal), true, false);

/**
 * Before the first message of a chat makes its room: one that is held is decided. Undefined: go on.
 * @throws BridgeError when its name cannot be had now; what the adapter throws by mistake.
 */
export const decideHeld = async (works: Works, turn: Turn): Promise<Settlement | undefined> => {
  const { portal, item, signal } = turn;
  const { box } = works;
  if (portal.room !== undefined) return undefined;
  if ((await box.store.read.keys.get(scope, String(portal.id))) === undefined) return undefined;
  const live = networkOf(box, portal);
  if (live === undefined) return undefined;
  if (turn.now() - item.at > defaultMaxAge) return notBridged("expired", nameless);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(box.settings.deadline.network)]);
  const wanted = await isWantedNow(works, live, { portal, signal: deadline });
  if (!wanted) return leaveOut(works, turn);
  await box.store.commit((tx) => tx.keys.set(scope, String(portal.id), null, false));
  return undefined;
};

/** Nothing is left of it, as if it had not been taken in. */
const leaveOut = async (
  { box, portals }: Works,
  { portal, item: { lane } }: Turn,
): Promise<Settlement> => {
  const announce = await commitTelling(box, async (tx, tell) => {
    for (const item of await tx.items.heads(lane, mostTried))
      for (const happening of (await endRetrying(box, tx, { item, portal })).told) tell(happening);
    await tx.keys.set(scope, String(portal.id), null, false);
    await tx.portals.remove(portal.id);
    return [];
  });
  portals.forget(portal);
  announce();
  box.observe({ what: "depth", lane });
  return { end: "dropped" };
};

/** Only what stood first was ever tried: what came late and what came live. */
const mostTried = 100;

const nameless =
  "the config bridges chats by their names, and the name of its chat could not be had for a day.";

const isWantedNow = async (
  works: Works,
  live: LiveNetwork,
  { portal, signal }: { portal: Portal; signal: AbortSignal },
): Promise<boolean> => {
  const seenBy = await works.box.store.read.portals.logins(portal.id);
  const { chat, info } = portal;
  return seenBy.length > 0 && mayBridge(works, live, { chat, name: info?.name, seenBy, signal });
};
