import { firstPart } from "../../adapter/index.ts";
import type { Json, Part, RichText } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { paragraphs } from "../../richtext/index.ts";
import { isPollType, readPoll } from "../poll.ts";

/** A part that is no text and no file, and the words that stand for it where it is not taken. */
export interface Kind {
  readonly part: Part;
  readonly words: RichText;
}

/** What a Matrix event is beside a text or a file; `undefined`: neither a poll nor a place. */
export const kindOf = (event: MatrixEvent, body: JsonObject): Kind | undefined => {
  if (isPollType(event.type, "start")) return poll(body);
  return body["msgtype"] === "m.location" ? place(body) : undefined;
};

const poll = (body: JsonObject): Kind | undefined => {
  const { part } = readPoll(body) ?? {};
  if (part === undefined) return undefined;
  const lines = part.options.map(({ id, text }) => `${id}. ${text}`);
  return { part, words: paragraphs([`Poll: ${part.question}`, ...lines].join("\n")) };
};

const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;

const object = (value: Json | undefined): JsonObject | undefined =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;

const longestName = 200;

/** A place by its `geo:` address (RFC 5870), as `m.location` and MSC3488 have it. */
const place = (body: JsonObject): Kind | undefined => {
  const told = object(body["org.matrix.msc3488.location"] ?? body["m.location"]);
  const uri = text(body["geo_uri"]) ?? text(told?.["uri"]) ?? "";
  const [, north = "", east = ""] =
    /^geo:(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)(?:[,;]|$)/.exec(uri) ?? [];
  const [lat, lon] = [Number(north), Number(east)];
  if (north === "" || Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined;
  const said = text(body["body"]);
  const named = text(told?.["description"]) ?? (said?.includes("geo:") ? undefined : said);
  const name = named?.replaceAll(/\s+/g, " ").slice(0, longestName);
  const part: Part = {
    id: firstPart,
    kind: "location",
    lat,
    lon,
    ...(name === undefined ? {} : { name }),
  };
  const map = `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
  const link = { t: "link", url: map, of: [{ t: "text", text: map }] } as const;
  const words = { t: "text", text: `${name ?? "Location"} (${lat},${lon}): ` } as const;
  return { part, words: [{ t: "para", of: [words, link] }] };
};
