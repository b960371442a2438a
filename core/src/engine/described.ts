import type { ChatInfo } from "../adapter/index.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import { bridgeInfo } from "./bridge-info.ts";
import type { RoomState } from "./bridge-info.ts";
import type { Box } from "./box.ts";
import { timerOf } from "./expiry.ts";
import { networkOf } from "./portals.ts";
import { roomFeatures } from "./room-features.ts";

/** What a room says of a chat of it: which one it is, and what can be done in it. */
export const described = (
  box: Box,
  portal: Portal,
  { info, above }: { readonly info: ChatInfo; readonly above?: ChatInfo | undefined },
): readonly RoomState[] => {
  const settings = networkOf(box, portal)?.settings;
  if (settings === undefined) return [];
  const { mediaMost, publicAddress } = box.settings;
  const ofBox = { mediaMost, isPublic: publicAddress !== undefined };
  return [
    ...bridgeInfo(settings, portal, { info, bot: box.homeserver.bot, above: above?.name }),
    ...(info.kind === "space" ? [] : [roomFeatures(portal, info.features, ofBox)]),
    ...(portal.origin === "plumbed" || info.expires === undefined ? [] : [timer(info)]),
  ];
};

/** How long messages stay there; `{}` is for ever. */
const timer = ({ expires }: ChatInfo): RoomState => ({
  type: "com.beeper.disappearing_timer",
  state_key: "",
  content: timerOf(expires) ?? {},
});

/** What of a chat is told by that, to see whether it changed. */
export const toldOf = ({ kind, name, features, expires }: ChatInfo): string =>
  JSON.stringify([kind, name, features, expires]);

/** What a turn is to do that tells it in a room which people made, whose name and topic are theirs. */
export interface Described {
  readonly only: "described";
}

/** Beside what is said there, which does not wait for it: in the commit that finds out that a room does not say so yet. */
export const queueDescribed = async (
  box: Box,
  tx: Repositories,
  { id }: Pick<Portal, "id">,
): Promise<Lane> => {
  const lane: Lane = { portal: id, direction: "members" };
  const at = box.clock.now();
  const origin = `described:${id}`;
  const key = box.keyOf(id, origin, "");
  const payload = { only: "described" } satisfies Described;
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "chat", payload, at, key });
  return lane;
};

/** The networks whose rooms were told once, and in which edition: raise it when rooms come to say more. */
const scope = "described";
const edition = 2;
/** Rooms that are queued in one commit. */
const atOnce = 200;

/** Rooms from before they said what can be done in them come to say it; after that a start asks and writes nothing. */
export const describeOlder = async (box: Box): Promise<void> => {
  for (const network of box.networks.keys()) {
    if ((await box.store.read.keys.get(scope, network)) === edition) continue;
    const all = await box.store.read.portals.ofNetwork(network);
    const shown = all.filter(({ room, info, dead }) => room !== undefined && info && !dead);
    for (let from = 0; from < shown.length; from += atOnce) {
      const lanes = await box.store.commit(async (tx) => {
        const queued: Lane[] = [];
        for (const portal of shown.slice(from, from + atOnce))
          queued.push(await queueDescribed(box, tx, portal));
        return queued;
      });
      for (const lane of lanes) box.wake(lane);
    }
    await box.store.commit((tx) => tx.keys.set(scope, network, edition, false));
  }
};
