import type { ChatInfo, ChatRef, Json, NetworkId } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Portal } from "../store/types.ts";
import type { NetworkSettings } from "./box.ts";

/** A state event, as a room begins with it. */
export type RoomState = Readonly<Record<"type" | "state_key", string>> & {
  readonly content: { readonly [key: string]: Json };
};

/**
 * Clients leave the bot out where they name a room by who is in it (MSC4171). It is one list for the
 * whole room, so whoever stands in it already stays.
 */
export const functionalMembers = (bot: string, before: JsonObject = {}): RoomState => {
  const listed = before["service_members"];
  const known: readonly Json[] = Array.isArray(listed) ? listed : [];
  const members = known.filter((member) => member !== bot);
  return {
    type: "io.element.functional_members",
    state_key: "",
    content: { ...before, service_members: [...members, bot] },
  };
};

/** The key of what a room says of one chat of it. */
export const stateKeyOf = (network: NetworkId, { id }: ChatRef): string =>
  `dev.bridgebox/${network}/${id}`;

/** How bridges that are known to clients call the kinds of rooms. */
const roomTypes: Readonly<Record<ChatInfo["kind"], string>> = {
  dm: "dm",
  group: "",
  channel: "",
  broadcast: "",
  space: "space",
  thread: "",
  topic: "",
};

/** The state that tells clients which chat a room shows (MSC2346), under its old and its new name. */
export const bridgeInfo = (
  settings: NetworkSettings,
  portal: Portal,
  { info, bot, above }: { info: ChatInfo; bot: string; above?: string | undefined },
): readonly RoomState[] => {
  const content = {
    bridgebot: bot,
    creator: bot,
    protocol: {
      id: settings.adapter.id,
      displayname: settings.adapter.name,
      external_url: settings.adapter.url,
    },
    network: { id: settings.id, displayname: above ?? settings.adapter.name },
    channel: {
      id: portal.chat.id,
      ...(info.name === undefined ? {} : { displayname: info.name }),
      ...(portal.chat.receiver === undefined ? {} : { "fi.mau.receiver": portal.chat.receiver }),
    },
    ...(info.kind === "dm" ? { "com.beeper.room_type": "dm" } : {}),
    "com.beeper.room_type.v2": roomTypes[info.kind],
  };
  const state_key = stateKeyOf(settings.id, portal.chat);
  return ["m.bridge", "uk.half-shot.bridge"].map((type) => ({ type, state_key, content }));
};
