import type { MediaRef } from "@bridgebox/core/adapter";
import { Api, given, long } from "./api/tl.ts";
import type { Item, What } from "./body.ts";
import { fileName } from "./file-name.ts";
import { optionBytes } from "./polls.ts";
import { packWaveform } from "./waveform.ts";

/** A file that was uploaded, as what it is to be shown. */
export const inputFileMedia = (
  item: Item,
  {
    ref,
    file,
    ttl,
  }: {
    readonly ref: MediaRef;
    readonly file: Api.TypeInputFile;
    readonly ttl?: number | undefined;
  },
): Api.InputMediaUploadedPhoto | Api.InputMediaUploadedDocument => {
  const spoiler = item.spoiler === true ? true : undefined;
  const common = { file, spoiler, ttlSeconds: ttl };
  if (item.as === "image") return new Api.InputMediaUploadedPhoto(given(common));
  return new Api.InputMediaUploadedDocument(
    given({
      ...common,
      mimeType: mimeOf(item, ref),
      attributes: attributesOf(item, ref),
      forceFile: item.as === "file" ? true : undefined,
      nosoundVideo: item.as === "gif" ? true : undefined,
    }),
  );
};

const mimes: Readonly<Record<Item["as"], string>> = {
  image: "image/jpeg",
  video: "video/mp4",
  round: "video/mp4",
  gif: "video/mp4",
  audio: "audio/mpeg",
  voice: "audio/ogg",
  sticker: "image/webp",
  file: "application/octet-stream",
};

/** The type without what stands behind it, such as codecs; what is none is not passed on. */
const mimeOf = ({ as }: Item, { mime = "" }: MediaRef): string => {
  const bare = mime.toLowerCase().replace(/\s*;.*$/s, "");
  return /^[\w.+-]+\/[\w.+-]+$/.test(bare) ? bare : mimes[as];
};

const attributesOf = (item: Item, ref: MediaRef): Api.TypeDocumentAttribute[] => {
  const { width: w, height: h } = ref;
  const seconds = (ref.duration ?? 0) / 1000;
  const size = w === undefined || h === undefined ? undefined : { w, h };
  const named: Api.TypeDocumentAttribute[] =
    ref.name === undefined
      ? []
      : [new Api.DocumentAttributeFilename({ fileName: fileName(ref.name) })];
  switch (item.as) {
    case "video":
      return [...named, film({ ...size, seconds, supportsStreaming: true })];
    case "round":
      return [film({ ...size, seconds, roundMessage: true })];
    case "gif":
      return [...named, film({ ...size, seconds }), new Api.DocumentAttributeAnimated()];
    case "audio":
      return [...named, new Api.DocumentAttributeAudio({ duration: Math.round(seconds) })];
    case "voice":
      return [voice(Math.round(seconds), item.waveform)];
    case "sticker":
      return [
        ...(size === undefined ? [] : [new Api.DocumentAttributeImageSize(size)]),
        new Api.DocumentAttributeSticker({ alt: "", stickerset: new Api.InputStickerSetEmpty() }),
        ...named,
      ];
    default:
      return named;
  }
};

const film = ({
  w = 0,
  h = 0,
  seconds: duration,
  ...more
}: {
  readonly w?: number;
  readonly h?: number;
  readonly seconds: number;
  readonly supportsStreaming?: true;
  readonly roundMessage?: true;
}): Api.DocumentAttributeVideo => new Api.DocumentAttributeVideo({ duration, w, h, ...more });

const voice = (
  duration: number,
  waveform: readonly number[] | undefined,
): Api.DocumentAttributeAudio =>
  new Api.DocumentAttributeAudio(
    given({
      voice: true,
      duration,
      waveform: waveform === undefined ? undefined : packWaveform(waveform),
    }),
  );

/** Seconds that a place can move: at least a minute, at most a day. */
const periods = { least: 60, most: 86_400 } as const;

/** What Telegram has a word for and needs no file. */
export const inputMediaFor = (
  what: Exclude<What, { kind: "media" }>,
  { broadcast }: { readonly broadcast: boolean },
): Api.TypeInputMedia => {
  switch (what.kind) {
    case "place":
      return place(what);
    case "contact": {
      const { phone, first, last, vcard } = what;
      return new Api.InputMediaContact({
        phoneNumber: phone,
        firstName: first,
        lastName: last,
        vcard,
      });
    }
    case "poll":
      return new Api.InputMediaPoll({ poll: poll(what, broadcast) });
  }
};

const place = (what: Extract<What, { kind: "place" }>): Api.TypeInputMedia => {
  const geoPoint = new Api.InputGeoPoint({ lat: what.lat, long: what.lon });
  if (what.until !== undefined) {
    const seconds = Math.round((what.until - Date.now()) / 1000);
    const period = Math.min(periods.most, Math.max(periods.least, seconds));
    return new Api.InputMediaGeoLive({ geoPoint, period });
  }
  if (what.name === undefined) return new Api.InputMediaGeoPoint({ geoPoint });
  const venue = { title: what.name, address: "", provider: "", venueId: "", venueType: "" };
  return new Api.InputMediaVenue({ geoPoint, ...venue });
};

/** Where a live place is now, or that it moves no more. */
export const movedPlace = ({ lat, lon, until }: Extract<What, { kind: "place" }>) => {
  const over = until === undefined || until <= Date.now();
  const geoPoint = over ? new Api.InputGeoPointEmpty() : new Api.InputGeoPoint({ lat, long: lon });
  return new Api.InputMediaGeoLive({ geoPoint, ...(over ? { stopped: true } : {}) });
};

/** A poll closes by itself within this time, or not at all. */
const closing = { least: 5_000, most: 600_000 } as const;

/** Votes are open where the chat allows it, as they are here. */
const poll = (what: Extract<What, { kind: "poll" }>, broadcast: boolean): Api.Poll => {
  const left = what.closesAt === undefined ? 0 : what.closesAt - Date.now();
  const closes = left >= closing.least && left <= closing.most && what.closesAt !== undefined;
  return new Api.Poll(
    given({
      id: long(0),
      question: plain(what.question),
      answers: what.options.map(
        ({ id, text }, index) =>
          new Api.PollAnswer({
            text: plain(text),
            option: optionBytes(id) ?? Buffer.from(String(index)),
          }),
      ),
      publicVoters: broadcast ? undefined : true,
      multipleChoice: what.multiple ? true : undefined,
      closeDate: closes ? Math.round((what.closesAt ?? 0) / 1000) : undefined,
    }),
  );
};

const plain = (text: string): Api.TextWithEntities =>
  new Api.TextWithEntities({ text, entities: [] });
