import { createHash } from "node:crypto";
import { asBridgeError } from "../../adapter/index.ts";
import type { Json, LoginId, MediaRef, RichText } from "../../adapter/index.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { fromPlain } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { fileName } from "../media/names.ts";
import type { MediaPart } from "../media/names.ts";
import { openRemote } from "../media/remote.ts";
import { upload } from "../media/upload.ts";
import type { Slot, Uploaded } from "../media/upload.ts";
import { judge } from "../policy.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentOf } from "./content.ts";
import { mediaContent, typeOf } from "./media-content.ts";
import { classOf } from "./send.ts";

/** An event that shows a part, and what tells a true edit of it from a repetition. */
export interface Shown {
  readonly type: string;
  readonly content: JsonObject;
  readonly hash: string;
}

export interface Showing {
  readonly portal: Portal;
  readonly part: MediaPart;
  /** The ghost that shows it. */
  readonly as: string;
  /** The content that shows it now, and the hash it is known by. */
  readonly before?: { readonly content: JsonObject; readonly hash: string | undefined };
}

/** How long a file that cannot be had holds up what comes after it, in milliseconds. */
const patience = 120_000;

/**
 * A remote file as an event: its bytes are brought to the homeserver first. One that cannot be had, now
 * for long or ever, still arrives: as its name, the reason and its caption.
 */
export const showMedia = async (works: Works, turn: Turn, what: Showing): Promise<Shown> => {
  const { part, portal, before } = what;
  const caption = await contentOf(works, portal, {
    id: part.id,
    kind: "text",
    text: part.caption ?? [],
  });
  const fingerprint = fingerprintOf(part);
  const hash = `${fingerprint}.${caption.hash}`;
  if (before?.hash?.startsWith(`${fingerprint}.`) && before.content["url"] !== undefined)
    return { type: "m.room.message", hash, content: recaptioned(before.content, caption.content) };
  const notes = notesOf(works, turn);
  try {
    const file = await bring(works, turn, { ...what, notes });
    return {
      type: typeOf(part, file.media.mime),
      hash,
      content: mediaContent(part, { ...file, caption: caption.content }),
    };
  } catch (error) {
    const why = await lost(works, turn, { error, notes });
    const text: RichText = [...fromPlain(`${shownName(part)} was not bridged: ${why}`)];
    const shown = await contentOf(works, portal, {
      id: part.id,
      kind: "text",
      tone: "notice",
      text: [...text, ...(part.caption ?? [])],
    });
    return { type: "m.room.message", content: shown.content, hash: `-.${caption.hash}` };
  }
};

const shownName = (part: MediaPart): string => `[${part.as}: ${fileName(part.media, part.as)}]`;

/** The same file is known again, however often it is told of. */
const fingerprintOf = ({ media: { hash, locator } }: MediaPart): string =>
  createHash("sha256")
    .update(hash ?? JSON.stringify(locator))
    .digest("base64url")
    .slice(0, 22);

/** The file stays, its caption is new. */
const recaptioned = (before: JsonObject, caption: JsonObject): JsonObject => {
  const { body: _b, format: _f, formatted_body: _h, "m.mentions": _m, ...file } = before;
  const { "m.relates_to": _r, "m.new_content": _n, ...rest } = file;
  const name = typeof rest["filename"] === "string" ? rest["filename"] : "file";
  const { msgtype: _t, ...text } = caption;
  return {
    msgtype: "m.image",
    ...rest,
    ...text,
    body: caption["body"] === "" ? name : (caption["body"] ?? name),
  };
};

interface Notes {
  readonly slot: (name: string) => Slot;
  /** Since when it has failed; asked for the first time, since now. */
  since(): Promise<number>;
}

/** What an item remembers of its uploads, in its own row: it ends with the item. */
const notesOf = ({ box }: Works, turn: Turn): Notes => {
  const { notes } = turn.item;
  let known: { readonly [key: string]: Json } =
    notes !== null && typeof notes === "object" && !Array.isArray(notes)
      ? (notes as { readonly [key: string]: Json })
      : {};
  const write = async (name: string, value: Json): Promise<void> => {
    known = { ...known, [name]: value };
    await box.store.commit((tx) => tx.items.note(turn.item.id, known));
  };
  return {
    slot: (name) => ({ read: () => known[name], write: (value) => write(name, value) }),
    since: async () => {
      const since = known["since"];
      if (typeof since === "number") return since;
      await write("since", turn.now());
      return turn.now();
    },
  };
};

const bring = async (
  works: Works,
  turn: Turn,
  { portal, part, as, notes }: Showing & { readonly notes: Notes },
): Promise<{ readonly media: Uploaded; readonly thumbnail: Uploaded | undefined }> => {
  const from = {
    network: portal.network,
    chat: portal.chat,
    seenBy: seenBy(turn.item.payload),
  };
  const call = {
    class: classOf(turn),
    as: as === works.box.homeserver.bot ? undefined : as,
    signal: turn.signal,
  } as const;
  const file = (ref: MediaRef, name: string): Promise<Uploaded> =>
    upload(works, {
      slot: notes.slot(name),
      ref,
      as: name === "media" ? part.as : "image",
      open: (signal) => openRemote(works, from, { ref, signal }),
      call,
    });
  const media = await file(part.media, "media");
  const { thumbnail } = part.media;
  if (thumbnail === undefined) return { media, thumbnail: undefined };
  const small = await file(thumbnail, "thumbnail").catch((error: unknown) => {
    if (turn.signal.aborted || isHomeserverAway(error)) throw error;
    return undefined;
  });
  return { media, thumbnail: small };
};

const seenBy = (payload: Json): readonly LoginId[] => {
  if (payload === null || typeof payload !== "object" || !("seenBy" in payload)) return [];
  return Array.isArray(payload["seenBy"]) ? (payload["seenBy"] as readonly LoginId[]) : [];
};

/** Why the file is given up; what may still be had is thrown again, for another attempt. */
const lost = async (
  works: Works,
  turn: Turn,
  { error, notes }: { readonly error: unknown; readonly notes: Notes },
): Promise<string> => {
  if (turn.signal.aborted || isHomeserverAway(error)) throw error;
  const { code, message } = asBridgeError(sourceOf(error));
  const verdict = judge(sourceOf(error));
  const hopeless = verdict.next === "fail" || code === "internal";
  if (!hopeless && turn.now() - (await notes.since()) < patience) throw sourceOf(error);
  works.box.log.warn("A file was not bridged", { code, why: message });
  return error instanceof MatrixError ? "the homeserver did not take it." : message;
};

/** The homeserver cannot be reached, is overloaded, or does not know us: everything waits for it. */
const isHomeserverAway = (error: unknown): boolean =>
  error instanceof MatrixError &&
  error.errcode !== "SOURCE" &&
  (error.status === 0 || error.status >= 500 || error.status === 429 || error.status === 401);

/** What broke an upload off at its source is the source's own error. */
const sourceOf = (error: unknown): unknown =>
  error instanceof MatrixError && error.errcode === "SOURCE"
    ? asBridgeError(error.cause ?? error)
    : error;
