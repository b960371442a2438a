import type { ChatInfo, ChatRef, NetworkId } from "../../adapter/index.ts";
import type { Lane, Portal } from "../../store/types.ts";
import { mayBridge } from "../chat-filter.ts";
import { judge } from "../policy.ts";
import { mergeInfo, networkOf, viewOf } from "../portals.ts";
import type { Works } from "../works.ts";
import { holdsChats, mostLevels, standingIn } from "./above.ts";
import { queuePlace, queueSpace } from "./item.ts";

/** What waits for a login of that network. */
export const connectedKey = (network: NetworkId): string => `spaces:${network}`;

/**
 * Makes sure that the chats in which the chats of a room stand are known, and who is in them. Returns
 * the network that cannot be asked now.
 */
export const knowAbove = async (
  works: Works,
  room: string,
  signal: AbortSignal,
): Promise<NetworkId | undefined> => {
  const { box } = works;
  for (const { portal } of await standingIn(box, box.store.read, room)) {
    let inside = portal;
    for (let level = 0; level < mostLevels; level += 1) {
      const ref = inside.info?.parent;
      if (ref === undefined) break;
      const above = await known(works, inside, { ref, signal });
      if (above === "later") return portal.network;
      if (above === undefined) break;
      if (holdsChats(above, inside)) {
        await enter(works, above, portal);
        break;
      }
      inside = above;
    }
  }
  return undefined;
};

interface Asked {
  readonly ref: ChatRef;
  readonly signal: AbortSignal;
}

/** Nothing: it does not tell of itself, or is not to be bridged. */
const known = async (
  works: Works,
  inside: Portal,
  { ref, signal }: Asked,
): Promise<Portal | "later" | undefined> => {
  const { portals, box } = works;
  const there = await portals.find(inside.network, ref);
  if (there?.info !== undefined) return there;
  try {
    const told = await describe(works, inside, { ref, signal });
    if (told === undefined) return "later";
    if (!(await isWanted(works, inside, { ref, signal, info: told }))) return undefined;
    const portal = await portals.ensure(inside.network, ref, "remote");
    const info = mergeInfo(portal.info, told) ?? told;
    await box.store.commit((tx) => portals.update(tx, portal, { info }));
    portals.forget(portal);
    return { ...portal, info };
  } catch (error) {
    if (signal.aborted || judge(error).next === "wait") {
      signal.throwIfAborted();
      return "later";
    }
    box.log.info("The chat that another one is in does not tell of itself", {
      chat: ref.id,
      why: judge(error).sentence,
    });
    return undefined;
  }
};

const describe = async (
  { box }: Works,
  inside: Portal,
  { ref, signal }: Asked,
): Promise<ChatInfo | undefined> => {
  const view = await viewOf(box, inside);
  if (!view) return undefined;
  const within = AbortSignal.any([signal, AbortSignal.timeout(box.settings.deadline.network)]);
  return box.connections.call(view.row.id, "describe", ref, within);
};

/** What is a chat itself is known as one that is bridged from now on. */
const isWanted = async (
  works: Works,
  inside: Portal,
  { ref, signal, info }: Asked & { readonly info: ChatInfo },
): Promise<boolean> => {
  const live = networkOf(works.box, inside);
  if (live === undefined) return false;
  if (info.kind === "space") return true;
  if (inside.info?.kind !== "topic") return false;
  return mayBridge(works, live, { chat: ref, name: info.name ?? "", seenBy: [], signal });
};

/** Whoever is in a chat is in the server or the forum that it is in. */
const enter = async (works: Works, above: Portal, inside: Portal): Promise<void> => {
  const { box } = works;
  const there = new Set(await box.store.read.portals.logins(above.id));
  const coming = (await box.store.read.logins.ofPortal(inside.id)).filter(
    ({ id }) => !there.has(id),
  );
  if (coming.length === 0) return;
  const since = box.clock.now();
  const lanes = await box.store.commit(async (tx): Promise<readonly Lane[]> => {
    const still = new Set(await tx.portals.logins(inside.id));
    for (const { id } of coming) if (still.has(id)) await tx.portals.addLogin(above.id, id, since);
    const space = await tx.spaces.get(above.network, { chat: above.id });
    if (space === undefined) return [];
    return [await queueSpace(box, tx, space.room), ...(await queuePlace(box, tx, space))];
  });
  for (const lane of lanes) box.wake(lane);
};
