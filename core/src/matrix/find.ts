import { isObject, parseEvent, textAt } from "./parse.ts";
import { path } from "./path.ts";
import { type Call, type JsonObject, keyField } from "./types.ts";
import type { Wire } from "./wire.ts";

/** Clocks of two machines may differ by this much, in milliseconds. */
const clockSkew = 300_000;

/** What to look for: the `findByKey` of `Homeserver`. */
export interface Sought {
  readonly room: string;
  readonly sender: string;
  readonly key: string;
  readonly since: number;
}

/**
 * Walks `/messages` backwards through what `sender` said. Timestamps may be massaged, so a page ends
 * the walk only if everything on it is too old.
 */
export const findByKey = async (
  wire: Wire,
  sought: Sought,
  call: Call,
): Promise<string | undefined> => {
  const oldest = sought.since - clockSkew;
  let from: string | undefined;
  for (;;) {
    const page = await wire.json(pageOf(sought, from), call);
    const chunk = Array.isArray(page["chunk"]) ? page["chunk"] : [];
    let newest = chunk.length === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    for (const item of chunk) {
      const event = parseEvent(item);
      if (typeof event === "string") continue;
      newest = Math.max(newest, event.origin_server_ts);
      if (event.sender === sought.sender && keyOf(event.content) === sought.key) {
        return event.event_id;
      }
    }
    const end = textAt(page, "end");
    if (end === undefined || end === from || newest < oldest) return undefined;
    from = end;
  }
};

const pageOf = (sought: Sought, from: string | undefined) => ({
  does: "look for an event that was sent before",
  method: "GET" as const,
  path: path`/_matrix/client/v3/rooms/${sought.room}/messages`,
  query: { dir: "b", limit: "100", filter: JSON.stringify({ senders: [sought.sender] }), from },
});

/** K, also where an edit carries it in its new content only. */
const keyOf = (content: JsonObject): string | undefined => {
  const inside = content["m.new_content"];
  return textAt(content, keyField) ?? (isObject(inside) ? textAt(inside, keyField) : undefined);
};
