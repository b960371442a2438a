import type { ChatFeatures, Json, MediaRef, RichText } from "../../adapter/index.ts";
import { parseMxc } from "../../matrix/mxc.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { fromPlain } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { fileName, inUnits, mimeOf } from "../media/names.ts";
import type { MediaPart } from "../media/names.ts";
import { publicUrl } from "../media/session-media.ts";
import { notBridged } from "../turn.ts";
import type { Settlement } from "../turn.ts";
import type { Works } from "../works.ts";

type As = MediaPart["as"];

/** A file in an event; `locked`: it is encrypted, so that only its name can be passed on. */
export interface FileIn {
  readonly part: Omit<MediaPart, "id" | "kind" | "caption">;
  /** The body is a caption, not the name (spec 1.10). */
  readonly captioned: boolean;
  readonly locked: boolean;
}

/** How long a link to a file in a text lives: as long as people read back, in milliseconds. */
const linkLife = 30 * 24 * 3_600_000;

/** The file that an event of that kind shows; nothing if it is of another kind. */
export const fileIn = (kind: string, body: JsonObject): FileIn | undefined => {
  const as = asOf(kind, body);
  if (as === undefined) return undefined;
  const info = objectAt(body, "info");
  const sealed = objectAt(body, "file");
  const filename = textAt(body, "filename");
  const mime = mimeOf(textAt(info, "mimetype"));
  const named = { name: filename ?? textAt(body, "body") ?? "", mime };
  const media: MediaRef = {
    locator: { mxc: textAt(body, "url") ?? textAt(sealed, "url") ?? "" },
    name: fileName(named, as),
    mime,
    ...numbers(info, { size: "size", width: "w", height: "h", duration: "duration" }),
    ...thumbnailIn(info),
  };
  const waveform = objectAt(body, "org.matrix.msc1767.audio")["waveform"];
  return {
    part: {
      as,
      media,
      ...(isSpoiler(body) ? { spoiler: true } : {}),
      ...(Array.isArray(waveform) && as === "voice" ? { waveform: loudness(waveform) } : {}),
    },
    captioned: kind !== "m.sticker" && filename !== undefined && filename !== body["body"],
    locked: Object.hasOwn(body, "file") && !Object.hasOwn(body, "url"),
  };
};

const asOf = (kind: string, body: JsonObject): As | undefined => {
  const info = objectAt(body, "info");
  switch (kind) {
    case "m.sticker":
      return "sticker";
    case "m.image":
      return info["fi.mau.gif"] === true || info["mimetype"] === "image/gif" ? "gif" : "image";
    case "m.video":
      if (info["fi.mau.round_video"] === true) return "round";
      return info["fi.mau.gif"] === true ? "gif" : "video";
    case "m.audio":
      return voiceKeys.some((key) => Object.hasOwn(body, key)) ? "voice" : "audio";
    case "m.file":
      return "file";
    default:
      return undefined;
  }
};

const voiceKeys = ["org.matrix.msc3245.voice", "org.matrix.msc3245.voice.v2", "m.voice"];

const isSpoiler = (body: JsonObject): boolean =>
  body["page.codeberg.everypizza.msc4193.spoiler"] === true || body["m.spoiler"] === true;

const objectAt = (from: JsonObject, key: string): JsonObject => {
  const value = from[key];
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
};

const textAt = (from: JsonObject, key: string): string | undefined => {
  const value = from[key];
  return typeof value === "string" ? value : undefined;
};

const loudness = (waveform: readonly Json[]): readonly number[] =>
  waveform
    .slice(0, 1000)
    .flatMap((value) =>
      typeof value === "number" ? [Math.min(1024, Math.max(0, Math.round(value)))] : [],
    );

type Measure = "size" | "width" | "height" | "duration";

/** Whole numbers that somebody else wrote down; what is none is left out. */
const numbers = (
  info: JsonObject,
  names: Partial<Record<Measure, string>>,
): Partial<Record<Measure, number>> => {
  const found: Partial<Record<Measure, number>> = {};
  const measures: readonly Measure[] = ["size", "width", "height", "duration"];
  for (const measure of measures) {
    const value = info[names[measure] ?? ""];
    if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER)
      found[measure] = Math.round(value);
  }
  return found;
};

const thumbnailIn = (info: JsonObject): { readonly thumbnail?: MediaRef } => {
  const mxc = textAt(info, "thumbnail_url");
  if (mxc === undefined || parseMxc(mxc) === undefined) return {};
  const about = objectAt(info, "thumbnail_info");
  return {
    thumbnail: {
      locator: { mxc },
      mime: mimeOf(textAt(about, "mimetype")),
      ...numbers(about, { size: "size", width: "w", height: "h" }),
    },
  };
};

/** As what a file can go where its own kind cannot. */
const instead: Readonly<Record<As, readonly As[]>> = {
  image: ["file"],
  video: ["file"],
  audio: ["file"],
  file: [],
  sticker: ["image", "file"],
  gif: ["video", "image", "file"],
  voice: ["audio", "file"],
  round: ["video", "file"],
};

/** The kind that the chat takes it as, and its limits; nothing: it takes no such thing. */
const taken = (
  { parts, media }: ChatFeatures,
  { as, media: { mime } }: FileIn["part"],
): { readonly as: As; readonly max: number; readonly caption: number } | undefined => {
  if (!parts.includes("media")) return undefined;
  for (const each of [as, ...instead[as]]) {
    const limits = media[each];
    if (limits === undefined) continue;
    if (as === "gif" && each !== "gif" && each !== "file" && !mime?.startsWith(`${each}/`))
      continue;
    return { as: each, ...limits };
  }
  return undefined;
};

/** What a chat gets of a file: the file, or a text in its place, or nothing, with the reason. */
export type Offer =
  | { readonly part: Omit<MediaPart, "id">; readonly captionMost: number }
  | { readonly text: RichText }
  | Settlement;

/** Limits are checked before a byte is fetched; where the chat takes no such file, a link stands for it. */
export const offer = (
  works: Works,
  portal: Portal,
  { file: { part, locked }, caption }: { readonly file: FileIn; readonly caption: RichText },
): Offer => {
  if (locked) return { text: inWords(part, "it is encrypted, which cannot be read yet", caption) };
  const { mxc } = part.media.locator as { readonly mxc: string };
  if (parseMxc(mxc) === undefined) return notBridged("invalid", "the event names no file.");
  const features = portal.info?.features;
  const limits = features && taken(features, part);
  if (limits === undefined) return { text: linked(works, part, caption) };
  const { settings } = works.box;
  const most = Math.min(limits.max, settings.mediaMost);
  if (part.media.size !== undefined && part.media.size > most) {
    const whose = most < settings.mediaMost ? "that chat" : "this bridge";
    return notBridged(
      "too_large",
      `it is ${inUnits(part.media.size)}, and ${whose} takes files up to ${inUnits(most)}.`,
    );
  }
  const media = { ...part.media, locator: { mxc, most } };
  return {
    part: {
      ...part,
      kind: "media",
      as: limits.as,
      media,
      ...(caption.length === 0 ? {} : { caption }),
    },
    captionMost: limits.caption,
  };
};

/** Where a file can be fetched, for people of a network that takes none. */
const linked = (works: Works, part: FileIn["part"], caption: RichText): RichText => {
  const url = publicUrl(works, part.media, linkLife);
  const { name = part.as, size } = part.media;
  if (url === undefined)
    return inWords(
      part,
      "files are not passed on here, and the bridge has no public address for links",
      caption,
    );
  const about = size === undefined ? part.as : `${part.as}, ${inUnits(size)}`;
  return [
    {
      t: "para",
      of: [
        { t: "text", text: `${name} (${about}): ` },
        { t: "link", url, of: [{ t: "text", text: url }] },
      ],
    },
    ...caption,
  ];
};

const inWords = ({ as, media }: FileIn["part"], why: string, caption: RichText): RichText => [
  ...fromPlain(`[${as}: ${media.name ?? as} – ${why}]`),
  ...caption,
];
