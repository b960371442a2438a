import type { Json, MediaRef } from "@bridgebox/core/adapter";
import { Api, decimal, long } from "./api/tl.ts";
import { parsePeer, peerKey, type PeerId } from "./ids.ts";

/**
 * Where a file is, as it is stored. `reference` runs out after some hours and is read anew from the
 * message then (core.telegram.org/api/file-references).
 */
export type Locator =
  | {
      readonly kind: "photo" | "document";
      readonly id: string;
      readonly hash: string;
      /** base64 */
      readonly reference: string;
      readonly dc: number;
      /** Which of its sizes; empty for the document itself. */
      readonly size: string;
    }
  /** A custom emoji, known by its number alone. */
  | { readonly kind: "emoji"; readonly id: string }
  /** The picture of a person or chat. */
  | { readonly kind: "avatar"; readonly peer: PeerId; readonly id: string; readonly dc: number };

type File = Extract<Locator, { kind: "photo" | "document" }>;

export const toLocator = (locator: Locator): Json =>
  locator.kind === "avatar" ? { ...locator, peer: peerKey(locator.peer) } : { ...locator };

/** What was stored by this or an earlier version; anything else is nothing. */
export const parseLocator = (value: Json): Locator | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = new Map<string, Json>(Object.entries(value));
  const text = (key: string) => {
    const field = fields.get(key);
    return typeof field === "string" ? field : undefined;
  };
  const [kind, id, dc] = [text("kind"), text("id"), fields.get("dc")];
  if (id === undefined || !/^-?\d{1,20}$/.test(id)) return undefined;
  if (kind === "emoji") return { kind, id };
  if (typeof dc !== "number") return undefined;
  if (kind === "avatar") {
    const peer = parsePeer(text("peer") ?? "");
    return peer && { kind, id, dc, peer };
  }
  const [hash, reference, size] = [text("hash"), text("reference"), text("size")];
  if (kind !== "photo" && kind !== "document") return undefined;
  if (hash === undefined || reference === undefined || size === undefined) return undefined;
  return /^-?\d{1,20}$/.test(hash) ? { kind, id, hash, reference, dc, size } : undefined;
};

/** The locator of a document, or of its small picture by `size`. */
export const documentLocator = (document: Api.Document, size = ""): File => ({
  kind: "document",
  ...fileOf(document),
  size,
});

export const photoLocator = (photo: Api.Photo, size: string): File => ({
  kind: "photo",
  ...fileOf(photo),
  size,
});

const fileOf = (file: Api.Document | Api.Photo) => ({
  id: decimal(file.id),
  hash: decimal(file.accessHash),
  reference: file.fileReference.toString("base64"),
  dc: file.dcId,
});

/** The TL name of a file, for its bytes. */
export const fileLocation = (locator: File): Api.TypeInputFileLocation => {
  const fields = { ...handle(locator), thumbSize: locator.size };
  return locator.kind === "photo"
    ? new Api.InputPhotoFileLocation(fields)
    : new Api.InputDocumentFileLocation(fields);
};

const handle = ({ id, hash, reference }: File) => ({
  id: long(id),
  accessHash: long(hash),
  fileReference: Buffer.from(reference, "base64"),
});

/** A file that Telegram has, for sending it again. */
export const inputMediaOf = (
  locator: File,
  more: { readonly spoiler?: true; readonly ttlSeconds?: number },
): Api.InputMediaPhoto | Api.InputMediaDocument =>
  locator.kind === "photo"
    ? new Api.InputMediaPhoto({ id: new Api.InputPhoto(handle(locator)), ...more })
    : new Api.InputMediaDocument({ id: new Api.InputDocument(handle(locator)), ...more });

/** A custom emoji as media: its picture is looked up when somebody wants it. */
export const emojiRef = (id: string): MediaRef => ({ locator: toLocator({ kind: "emoji", id }) });

/** The number of a custom emoji of Telegram's; nothing for any other picture. */
export const emojiOf = (media: MediaRef | undefined): string | undefined => {
  const locator = media && parseLocator(media.locator);
  return locator?.kind === "emoji" ? locator.id : undefined;
};

/** The picture of a person or chat; nothing where there is none. */
export const avatarRef = (
  peer: PeerId,
  photo: { readonly id: string; readonly dc: number },
): MediaRef => ({
  locator: toLocator({ kind: "avatar", peer, ...photo }),
  mime: "image/jpeg",
  name: "avatar.jpg",
});
