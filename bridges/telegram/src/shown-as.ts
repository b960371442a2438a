import type { Part } from "@bridgebox/core/adapter";
import type { MediaKind } from "./body.ts";

/** core.telegram.org/api/files: what is larger, wider or narrower is a file and no photo. */
const largestPhoto = 10_485_760;
const longestSides = 10_000;
const narrowest = 20;

const photoTypes = ["image/jpeg", "image/png", "image/webp", "image/bmp"];
const stickerTypes = ["image/webp", "video/webm", "application/x-tgsticker"];

/** As what Telegram can show a file, which may be less than what it is. */
export const shownAs = ({ as, media }: Extract<Part, { kind: "media" }>): MediaKind => {
  const mime = media.mime?.toLowerCase().replace(/;.*$/, "");
  if (as === "sticker" && mime !== undefined && stickerTypes.includes(mime)) return "sticker";
  if (as === "sticker" || as === "image") {
    if (mime === "image/gif") return "gif";
    const known = mime === undefined || photoTypes.includes(mime);
    return known && fitsPhoto(media) ? "image" : "file";
  }
  return as;
};

const fitsPhoto = (media: Extract<Part, { kind: "media" }>["media"]): boolean => {
  const { size = 0, width = 1, height = 1 } = media;
  const even = Math.max(width / height, height / width) <= narrowest;
  return size <= largestPhoto && width + height <= longestSides && even;
};
