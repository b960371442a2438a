import { createHash } from "node:crypto";
import type { Json, MediaRef, MediaStream, NetworkId } from "../../adapter/index.ts";
import type { Call } from "../../matrix/types.ts";
import type { Portal } from "../../store/types.ts";
import type { Works } from "../works.ts";
import { openRemote } from "./remote.ts";
import { upload } from "./upload.ts";
import type { Slot } from "./upload.ts";

/** How long an event waits for a small file that belongs to it, in milliseconds. */
const patience = 10_000;

interface Small {
  readonly ref: MediaRef;
  readonly as: "image" | "file";
  readonly open: (signal: AbortSignal) => Promise<MediaStream>;
}

/** The address of a small file that may come again: brought here once for the whole network. */
const once = async (
  works: Works,
  network: NetworkId,
  { call, ...small }: Small & { readonly call: Call & { readonly signal: AbortSignal } },
): Promise<string> => {
  const { store } = works.box;
  const { hash, locator } = small.ref;
  const known = createHash("sha256")
    .update(hash ?? JSON.stringify(locator))
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
  return (await upload(works, { slot, ...small, call })).mxc;
};

/** The picture of a person or a room. Throws where it cannot be had. */
export const pictureAt = async (
  works: Works,
  { network, portal }: { readonly network: NetworkId; readonly portal?: Portal },
  {
    avatar,
    call,
  }: { readonly avatar: MediaRef; readonly call: Call & { readonly signal: AbortSignal } },
): Promise<string> => {
  const seenBy = portal === undefined ? [] : await works.box.store.read.portals.logins(portal.id);
  const from = { network, seenBy, ...(portal === undefined ? {} : { chat: portal.chat }) };
  const open = (signal: AbortSignal): Promise<MediaStream> =>
    openRemote(works, from, { ref: avatar, signal });
  return once(works, network, { ref: avatar, as: "image", open, call });
};

/** A file that an event can do without. Absent: it cannot be had now, and the event goes without it. */
export const broughtOnce = async (
  works: Works,
  { network }: Pick<Portal, "network">,
  { signal, ...small }: Small & { readonly signal: AbortSignal },
): Promise<string | undefined> => {
  const within = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  try {
    return await once(works, network, { ...small, call: { class: "live", signal: within } });
  } catch (error) {
    signal.throwIfAborted();
    works.box.log.info("A small file was not bridged; its event goes without it", {
      error: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
};

/** A picture inside a message, or of who is named in it, of which else only the name is shown. */
export const pictureOf = (
  works: Works,
  portal: Portal,
  { ref, signal }: { readonly ref: MediaRef; readonly signal: AbortSignal },
): Promise<string | undefined> => {
  const from = { network: portal.network, chat: portal.chat, seenBy: [] };
  const open = (opening: AbortSignal): Promise<MediaStream> =>
    openRemote(works, from, { ref, signal: opening });
  return broughtOnce(works, portal, { ref, as: "image", open, signal });
};
