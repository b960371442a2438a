import { BridgeError } from "../adapter/index.ts";
import type { Works } from "./works.ts";

/**
 * Into a room that people made the bot lets nobody who could not come in themselves.
 * @throws BridgeError `forbidden`.
 */
export const demandOpen = async (
  { box, portals }: Works,
  {
    room,
    user,
    signal,
  }: { readonly room: string; readonly user: string; readonly signal: AbortSignal },
): Promise<void> => {
  if (box.settings.permits(user, "admin")) return;
  if ((await portals.ofRoom(room)).every(({ origin }) => origin !== "plumbed")) return;
  const call = { class: "live", signal } as const;
  const rules = await box.homeserver.getState({ room, type: "m.room.join_rules", key: "" }, call);
  if (rules?.["join_rule"] === "public") return;
  if ((await box.homeserver.joinedMembers(room, call)).has(user)) return;
  throw new BridgeError(
    "forbidden",
    "You were not invited: that chat is bridged to a room that people made, and they say who comes in. Ask somebody who is in it.",
    { reached: "no", scope: "item" },
  );
};
