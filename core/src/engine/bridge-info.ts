import type { ChatInfo, Json } from "../adapter/index.ts";
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

/** The state that tells clients which chat a room shows (MSC2346), under its old and its new name. */
export const bridgeInfo = (
  settings: NetworkSettings,
  portal: Portal,
  { info, bot }: { info: ChatInfo; bot: string },
): readonly RoomState[] => {
  const content = {
    bridgebot: bot,
    protocol: {
      id: settings.adapter.id,
      displayname: settings.adapter.name,
      external_url: settings.adapter.url,
    },
    network: { id: settings.id },
    channel: {
      id: portal.chat.id,
      ...(info.name === undefined ? {} : { displayname: info.name }),
    },
  };
  const state_key = `dev.bridgebox/${settings.id}/${portal.chat.id}`;
  return ["m.bridge", "uk.half-shot.bridge"].map((type) => ({ type, state_key, content }));
};
