import { partId } from "@bridgebox/core/adapter";
import type { ChatRef, MediaRef, MessageId, Part } from "@bridgebox/core/adapter";
import { MessageFlags, StickerFormatType } from "discord.js";
import type { APIAttachment, APIMessage, APIStickerItem, APIUser } from "discord.js";
import { cdn } from "./config.ts";
import { isId } from "./wire.ts";

/** Where a message's files are looked for again when their links have ended. */
export interface Owner {
  readonly chat: ChatRef;
  readonly message: MessageId;
}

type Media = Extract<Part, { kind: "media" }>;

const kindOf = (mime: string): Media["as"] => {
  if (mime.startsWith("image/")) return "image";
  if (mime.startsWith("video/")) return "video";
  return mime.startsWith("audio/") ? "audio" : "file";
};

const seconds = (given: number | undefined): { readonly duration?: number } =>
  given === undefined ? {} : { duration: Math.round(given * 1000) };

/** A file of a message. Its part is named after it, so that an edit can take it away. */
export const attachmentPart = (file: APIAttachment, owner: Owner, flags: number): Media => {
  const mime = file.content_type?.split(";")[0] ?? "application/octet-stream";
  const voice = (flags & MessageFlags.IsVoiceMessage) !== 0;
  const part = partId(file.id);
  const { width, height } = file;
  const media: MediaRef = {
    locator: { kind: "attachment", id: file.id, url: file.url },
    of: { ...owner, part },
    name: file.filename.replace(/^SPOILER_/, ""),
    mime,
    size: file.size,
    ...(typeof width === "number" && typeof height === "number" ? { width, height } : {}),
    ...seconds(file.duration_secs),
  };
  return {
    id: part,
    kind: "media",
    as: voice ? "voice" : kindOf(mime),
    media,
    ...(file.filename.startsWith("SPOILER_") ? { spoiler: true } : {}),
    ...(voice && file.waveform !== undefined ? { waveform: waveOf(file.waveform) } : {}),
  };
};

/** Bytes of 0 to 255, in base64, as levels of 0 to 1024. */
const waveOf = (base64: string): readonly number[] =>
  Array.from(Buffer.from(base64, "base64").subarray(0, 256), (level) =>
    Math.round((level / 255) * 1024),
  );

/** Levels of any height as Discord has them: at most 256 bytes, in base64. */
export const toWave = (levels: readonly number[]): string => {
  const most = Math.max(1, ...levels);
  const count = Math.min(levels.length, 256);
  const picked = Array.from(
    { length: count },
    (_, at) => levels[Math.floor((at * levels.length) / count)] ?? 0,
  );
  const bytes = picked.map((level) => Math.round((Math.max(0, level) / most) * 255));
  return Buffer.from(bytes.length > 0 ? bytes : [0]).toString("base64");
};

/**
 * A sticker, as its picture; of a vector animation (Lottie) there is none at Discord: it is named, with a
 * link to its file.
 */
export const stickerPart = ({ id, name, format_type: format }: APIStickerItem): Part => {
  const part = partId(id);
  if (format === StickerFormatType.Lottie) {
    const said = `Sticker: ${name} (an animation that Discord alone can show)`;
    const text = [{ t: "para", of: [{ t: "text", text: said }] }] as const;
    const link = isId(id) ? { link: `${cdn}/stickers/${id}.json` } : {};
    return { id: part, kind: "unsupported", what: "sticker", text, ...link };
  }
  const gif = format === StickerFormatType.GIF;
  const path = `/stickers/${id}.${gif ? "gif" : "png"}`;
  const mime = gif ? "image/gif" : "image/png";
  const media = { locator: { kind: "file", path }, name, mime, width: 160, height: 160 };
  return { id: part, kind: "media", as: "sticker", media };
};

const hash = /^(?:a_)?[0-9a-f]{32}$/;

/** docs.discord.com/developers/reference#image-formatting-cdn-endpoints */
const picture = (folder: string, name: string | null | undefined): MediaRef | null =>
  typeof name === "string" && hash.test(name)
    ? { locator: { kind: "file", path: `/${folder}/${name}.png?size=256` }, mime: "image/png" }
    : null;

export const avatarOf = ({ id, avatar }: Pick<APIUser, "id" | "avatar">): MediaRef | null =>
  picture(`avatars/${id}`, avatar);

export const iconOf = (guild: {
  readonly id: string;
  readonly icon: string | null;
}): MediaRef | null => picture(`icons/${guild.id}`, guild.icon);

/** What of a message may hold files: also what it forwards. */
export const filesIn = (message: APIMessage): readonly APIAttachment[] => [
  ...message.attachments,
  ...(message.message_snapshots ?? []).flatMap((one) => one.message.attachments ?? []),
];
