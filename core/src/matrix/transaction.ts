import { type Ephemeral, type MatrixEvent } from "./types.ts";
import { deepest, isDeeper, isObject, parseEvent, textAt } from "./parse.ts";

/** One transaction, judged: what is in `events` may be stored. */
export interface Transaction {
  readonly events: readonly MatrixEvent[];
  /** Why some were left out, one reason each. */
  readonly skipped: readonly string[];
  readonly ephemeral: readonly Ephemeral[];
}

const stableKey = "ephemeral";
const legacyKey = "de.sorunome.msc2409.ephemeral";

/** A string says why the body is no transaction. */
export const parseTransaction = (body: unknown): Transaction | string => {
  if (!isObject(body)) return "The transaction is no object.";
  const { events } = body;
  if (!Array.isArray(events)) return "events is missing or no array.";
  const passed: MatrixEvent[] = [];
  const skipped: string[] = [];
  for (const value of events) {
    const event = parseEvent(value);
    if (typeof event === "string") skipped.push(event);
    else passed.push(event);
  }
  return { events: passed, skipped, ephemeral: parseEphemeral(body[stableKey] ?? body[legacyKey]) };
};

/** Servers send the same list under both keys (spec 1.13 and MSC2409): it is read once. */
const parseEphemeral = (value: unknown): Ephemeral[] => {
  if (!Array.isArray(value)) return [];
  const list: Ephemeral[] = [];
  for (const item of value) {
    if (!isObject(item)) continue;
    const type = textAt(item, "type");
    const { content } = item;
    if (type === undefined || !isObject(content) || isDeeper(content, deepest)) continue;
    list.push({ type, room: textAt(item, "room_id"), sender: textAt(item, "sender"), content });
  }
  return list;
};
