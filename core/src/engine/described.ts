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

/** In the commit that binds a room which is there already. */
export const queueDescribed = async (
  box: Box,
  tx: Repositories,
  { id }: Pick<Portal, "id">,
): Promise<Lane> => {
  const lane: Lane = { portal: id, direction: "in" };
  const at = box.clock.now();
  const origin = `described:${id}`;
  const key = box.keyOf(id, origin, "");
  const payload = { only: "described" } satisfies Described;
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "chat", payload, at, key });
  return lane;
};
