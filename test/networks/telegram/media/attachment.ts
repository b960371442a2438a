import { Api, given, long, now } from "../tl.ts";
import type { Attachment, Document, Photo, StoredFile } from "./kinds.ts";
import { asPollMedia } from "./polls.ts";

/** The media of a message as the account with that number sees it. */
export function asMedia(attachment: Attachment, viewer: number): Api.TypeMessageMedia {
  switch (attachment.kind) {
    case "fixed":
      return attachment.media;
    case "poll":
      return asPollMedia(attachment, viewer);
    case "place":
      return new Api.MessageMediaGeoLive({ geo: attachment.point, period: attachment.period });
    case "photo": {
      const { spoiler, ttlSeconds } = attachment;
      return new Api.MessageMediaPhoto(given({ photo: asPhoto(attachment), spoiler, ttlSeconds }));
    }
    case "document":
      return asDocumentMedia(attachment);
  }
}

function asPhoto({ file, width, height }: Photo): Api.Photo {
  const wide = Math.max(width, height);
  const shrunk = (side: number) => Math.max(1, Math.round((320 * side) / wide));
  const small = { type: "m", w: shrunk(width), h: shrunk(height), size: file.size };
  return new Api.Photo({
    ...named(file),
    sizes: [
      new Api.PhotoStrippedSize({ type: "i", bytes: Buffer.from([1, 8, 8]) }),
      ...(wide > 320 ? [new Api.PhotoSize(small)] : []),
      new Api.PhotoSizeProgressive({ type: "y", w: width, h: height, sizes: [1, file.size] }),
    ],
  });
}

/** The document as every list of documents names it. */
export function asDocument({ file, mime, attributes }: Document): Api.Document {
  const { thumb } = file;
  const thumbs = thumb && [new Api.PhotoSize({ type: "m", w: 320, h: 320, size: thumb.size })];
  return new Api.Document(
    given({
      ...named(file),
      mimeType: mime,
      size: long(file.size),
      thumbs,
      attributes: [...attributes],
    }),
  );
}

function asDocumentMedia(document: Document): Api.MessageMediaDocument {
  const has = <T>(kind: new (...args: never[]) => T): T | undefined =>
    document.attributes.find((each): each is Api.TypeDocumentAttribute & T => each instanceof kind);
  const video = has(Api.DocumentAttributeVideo);
  const { spoiler, ttlSeconds } = document;
  return new Api.MessageMediaDocument(
    given({
      document: asDocument(document),
      spoiler,
      ttlSeconds,
      video: video ? true : undefined,
      round: video?.roundMessage,
      voice: has(Api.DocumentAttributeAudio)?.voice,
    }),
  );
}

function named({ id, secret, reference, dc }: StoredFile) {
  const hash = { accessHash: long(secret), fileReference: reference };
  return { id: long(id), ...hash, date: now(), dcId: dc };
}
