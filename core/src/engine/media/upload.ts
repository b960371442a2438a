import { BridgeError } from "../../adapter/index.ts";
import type { Json, MediaRef, MediaStream } from "../../adapter/index.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Call } from "../../matrix/types.ts";
import type { Works } from "../works.ts";
import { fileName, mimeOf } from "./names.ts";
import type { MediaPart } from "./names.ts";
import { bounded, soon, tooLarge } from "./stream.ts";

/** A file at the homeserver; `size` in bytes, as it came. */
export interface Uploaded {
  readonly mxc: string;
  readonly size: number;
  readonly mime: string;
}

/** Where it is written down what became of an upload, before and after each step of it. */
export interface Slot {
  read(): Json | undefined;
  write(value: Json): Promise<void>;
}

export interface Upload {
  readonly slot: Slot;
  readonly ref: MediaRef;
  readonly as: MediaPart["as"];
  /** Opens the file on its network. */
  readonly open: (signal: AbortSignal) => Promise<MediaStream>;
  readonly call: Call & { readonly signal: AbortSignal };
}

/**
 * Brings a remote file to the homeserver once: its place there is written down before the bytes go, so
 * that after a crash the same place is filled, or found filled.
 */
export const upload = async (works: Works, what: Upload): Promise<Uploaded> => {
  const known = stored(what.slot.read());
  if (known !== undefined && known.size !== undefined && known.mime !== undefined)
    return { mxc: known.mxc, size: known.size, mime: known.mime };
  const { settings } = works.box;
  const time = deadlineWithin(settings.deadline.media, what.call.signal);
  const over = new AbortController();
  const signal = AbortSignal.any([time.signal, over.signal]);
  try {
    return await brought(works, { ...what, call: { ...what.call, signal } }, known?.mxc);
  } catch (error) {
    over.abort(error);
    if (time.signal.aborted && !what.call.signal.aborted) throw tooSlow(settings.deadline.media);
    throw error;
  } finally {
    time.end();
  }
};

const brought = async (
  works: Works,
  { slot, ref, as, open, call }: Upload,
  reserved: string | undefined,
): Promise<Uploaded> => {
  const { box } = works;
  const { homeserver, settings } = box;
  const { most, whose } = await limitOf(works, call);
  if (ref.size !== undefined && ref.size > most) throw tooLarge(most, whose);
  const file = await soon(open(call.signal), settings.deadline.network, () =>
    tooSlow(settings.deadline.network),
  );
  if (file.size !== undefined && file.size > most) {
    await file.body.cancel().catch(() => undefined);
    throw tooLarge(most, whose);
  }
  const place = reserved ?? (await reserve(works, slot, call));
  let size = 0;
  const mime = mimeOf(ref.mime, file.mime);
  const counted = (bytes: number): void => void (size = bytes);
  const bytes = {
    body: bounded(file.body, { most, whose, idle: settings.deadline.network, counted }),
    size: file.size,
    mime,
    name: fileName({ ...ref, name: ref.name ?? file.name ?? "", mime }, as),
  };
  await box.failpoint("media.before-put");
  const mxc =
    place === undefined
      ? await homeserver.media.post(bytes, call)
      : await fill(works, { place, bytes, slot, call });
  await box.failpoint("media.after-put");
  const done = { mxc, size: size === 0 ? (file.size ?? 0) : size, mime };
  await slot.write(done);
  return done;
};

/** Nothing: this homeserver reserves no places, or not now; the bytes go without one. */
const reserve = async (works: Works, slot: Slot, call: Call): Promise<string | undefined> => {
  const { box } = works;
  await box.failpoint("media.before-create");
  const mxc = await box.homeserver.media.create(call);
  if (mxc === undefined) return undefined;
  await box.failpoint("media.after-create");
  await slot.write({ mxc });
  return mxc;
};

type Bytes = Parameters<Works["box"]["homeserver"]["media"]["put"]>[1];

const fill = async (
  { box }: Works,
  { place, bytes, slot, call }: { place: string; bytes: Bytes; slot: Slot; call: Call },
): Promise<string> => {
  try {
    await box.homeserver.media.put(place, bytes, call);
    return place;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 404) throw error;
    await slot.write(null);
    throw new BridgeError("network", "the homeserver has forgotten the place for it.", {
      reached: "no",
      scope: "item",
      cause: error,
    });
  }
};

/** What passes: the smaller of what the box and the homeserver take, and whose word that is. */
const limitOf = async (
  { box: { homeserver, settings } }: Works,
  call: Call,
): Promise<{ readonly most: number; readonly whose: string }> => {
  const theirs = await homeserver.media.limit(call);
  return theirs !== undefined && theirs < settings.mediaMost
    ? { most: theirs, whose: "this homeserver" }
    : { most: settings.mediaMost, whose: "this box" };
};

const tooSlow = (time: number): BridgeError =>
  new BridgeError("timeout", `it did not come within ${Math.round(time / 1000)} s.`, {
    reached: "no",
    scope: "item",
  });

const stored = (
  value: Json | undefined,
): { mxc: string; size: number | undefined; mime: string | undefined } | undefined => {
  if (value === null || typeof value !== "object" || !("mxc" in value)) return undefined;
  const { mxc, size, mime } = value;
  if (typeof mxc !== "string") return undefined;
  return {
    mxc,
    size: typeof size === "number" ? size : undefined,
    mime: typeof mime === "string" ? mime : undefined,
  };
};
