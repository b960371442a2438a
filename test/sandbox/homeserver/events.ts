import { randomBytes } from "node:crypto";
import type { Json } from "./json.ts";

/** An event in the form clients and appservices see. */
export type ClientEvent = {
  event_id: string;
  room_id: string;
  type: string;
  sender: string;
  origin_server_ts: number;
  content: Json;
  state_key?: string;
  redacts?: string;
  unsigned?: Json;
};

/** What a sender asks for, before the homeserver gives it an id and a place. */
export type Draft = {
  type: string;
  sender: string;
  content: Json;
  stateKey?: string | undefined;
  redacts?: string | undefined;
  /** `?ts=` of an appservice (timestamp massaging): changes the time shown, never the order. */
  ts?: number | undefined;
  transaction?: Transaction | undefined;
  /** Set for the first event of a room version 12 room, whose id is the room's. */
  eventId?: string | undefined;
};

/** Whose transaction id made the event: it is shown back to that device alone (`unsigned.transaction_id`). */
export type Transaction = { owner: string; id: string };

/** An event in its room, with its place in the one stream of the server. */
export type StoredEvent = {
  readonly position: number;
  event: ClientEvent;
  readonly transaction: Transaction | undefined;
  readonly replaced: StoredEvent | undefined;
  redactedBy?: ClientEvent;
};

/** Fresh event ids in the form of room versions 4 and later. */
export function newEventId(): string {
  return `$${randomBytes(32).toString("base64url")}`;
}

const KEPT_IN_CONTENT: Readonly<Record<string, readonly string[]>> = {
  "m.room.member": ["membership", "join_authorised_via_users_server"],
  "m.room.join_rules": ["join_rule", "allow"],
  "m.room.history_visibility": ["history_visibility"],
  "m.room.redaction": ["redacts"],
  "m.room.power_levels": [
    "ban",
    "events",
    "events_default",
    "invite",
    "kick",
    "redact",
    "state_default",
    "users",
    "users_default",
  ],
};

/** The event as it stands after redaction (spec, room version 11, redactions). */
export function redacted(event: ClientEvent, because: ClientEvent): ClientEvent {
  const kept =
    event.type === "m.room.create" ? Object.keys(event.content) : KEPT_IN_CONTENT[event.type];
  const content: Json = {};
  for (const key of kept ?? []) {
    if (key in event.content) content[key] = event.content[key];
  }
  return {
    ...event,
    content,
    unsigned: { redacted_because: because, redacted_by: because.event_id },
  };
}

/** The event as one reader gets it: with age, what a state event replaced, and his own transaction id. */
export function shown(stored: StoredEvent, now: number, owner?: string): ClientEvent {
  const { event, replaced, transaction } = stored;
  const unsigned: Json = { age: Math.max(0, now - event.origin_server_ts), ...event.unsigned };
  if (replaced && event.state_key !== undefined) {
    unsigned["prev_content"] = replaced.event.content;
    unsigned["replaces_state"] = replaced.event.event_id;
  }
  if (owner !== undefined && transaction?.owner === owner)
    unsigned["transaction_id"] = transaction.id;
  return { ...event, unsigned };
}

/** The parent an event points at, with the kind of relation. */
export function relationOf(
  event: ClientEvent,
): { parent: string; kind: string; key: unknown } | undefined {
  const relation = event.content["m.relates_to"];
  if (typeof relation !== "object" || relation === null) return undefined;
  const { rel_type: kind, event_id: parent, key }: Json = { ...relation };
  if (typeof kind !== "string" || typeof parent !== "string") return undefined;
  return { parent, kind, key };
}
