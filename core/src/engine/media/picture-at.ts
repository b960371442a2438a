import { createHash } from "node:crypto";
import type { Json, MediaRef, NetworkId } from "../../adapter/index.ts";
import type { Call } from "../../matrix/types.ts";
import type { Portal } from "../../store/types.ts";
import type { Works } from "../works.ts";
import { openRemote } from "./remote.ts";
import { upload } from "./upload.ts";
import type { Slot } from "./upload.ts";

/**
 * The address of a small picture that comes again and again: of a person, a room, a name for one
 * message. It is uploaded if it never was, whoever had it then.
 */
export const pictureAt = async (
  works: Works,
  { network, portal }: { readonly network: NetworkId; readonly portal?: Portal },
  {
    avatar,
    call,
  }: { readonly avatar: MediaRef; readonly call: Call & { readonly signal: AbortSignal } },
): Promise<string> => {
  const { store } = works.box;
  const known = createHash("sha256")
    .update(avatar.hash ?? JSON.stringify(avatar.locator))
    .digest("base64url");
  const key = `${network} ${known}`;
  let stored: Json | undefined = await store.read.keys.get("picture", key);
  const slot: Slot = {
    read: () => stored,
    write: async (value) => {
      stored = value;
      await store.commit((tx) => tx.keys.set("picture", key, value, false));
    },
  };
  const seenBy = portal === undefined ? [] : await store.read.portals.logins(portal.id);
  const from = { network, seenBy, ...(portal === undefined ? {} : { chat: portal.chat }) };
  const { mxc } = await upload(works, {
    slot,
    ref: avatar,
    as: "image",
    open: (signal) => openRemote(works, from, { ref: avatar, signal }),
    call,
  });
  return mxc;
};
