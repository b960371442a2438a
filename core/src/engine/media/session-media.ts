import { asBridgeError, BridgeError } from "../../adapter/index.ts";
import type { Json, MediaRef, MediaStream, Session } from "../../adapter/index.ts";
import { parseMxc } from "../../matrix/mxc.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Works } from "../works.ts";
import { fileName, mimeOf } from "./names.ts";
import { bounded, tooLarge } from "./stream.ts";

/** What a pointer to a Matrix file holds; `most`: what the chat takes, in bytes. */
export interface MatrixLocator {
  readonly mxc: string;
  readonly most?: number;
}

/** A locator of ours, from JSON that an adapter has kept. */
const locatorOf = (value: Json): MatrixLocator | undefined => {
  if (value === null || typeof value !== "object" || !("mxc" in value)) return undefined;
  const { mxc, most } = value;
  if (typeof mxc !== "string" || parseMxc(mxc) === undefined) return undefined;
  return { mxc, ...(typeof most === "number" ? { most } : {}) };
};

/** One day, in milliseconds: links of one day are equal, so that whoever fetches them can cache. */
const day = 24 * 3_600_000;

/** Files of Matrix for an adapter: as bytes, or as a link that a network can fetch. */
export const sessionMedia = (works: Works): Session<Json>["media"] => ({
  open: async (ref, signal) => openMatrix(works, ref, signal),
  publicUrl: (ref, ttl) => publicUrl(works, ref, ttl),
  links: works.links.available,
  keep: (text, name, signal) => keep(works, { text, name, signal }),
});

const keep = async (
  { box: { homeserver } }: Works,
  {
    text,
    name,
    signal,
  }: { readonly text: string; readonly name: string; readonly signal: AbortSignal },
): Promise<MediaRef> => {
  const blob = new Blob([text]);
  const { size } = blob;
  const mime = "text/plain";
  const mxc = await homeserver.media
    .post({ body: blob.stream(), size, mime, name }, { class: "live", signal })
    .catch((error: unknown) => {
      throw notTaken(error);
    });
  return { locator: { mxc }, name, mime, size };
};

export const publicUrl = (works: Works, ref: MediaRef, ttl: number): string | undefined => {
  const locator = locatorOf(ref.locator);
  if (locator === undefined) return undefined;
  const now = works.box.clock.now();
  const expires = ttl < day ? now + ttl : Math.ceil((now + ttl) / day) * day;
  return works.links.make({ mxc: locator.mxc, name: fileName(ref, "file"), expires });
};

/** A Matrix file, for whoever came with a link that we signed. */
export const openMatrix = async (
  works: Works,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<MediaStream> => {
  const locator = locatorOf(ref.locator);
  if (locator === undefined)
    throw new BridgeError("invalid", "The file is not one that came from Matrix.", {
      reached: "no",
      scope: "item",
    });
  const { homeserver, settings } = works.box;
  const most = Math.min(locator.most ?? Infinity, settings.mediaMost);
  const whose = most < settings.mediaMost ? "this chat" : "this box";
  const file = await homeserver.media
    .get(locator.mxc, { class: "live", signal })
    .catch((error: unknown) => {
      throw notThere(error);
    });
  if (file.size !== undefined && file.size > most) {
    await file.body.cancel().catch(() => undefined);
    throw tooLarge(most, whose);
  }
  const mime = mimeOf(ref.mime, file.mime);
  return {
    body: bounded(file.body, { most, whose, idle: settings.deadline.network }),
    ...(file.size === undefined ? {} : { size: file.size }),
    mime,
    name: fileName({ ...ref, mime }, "file"),
  };
};

/** Whatever the homeserver says against it: nothing has reached the network. */
const notTaken = (error: unknown): BridgeError => {
  if (!(error instanceof MatrixError)) return asBridgeError(error);
  const never = error.status === 413 || error.status === 403;
  return new BridgeError(
    never ? "too_large" : "network",
    never
      ? "The text was not put onto the homeserver as a file: it does not take it. Send it in parts."
      : "The text could not be put onto the homeserver as a file yet.",
    { reached: "no", scope: "item", retryAfter: error.retryAfter, cause: error },
  );
};

/** A homeserver's refusal in the words of the contract: nothing of it has reached the network. */
const notThere = (error: unknown): BridgeError => {
  if (!(error instanceof MatrixError)) return asBridgeError(error);
  const away = error.status === 0 || error.status >= 500 || error.status === 429;
  return new BridgeError(
    away ? "network" : "gone",
    away
      ? "The file could not be fetched from the homeserver yet."
      : "The file is not on the homeserver any more.",
    { reached: "no", scope: "item", retryAfter: error.retryAfter, cause: error },
  );
};
