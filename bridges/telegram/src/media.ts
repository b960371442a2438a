import {
  firstPart,
  type Block,
  type ChatRef,
  type MediaRef,
  type MessageId,
  type Part,
  type RichText,
} from "@bridgebox/core/adapter";
import { Api } from "./api/tl.ts";
import { fileName } from "./file-name.ts";
import { documentLocator, photoLocator, toLocator } from "./locator.ts";
import { pollPart } from "./polls.ts";
import { waveformOf } from "./waveform.ts";

const line = (text: string): Block => ({ t: "para", of: [{ t: "text", text }] });

/** Where the message is that a file is in, so that the file's key can be read anew. */
export interface Origin {
  readonly chat: ChatRef;
  readonly message: MessageId;
  /** When it was sent, in milliseconds. */
  readonly at: number;
}

/** What a message carries besides text, as a part; `undefined` where the text is all there is. */
export const partOf = (
  media: Api.TypeMessageMedia,
  caption: RichText,
  origin: Origin,
): Part | undefined => {
  if (media instanceof Api.MessageMediaEmpty || media instanceof Api.MessageMediaWebPage) {
    return undefined;
  }
  if (media instanceof Api.MessageMediaPhoto || media instanceof Api.MessageMediaDocument) {
    return filePart(media, caption, origin) ?? unsupported(nameOf(media), caption);
  }
  if (
    media instanceof Api.MessageMediaGeo ||
    media instanceof Api.MessageMediaVenue ||
    media instanceof Api.MessageMediaGeoLive
  ) {
    return location(media, origin) ?? unsupported("location", caption);
  }
  if (media instanceof Api.MessageMediaContact) {
    const name = `${media.firstName} ${media.lastName}`.trim();
    const vcard = media.vcard === "" ? card(name, media.phoneNumber) : media.vcard;
    return { id: firstPart, kind: "contact", name, vcard };
  }
  if (media instanceof Api.MessageMediaDice) {
    const text = [line(`${media.emoticon} ${media.value}`), ...caption];
    return { id: firstPart, kind: "text", text };
  }
  if (media instanceof Api.MessageMediaPoll) return pollPart(media.poll, origin.at);
  return unsupported(nameOf(media), caption);
};

/** Telegram's word for "once" among seconds. */
const onlyOnce = 2_147_483_647;

/** A picture or film that is shown once, or for so many seconds after it was opened. */
export const fleeting = (
  media: Api.TypeMessageMedia | undefined,
):
  | { readonly mode: "view-once" }
  | { readonly mode: "timer"; readonly seconds: number }
  | undefined => {
  const files = media instanceof Api.MessageMediaPhoto || media instanceof Api.MessageMediaDocument;
  const seconds = files ? media.ttlSeconds : undefined;
  if (seconds === undefined) return undefined;
  return seconds >= onlyOnce ? { mode: "view-once" } : { mode: "timer", seconds };
};

const filePart = (
  media: Api.MessageMediaPhoto | Api.MessageMediaDocument,
  caption: RichText,
  { chat, message }: Origin,
): Part | undefined => {
  const of = { chat, message, part: firstPart };
  const file =
    media instanceof Api.MessageMediaPhoto
      ? photoOf(media.photo, of)
      : documentOf(media.document, of);
  if (file === undefined) return undefined;
  return {
    id: firstPart,
    kind: "media",
    ...file,
    ...(caption.length > 0 ? { caption } : {}),
    ...(media.spoiler === true ? { spoiler: true } : {}),
  };
};

type Media = Extract<Part, { kind: "media" }>;
type Shown = Pick<Media, "as" | "media" | "waveform">;
type Of = NonNullable<MediaRef["of"]>;

const photoOf = (photo: Api.TypePhoto | undefined, of: Of): Shown | undefined => {
  if (!(photo instanceof Api.Photo)) return undefined;
  const sizes = sizesOf(photo.sizes);
  const best = sizes.at(-1);
  if (best === undefined) return undefined;
  const small = sizes.length > 1 ? sizes[0] : undefined;
  const ref = ({ type, ...size }: Size): MediaRef => ({
    locator: toLocator(photoLocator(photo, type)),
    of,
    name: "photo.jpg",
    mime: "image/jpeg",
    ...size,
  });
  return { as: "image", media: { ...ref(best), ...(small ? { thumbnail: ref(small) } : {}) } };
};

interface Size {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly size: number;
}

/** The sizes that are files of their own, smallest first. */
const sizesOf = (sizes: readonly Api.TypePhotoSize[]): readonly Size[] =>
  sizes
    .flatMap((each): readonly Size[] => {
      if (each instanceof Api.PhotoSize) {
        return [{ type: each.type, width: each.w, height: each.h, size: each.size }];
      }
      if (!(each instanceof Api.PhotoSizeProgressive)) return [];
      const size = Math.max(0, ...each.sizes);
      return [{ type: each.type, width: each.w, height: each.h, size }];
    })
    .sort((a, b) => a.width * a.height - b.width * b.height);

const documentOf = (document: Api.TypeDocument | undefined, of: Of): Shown | undefined => {
  if (!(document instanceof Api.Document)) return undefined;
  const traits = traitsOf(document);
  const [small] = sizesOf(document.thumbs ?? []);
  const media: MediaRef = {
    locator: toLocator(documentLocator(document)),
    of,
    mime: document.mimeType,
    size: document.size.toJSNumber(),
    name: traits.name ?? `${traits.as}${extensionOf(document.mimeType)}`,
    ...traits.measures,
    ...(small === undefined ? {} : { thumbnail: thumbnail(document, small, of) }),
  };
  const { waveform } = traits;
  return { as: traits.as, media, ...(waveform === undefined ? {} : { waveform }) };
};

const thumbnail = (document: Api.Document, { type, ...size }: Size, of: Of): MediaRef => ({
  locator: toLocator(documentLocator(document, type)),
  of,
  mime: "image/jpeg",
  ...size,
});

interface Traits {
  readonly as: Media["as"];
  readonly name?: string;
  readonly waveform?: readonly number[];
  readonly measures: Pick<MediaRef, "width" | "height" | "duration">;
}

const traitsOf = ({ attributes, mimeType }: Api.Document): Traits => {
  const find = <T>(kind: new (...args: never[]) => T): T | undefined =>
    attributes.find((each): each is Api.TypeDocumentAttribute & T => each instanceof kind);
  const video = find(Api.DocumentAttributeVideo);
  const audio = find(Api.DocumentAttributeAudio);
  const size = video ?? find(Api.DocumentAttributeImageSize);
  const seconds = video?.duration ?? audio?.duration;
  const name = find(Api.DocumentAttributeFilename)?.fileName;
  const waveform = audio?.waveform;
  return {
    as: kindOf({
      sticker: find(Api.DocumentAttributeSticker) !== undefined,
      animated: find(Api.DocumentAttributeAnimated) !== undefined || mimeType === "image/gif",
      video,
      audio,
    }),
    ...(name === undefined || name === "" ? {} : { name: fileName(name) }),
    ...(waveform === undefined ? {} : { waveform: waveformOf(waveform) }),
    measures: {
      ...(size === undefined ? {} : { width: size.w, height: size.h }),
      ...(seconds === undefined ? {} : { duration: Math.round(seconds * 1000) }),
    },
  };
};

const kindOf = (is: {
  readonly sticker: boolean;
  readonly animated: boolean;
  readonly video: Api.DocumentAttributeVideo | undefined;
  readonly audio: Api.DocumentAttributeAudio | undefined;
}): Media["as"] => {
  if (is.sticker) return "sticker";
  if (is.audio !== undefined) return is.audio.voice === true ? "voice" : "audio";
  if (is.animated) return "gif";
  if (is.video === undefined) return "file";
  return is.video.roundMessage === true ? "round" : "video";
};

const extensions: Readonly<Record<string, string>> = {
  "image/webp": ".webp",
  "image/png": ".png",
  "image/gif": ".gif",
  "video/webm": ".webm",
  "video/mp4": ".mp4",
  "audio/ogg": ".ogg",
  "audio/mpeg": ".mp3",
  "application/x-tgsticker": ".tgs",
};

const extensionOf = (mime: string): string => extensions[mime] ?? "";

/** Every file in a message, also those that are not its own: what a key can be read anew from. */
export const filesIn = (message: Api.TypeMessage): readonly (Api.Photo | Api.Document)[] => {
  if (!(message instanceof Api.Message)) return [];
  const { media } = message;
  const page = media instanceof Api.MessageMediaWebPage ? media.webpage : media;
  const found = [
    page !== undefined && "photo" in page ? page.photo : undefined,
    page !== undefined && "document" in page ? page.document : undefined,
  ];
  return found.flatMap((each) =>
    each instanceof Api.Photo || each instanceof Api.Document ? [each] : [],
  );
};

const location = (
  media: Api.MessageMediaGeo | Api.MessageMediaVenue | Api.MessageMediaGeoLive,
  { at }: Origin,
): Part | undefined => {
  if (!(media.geo instanceof Api.GeoPoint)) return undefined;
  const { lat, long: lon } = media.geo;
  const place = { id: firstPart, kind: "location", lat, lon } as const;
  if (media instanceof Api.MessageMediaVenue) {
    const name = [media.title, media.address].filter((each) => each !== "").join(", ");
    return { ...place, name };
  }
  if (!(media instanceof Api.MessageMediaGeoLive)) return place;
  return { ...place, live: { until: at + media.period * 1000 } };
};

const escaped = (text: string): string =>
  text.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/[\r\n]+/g, " ");

const card = (name: string, phone: string): string =>
  [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `FN:${escaped(name)}`,
    `TEL:${phone.replace(/[^\d+]/g, "")}`,
    "END:VCARD",
  ].join("\r\n");

const unsupported = (what: string, caption: RichText): Part => ({
  id: firstPart,
  kind: "unsupported",
  what,
  text: [line(`[${what}]`), ...caption],
});

/** What cannot be shown any more, or is not a file, in words. */
const nameOf = (media: Api.TypeMessageMedia): string => {
  const gone = fleeting(media) === undefined ? "" : "expired ";
  if (media instanceof Api.MessageMediaPhoto) return `${gone}photo`;
  if (media instanceof Api.MessageMediaDocument) {
    if (media.voice === true) return `${gone}voice message`;
    return media.video === true ? `${gone}video` : `${gone}file`;
  }
  return media.className
    .replace(/^MessageMedia/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
};
