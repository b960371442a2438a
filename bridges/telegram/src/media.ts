import { firstPart, type Block, type Part, type RichText } from "@bridgebox/core/adapter";
import { Api } from "./api/tl.ts";

const line = (text: string): Block => ({ t: "para", of: [{ t: "text", text }] });

/** What a message carries besides text, as a part; `undefined` where the text is all there is. */
export const partOf = (media: Api.TypeMessageMedia, caption: RichText): Part | undefined => {
  if (media instanceof Api.MessageMediaEmpty || media instanceof Api.MessageMediaWebPage) {
    return undefined;
  }
  if (media instanceof Api.MessageMediaGeo || media instanceof Api.MessageMediaVenue) {
    const name = media instanceof Api.MessageMediaVenue ? media.title : undefined;
    return location(media.geo, name) ?? unsupported("location", caption);
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
  if (media instanceof Api.MessageMediaPoll) {
    const answers = media.poll.answers.map((each) => line(`– ${each.text.text}`));
    return unsupported("poll", [line(media.poll.question.text), ...answers, ...caption]);
  }
  return unsupported(nameOf(media), caption);
};

const location = (geo: Api.TypeGeoPoint, name: string | undefined): Part | undefined => {
  if (!(geo instanceof Api.GeoPoint)) return undefined;
  const at = { id: firstPart, kind: "location", lat: geo.lat, lon: geo.long } as const;
  return name === undefined ? at : { ...at, name };
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

const nameOf = (media: Api.TypeMessageMedia): string => {
  if (media instanceof Api.MessageMediaPhoto) return "photo";
  if (media instanceof Api.MessageMediaDocument) return documentName(media);
  return media.className
    .replace(/^MessageMedia/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
};

const documentName = (media: Api.MessageMediaDocument): string => {
  if (!(media.document instanceof Api.Document)) return media.voice ? "voice message" : "file";
  const { attributes } = media.document;
  const has = (kind: new (...args: never[]) => object) =>
    attributes.some((attribute) => attribute instanceof kind);
  if (has(Api.DocumentAttributeSticker)) return "sticker";
  if (has(Api.DocumentAttributeAnimated)) return "GIF";
  const audio = attributes.find((each) => each instanceof Api.DocumentAttributeAudio);
  if (audio !== undefined) return audio.voice ? "voice message" : "audio";
  if (has(Api.DocumentAttributeVideo)) return media.round ? "video message" : "video";
  const file = attributes.find((each) => each instanceof Api.DocumentAttributeFilename);
  return file === undefined ? "file" : `file ${file.fileName}`;
};
