import { BridgeError, type Draft, type Json, type Part } from "@bridgebox/core/adapter";
import { parseMark, type Marked } from "./marks.ts";

/** A draft's body, as the core stores it: text, and what goes along with it. */
export interface Body extends Marked {
  readonly replyTo?: number;
  readonly what?: What;
}

/** What a message is besides text. The files of `media` are the draft's, in the same order. */
export type What =
  | { readonly kind: "media"; readonly items: readonly Item[]; readonly ttl?: number }
  | {
      readonly kind: "place";
      readonly lat: number;
      readonly lon: number;
      readonly name?: string;
      /** Milliseconds since 1970: how long it moves. */
      readonly until?: number;
    }
  | {
      readonly kind: "contact";
      readonly phone: string;
      readonly first: string;
      readonly last: string;
      readonly vcard: string;
    }
  | {
      readonly kind: "poll";
      readonly question: string;
      readonly options: readonly { readonly id: string; readonly text: string }[];
      readonly multiple: boolean;
      readonly closesAt?: number;
    };

export type MediaKind = Extract<Part, { kind: "media" }>["as"];

/** One file of a message; in an album each has its caption. */
export interface Item extends Marked {
  readonly as: MediaKind;
  readonly spoiler?: boolean;
  readonly waveform?: readonly number[];
}

export const bodyToJson = ({ text, marks, replyTo, what }: Body): Json => ({
  text,
  marks: marks.map((mark): Json => ({ ...mark })),
  ...(replyTo === undefined ? {} : { replyTo }),
  ...(what === undefined ? {} : { what: whatToJson(what) }),
});

const whatToJson = (what: What): Json => {
  if (what.kind === "poll") return { ...what, options: what.options.map((each) => ({ ...each })) };
  if (what.kind !== "media") return { ...what };
  return {
    ...what,
    items: what.items.map(({ marks, waveform, ...item }): Json => ({
      ...item,
      marks: marks.map((mark): Json => ({ ...mark })),
      ...(waveform === undefined ? {} : { waveform: [...waveform] }),
    })),
  };
};

/** What was stored by this or an earlier version; anything else is nothing. */
export const bodyFromJson = (value: Json): Body | undefined => {
  const fields = fieldsOf(value);
  const marked = fields && markedFrom(fields);
  if (fields === undefined || marked === undefined) return undefined;
  const replyTo = fields.get("replyTo");
  const stored = fields.get("what");
  const what = stored === undefined ? undefined : whatFromJson(stored);
  if (stored !== undefined && what === undefined) return undefined;
  return {
    ...marked,
    ...(typeof replyTo === "number" ? { replyTo } : {}),
    ...(what === undefined ? {} : { what }),
  };
};

type Stored = ReadonlyMap<string, Json>;

const fieldsOf = (value: Json): Stored | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;

const markedFrom = (fields: Stored): Marked | undefined => {
  const text = fields.get("text");
  const list = fields.get("marks");
  if (typeof text !== "string") return undefined;
  const marks: readonly Json[] = Array.isArray(list) ? list : [];
  return { text, marks: marks.flatMap((each) => parseMark(each) ?? []) };
};

const texts = (fields: Stored, ...keys: string[]): readonly string[] =>
  keys.map((key) => {
    const value = fields.get(key);
    return typeof value === "string" ? value : "";
  });

const contactKeys = ["phone", "first", "last", "vcard"];

const whatFromJson = (value: Json): What | undefined => {
  const fields = fieldsOf(value);
  switch (fields?.get("kind")) {
    case "media":
      return mediaFrom(fields);
    case "place":
      return placeFrom(fields);
    case "contact": {
      const [phone = "", first = "", last = "", vcard = ""] = texts(fields, ...contactKeys);
      return { kind: "contact", phone, first, last, vcard };
    }
    case "poll":
      return pollFrom(fields);
    default:
      return undefined;
  }
};

const placeFrom = (fields: Stored): What | undefined => {
  const [lat, lon, name, until] = ["lat", "lon", "name", "until"].map((key) => fields.get(key));
  if (typeof lat !== "number" || typeof lon !== "number") return undefined;
  return {
    kind: "place",
    lat,
    lon,
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof until === "number" ? { until } : {}),
  };
};

const pollFrom = (fields: Stored): What => {
  const [question = ""] = texts(fields, "question");
  const closesAt = fields.get("closesAt");
  const options = listOf(fields.get("options")).map((each) => {
    const [id = "", text = ""] = texts(each, "id", "text");
    return { id, text };
  });
  return {
    kind: "poll",
    question,
    options,
    multiple: fields.get("multiple") === true,
    ...(typeof closesAt === "number" ? { closesAt } : {}),
  };
};

const mediaFrom = (fields: Stored): What => {
  const ttl = fields.get("ttl");
  const items = listOf(fields.get("items")).flatMap((each) => itemFrom(each) ?? []);
  return { kind: "media", items, ...(typeof ttl === "number" ? { ttl } : {}) };
};

const kinds = ["image", "video", "audio", "file", "sticker", "gif", "voice", "round"] as const;

const itemFrom = (fields: Stored): Item | undefined => {
  const as = kinds.find((kind) => kind === fields.get("as"));
  const marked = markedFrom(fields);
  if (as === undefined || marked === undefined) return undefined;
  const waveform = fields.get("waveform");
  return {
    ...marked,
    as,
    ...(fields.get("spoiler") === true ? { spoiler: true } : {}),
    ...(Array.isArray(waveform)
      ? { waveform: waveform.filter((each) => typeof each === "number") }
      : {}),
  };
};

const listOf = (value: Json | undefined): readonly Stored[] => {
  const list: readonly Json[] = Array.isArray(value) ? value : [];
  return list.flatMap((each) => fieldsOf(each) ?? []);
};

/** The body of a draft that is to be sent; an empty one is refused before it leaves. */
export const bodyOf = (draft: Draft, what: string): Body => {
  const body = bodyFromJson(draft.body);
  if (body !== undefined && (body.text !== "" || body.what !== undefined)) return body;
  throw new BridgeError("invalid", `${what}: there is no text in it.`, {
    reached: "no",
    scope: "item",
  });
};
