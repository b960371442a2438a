import { BridgeError } from "../adapter/index.ts";
import type { Works } from "./works.ts";

interface Entering {
  readonly room: string;
  readonly user: string;
  readonly signal: AbortSignal;
}

/** Into a room that people made the bot lets nobody who could not come in themselves, but admins of the box. */
export const isOpenTo = async (
  { box, portals }: Works,
  { room, user, signal }: Entering,
): Promise<boolean> => {
  if (box.settings.permits(user, "admin")) return true;
  if ((await portals.ofRoom(room)).every(({ origin }) => origin !== "plumbed")) return true;
  const call = { class: "live", signal } as const;
  const rules = await box.homeserver.getState({ room, type: "m.room.join_rules", key: "" }, call);
  if (rules?.["join_rule"] === "public") return true;
  return (await box.homeserver.joinedMembers(room, call)).has(user);
};

/** @throws BridgeError `forbidden` where that room is not open to them. */
export const demandOpen = async (works: Works, entering: Entering): Promise<void> => {
  if (await isOpenTo(works, entering)) return;
  throw new BridgeError(
    "forbidden",
    "You were not invited: that chat is bridged to a room that people made, and they say who comes in. Ask somebody who is in it.",
    { reached: "no", scope: "item" },
  );
};
