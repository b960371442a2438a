import { ifThere } from "./asking.ts";
import { isObject, parseEvent, textAt } from "./parse.ts";
import { path } from "./path.ts";
import { type Call, type Homeserver, type JsonObject, keyField, puppetField } from "./types.ts";
import type { Wire } from "./wire.ts";

/** Clocks of two machines may differ by this much, in milliseconds. */
const clockSkew = 300_000;

/** What to look for: the `findByKey` of `Homeserver`. */
export interface Sought {
  readonly room: string;
  /** Absent: whoever of those in whose name the box speaks. */
  readonly sender: string | undefined;
  readonly key: string;
  readonly since: number;
}

/**
 * Walks `/messages` backwards through what `sender` said. Timestamps may be massaged, so a page ends
 * the walk only if everything on it is too old. Whoever is in the room can say the same again with that
 * key, so where the sender is not known the first such event counts, which is ours.
 */
export const findByKey = async (
  wire: Wire,
  sought: Sought,
  call: Call,
): Promise<string | undefined> => {
  const oldest = sought.since - clockSkew;
  let from: string | undefined;
  let first: string | undefined;
  for (;;) {
    const page = await wire.json(pageOf(sought, from), call);
    const chunk = Array.isArray(page["chunk"]) ? page["chunk"] : [];
    let newest = chunk.length === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    for (const item of chunk) {
      const event = parseEvent(item);
      if (typeof event === "string") continue;
      newest = Math.max(newest, event.origin_server_ts);
      if (keyOf(event.content) !== sought.key) continue;
      if (event.sender === sought.sender) return event.event_id;
      if (sought.sender === undefined && puppetField in event.content) first = event.event_id;
    }
    const end = textAt(page, "end");
    if (end === undefined || end === from || newest < oldest) return first;
    from = end;
  }
};

/** Pages of reactions that are looked through; a message with more of them is not worth the calls. */
const mostPages = 20;

/** The annotation of an event by one user with one key: the `findAnnotation` of `Homeserver`. */
export const findAnnotation = async (
  wire: Wire,
  what: Parameters<Homeserver["findAnnotation"]>[0],
  call: Call,
): Promise<string | undefined> => {
  let from: string | undefined;
  for (let round = 0; round < mostPages; round += 1) {
    const page = await ifThere(
      wire,
      {
        does: "look for a reaction",
        method: "GET",
        path: path`/_matrix/client/v1/rooms/${what.room}/relations/${what.event}/m.annotation/m.reaction`,
        query: { limit: "100", from },
      },
      call,
      [403, 404],
    );
    const chunk = page && Array.isArray(page["chunk"]) ? page["chunk"] : [];
    for (const item of chunk) {
      const event = parseEvent(item);
      if (typeof event === "string" || event.sender !== what.sender) continue;
      const relation = event.content["m.relates_to"];
      if (isObject(relation) && textAt(relation, "key") === what.key) return event.event_id;
    }
    from = page && textAt(page, "next_batch");
    if (from === undefined) return undefined;
  }
  return undefined;
};

const pageOf = ({ room, sender }: Sought, from: string | undefined) => ({
  does: "look for an event that was sent before",
  method: "GET" as const,
  path: path`/_matrix/client/v3/rooms/${room}/messages`,
  query: {
    dir: "b",
    limit: "100",
    filter: sender === undefined ? undefined : JSON.stringify({ senders: [sender] }),
    from,
  },
});

/** K, also where an edit carries it in its new content only. */
const keyOf = (content: JsonObject): string | undefined => {
  const inside = content["m.new_content"];
  return textAt(content, keyField) ?? (isObject(inside) ? textAt(inside, keyField) : undefined);
};
