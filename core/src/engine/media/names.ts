import type { MediaRef, Part } from "../../adapter/index.ts";
import { cleanName } from "../../richtext/index.ts";

export type MediaPart = Extract<Part, { kind: "media" }>;

const extensions: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg",
  "image/gif": "gif",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "text/plain": "txt",
  "video/mp4": "mp4",
  "video/webm": "webm",
};

/** A file name from outside as it may be shown and stored: no path, nothing invisible, not empty. */
export const fileName = (
  { name, mime }: Pick<MediaRef, "name" | "mime">,
  as: MediaPart["as"],
): string => {
  const clean = cleanName((name ?? "").replaceAll(/[/\\]/g, "_"), 120).replace(/^\.+/, "");
  if (clean !== "") return clean;
  const extension = extensions[mime ?? ""];
  return extension === undefined ? as : `${as}.${extension}`;
};

/** A media type from outside, or the one that says nothing. */
export const mimeOf = (...candidates: readonly (string | undefined)[]): string => {
  for (const candidate of candidates) {
    const essence = candidate?.split(";")[0]?.trim().toLowerCase();
    if (essence !== undefined && /^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(essence)) return essence;
  }
  return "application/octet-stream";
};

/** Bytes as people read them. */
export const inUnits = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} bytes`;
  const [unit, size] =
    bytes < 1024 * 1024 ? (["KiB", 1024] as const) : (["MiB", 1_048_576] as const);
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
};
