import { createHash } from "node:crypto";
import type { Json, MediaRef, MediaStream } from "../../adapter/index.ts";
import type { Portal } from "../../store/types.ts";
import type { Works } from "../works.ts";
import { openRemote } from "./remote.ts";
import { upload } from "./upload.ts";

/** How long an event waits for a small file that belongs to it, in milliseconds. */
const patience = 10_000;

/** A small file that an event can do without, and how it is opened. */
export interface Small {
  readonly ref: MediaRef;
  readonly as: "image" | "file";
  readonly open: (signal: AbortSignal) => Promise<MediaStream>;
  readonly signal: AbortSignal;
}

/**
 * The address of a small file that may come again: brought here once for the whole network. Absent: it
 * cannot be had now, and the event goes without it.
 */
export const broughtOnce = async (
  works: Works,
  { network }: Pick<Portal, "network">,
  { ref, as, open, signal }: Small,
): Promise<string | undefined> => {
  const { store, log } = works.box;
  const scope = `picture:${network}`;
  const key = createHash("sha256").update(JSON.stringify(ref.locator)).digest("base64url");
  let known: Json | undefined = await store.read.keys.get(scope, key);
  const slot = {
    read: () => known,
    write: async (value: Json) => {
      known = value;
      await store.commit((tx) => tx.keys.set(scope, key, value, false));
    },
  };
  const within = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  try {
    const call = { class: "live", signal: within } as const;
    return (await upload(works, { slot, ref, as, open, call })).mxc;
  } catch (error) {
    signal.throwIfAborted();
    log.info("A small file was not bridged; its event goes without it", {
      error: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
};

/** The address of a network's own emoji, of which else only the name is shown. */
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
