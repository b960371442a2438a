import type { JsonObject } from "../../matrix/types.ts";
import { fileName } from "../media/names.ts";
import type { MediaPart } from "../media/names.ts";
import type { Uploaded } from "../media/upload.ts";

/** What a picture that moves by itself is marked with, as the field's clients know it. */
const moving = {
  "fi.mau.gif": true,
  "fi.mau.loop": true,
  "fi.mau.autoplay": true,
  "fi.mau.hide_controls": true,
  "fi.mau.no_audio": true,
};

/** A sticker is a picture; one that is a film or anything else is shown as what it is. */
export const typeOf = ({ as }: MediaPart, mime: string): string =>
  as === "sticker" && mime.startsWith("image/") ? "m.sticker" : "m.room.message";

interface Files {
  readonly media: Uploaded;
  readonly thumbnail: Uploaded | undefined;
  /** `body` is empty where there is none. */
  readonly caption: JsonObject;
}

/** The content of an event that shows a file (spec 1.10: body is the caption where they differ). */
export const mediaContent = (part: MediaPart, { media, thumbnail, caption }: Files): JsonObject => {
  const name = fileName({ ...part.media, mime: media.mime }, part.as);
  const { msgtype: _, ...text } = caption;
  const info = infoOf(part, media, thumbnail);
  if (typeOf(part, media.mime) === "m.sticker") return { body: name, url: media.mxc, info };
  return {
    ...(text["body"] === "" ? {} : text),
    msgtype: messageType(part, media.mime),
    body: text["body"] === "" ? name : (text["body"] ?? name),
    filename: name,
    url: media.mxc,
    info,
    ...voiceOf(part),
    ...(part.spoiler === true ? { "page.codeberg.everypizza.msc4193.spoiler": true } : {}),
  };
};

const messageType = ({ as }: MediaPart, mime: string): string => {
  const kind = mime.split("/")[0];
  if (as === "gif" || as === "sticker" || as === "image") {
    if (kind === "video") return "m.video";
    return kind === "image" || as === "image" ? "m.image" : "m.file";
  }
  if (as === "video" || as === "round") return "m.video";
  return as === "file" ? "m.file" : "m.audio";
};

const infoOf = (
  part: MediaPart,
  { mime, size }: Uploaded,
  thumbnail: Uploaded | undefined,
): JsonObject => {
  const { width, height, duration, thumbnail: small } = part.media;
  const film = mime.startsWith("video/") && (part.as === "gif" || part.as === "sticker");
  return {
    mimetype: mime,
    size,
    ...sides(width, height),
    ...(duration === undefined ? {} : { duration: Math.round(duration) }),
    ...(film ? moving : {}),
    ...(part.as === "gif" && !film ? { "fi.mau.gif": true } : {}),
    ...(part.as === "round" ? { "fi.mau.round_video": true } : {}),
    ...(thumbnail === undefined
      ? {}
      : {
          thumbnail_url: thumbnail.mxc,
          thumbnail_info: {
            mimetype: thumbnail.mime,
            size: thumbnail.size,
            ...sides(small?.width, small?.height),
          },
        }),
  };
};

const sides = (width: number | undefined, height: number | undefined): JsonObject =>
  width === undefined || height === undefined
    ? {}
    : { w: Math.round(width), h: Math.round(height) };

/** A voice message (MSC3245 over MSC1767): its length, and how loud it is from 0 to 1024. */
const voiceOf = ({ as, media: { duration }, waveform }: MediaPart): JsonObject => {
  if (as !== "voice") return {};
  const loud = waveform?.slice(0, 1000) ?? [];
  const top = Math.max(1, ...loud);
  return {
    "org.matrix.msc3245.voice": {},
    "org.matrix.msc1767.audio": {
      duration: Math.round(duration ?? 0),
      waveform: loud.map((value) => Math.round((Math.max(0, value) / top) * 1024)),
    },
  };
};
