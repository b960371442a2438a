import type { Json } from "../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "./types.ts";

/** Nesting beyond this is nobody's message: it only breaks recursive readers further on. */
export const deepest = 100;

/** Identifiers are at most 255 bytes in the specification; old rooms may have longer ones. */
export const longestId = 1024;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** True if the value nests deeper than `levels`. Iterative, so that no nesting can end the process. */
export const isDeeper = (value: unknown, levels: number): boolean => {
  let layer: unknown[] = [value];
  for (let depth = 0; layer.length > 0; depth += 1) {
    const below: unknown[] = [];
    for (const each of layer) {
      if (typeof each !== "object" || each === null) continue;
      if (depth >= levels) return true;
      for (const child of Object.values(each)) {
        if (typeof child === "object" && child !== null) below.push(child);
      }
    }
    layer = below;
  }
  return false;
};

/**
 * An event of these types and these fields only, or why it is none. The copy is made field by field,
 * so that nothing unknown is stored. `__proto__` in content stays an ordinary key, as JSON.parse
 * makes it.
 */
export const parseEvent = (value: unknown): MatrixEvent | string => {
  if (!isObject(value)) return "it is not an object";
  const { event_id, type, room_id, sender, content, state_key, origin_server_ts } = value;
  if (!isId(event_id)) return "event_id is missing or no id";
  if (!isId(type)) return "type is missing or no text";
  if (!isId(room_id)) return "room_id is missing or no id";
  if (!isId(sender)) return "sender is missing or no id";
  if (!isObject(content)) return "content is missing or no object";
  if (state_key !== undefined && typeof state_key !== "string") return "state_key is no text";
  if (!Number.isSafeInteger(origin_server_ts)) return "origin_server_ts is missing or no number";
  const { unsigned } = value;
  const redacts =
    value["redacts"] ?? (type === "m.room.redaction" ? content["redacts"] : undefined);
  if (isDeeper(content, deepest) || isDeeper(unsigned, deepest)) return "it is nested too deeply";
  return {
    event_id,
    type,
    room_id,
    sender,
    content,
    origin_server_ts: Number(origin_server_ts),
    ...(state_key === undefined ? {} : { state_key }),
    ...(isId(redacts) ? { redacts } : {}),
    ...(isObject(unsigned) ? { unsigned } : {}),
  };
};

/** Ill-formed text is no id: stores and other servers would take two of them for one. */
const isId = (value: Json | undefined): value is string =>
  typeof value === "string" && value !== "" && value.length <= longestId && value.isWellFormed();

/** Text from outside as a log line or a sentence may show it: one line, short, no control characters. */
export const tame = (text: string, longest = 200): string =>
  text
    .slice(0, longest)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");

/** The text at `key`, if it is one. */
export const textAt = (object: JsonObject, key: string): string | undefined => {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
};
