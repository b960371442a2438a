import { createHash } from "node:crypto";
import type { Json, MediaRef } from "../../adapter/index.ts";
import type { Portal } from "../../store/types.ts";
import type { Works } from "../works.ts";
import { openRemote } from "./remote.ts";
import { upload } from "./upload.ts";

/** How long a text or a reaction waits for a small picture in it, in milliseconds. */
const patience = 10_000;

/**
 * The address of a small picture that comes again and again (a network's own emoji): brought here once
 * for the whole network. Absent: it cannot be had now, and its name stands for it.
 */
export const pictureOf = async (
  works: Works,
  portal: Portal,
  { ref, signal }: { readonly ref: MediaRef; readonly signal: AbortSignal },
): Promise<string | undefined> => {
  const { store, log } = works.box;
  const scope = `picture:${portal.network}`;
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
  const from = { network: portal.network, chat: portal.chat, seenBy: [] };
  try {
    const { mxc } = await upload(works, {
      slot,
      ref,
      as: "image",
      open: (opening) => openRemote(works, from, { ref, signal: opening }),
      call: { class: "live", signal: within },
    });
    return mxc;
  } catch (error) {
    signal.throwIfAborted();
    log.info("A picture in a text was not bridged; its name stands for it", {
      error: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
};
