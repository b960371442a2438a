import { BridgeError } from "../adapter/index.ts";
import type { Ban, ChatRef } from "../adapter/index.ts";
import type { Asking } from "./direct.ts";
import { ownLogin } from "./direct.ts";
import { enterChat } from "./to-network/speaker.ts";
import type { Works } from "./works.ts";

/** Which chat is meant: that of the room where it is asked, else one by the name that a person types. */
export interface WhichChat {
  readonly room: string;
  readonly name: string | undefined;
}

/**
 * The masks that stand on the lists of a chat, as the asker's own login is told them now: what they may see
 * there is what they see here, and nothing of it is kept or shown in any room.
 * @throws BridgeError where they have no login there, and whatever the network says.
 */
export const masksOf = async (
  works: Works,
  asking: Asking,
  which: WhichChat,
): Promise<{ readonly chat: ChatRef; readonly masks: readonly Ban[] }> => {
  const { row } = ownLogin(works, asking, "bans");
  const chat = await chatNamed(works, asking, which);
  return {
    chat,
    masks: await works.box.connections.call(row.id, "bans", chat, asking.signal),
  };
};

/**
 * Puts a mask onto a list or takes it off, by the asker's own login, which enters a chat that is bridged as
 * it would to speak: what a relay may do is not for whoever
 * has power in a room.
 * @throws BridgeError where they have no login there, and whatever the network says.
 */
export const setMask = async (
  works: Works,
  asking: Asking,
  { which, ban }: { readonly which: WhichChat; readonly ban: Ban },
): Promise<ChatRef> => {
  const login = ownLogin(works, asking, "setBan");
  const chat = await chatNamed(works, asking, which);
  const portal = await works.portals.find(asking.live.settings.id, chat);
  if (portal !== undefined && !portal.dead) await enterChat(works, portal, login, asking.signal);
  await works.box.connections.call(login.row.id, "setBan", chat, ban, asking.signal);
  return chat;
};

const chatNamed = async (
  works: Works,
  asking: Asking,
  { room, name }: WhichChat,
): Promise<ChatRef> => {
  const { live, signal } = asking;
  if (name === undefined) {
    const here = (await works.portals.ofRoom(room)).filter(
      ({ dead, network }) => !dead && network === live.settings.id,
    );
    const [only, ...more] = here;
    if (only !== undefined && more.length === 0) return only.chat;
    throw refused(
      only === undefined
        ? `Nothing was done: this room has no chat of ${live.settings.id}. Name the chat.`
        : `Nothing was done: this room has several chats of ${live.settings.id}. Name one in a room of the two of us.`,
    );
  }
  const { row } = ownLogin(works, asking, "resolve");
  const found = await works.box.connections.call(row.id, "resolve", name, signal);
  if (found?.chat !== undefined && found.user === undefined) return found.chat;
  throw refused(`Nothing was done: no chat of ${live.settings.id} is called ${name}.`);
};

const refused = (sentence: string): BridgeError =>
  new BridgeError("not_found", sentence, { reached: "no", scope: "item" });
