import { badRequest, forbidden, notFound } from "./errors.ts";
import type { Draft, StoredEvent } from "./events.ts";
import { optionalText, textsAt, type Json } from "./json.ts";
import type { Room } from "./room.ts";
import { route, type Route, type UserCall } from "./router.ts";
import { shownTo } from "./visibility.ts";
import type { World } from "./world.ts";

const ROOM = "/_matrix/client/v3/rooms/:room";

/** Sending, redacting and state. */
export function eventRoutes(world: World): Route[] {
  return [
    route("PUT", `${ROOM}/send/:type/:txn`, (call) => once(world, call, () => send(world, call))),
    route("PUT", `${ROOM}/redact/:event/:txn`, (call) =>
      once(world, call, () => redact(world, call)),
    ),
    route("PUT", `${ROOM}/state/:type`, (call) => putState(world, call)),
    route("PUT", `${ROOM}/state/:type/:key`, (call) => putState(world, call)),
    route("GET", `${ROOM}/state/:type`, (call) => getState(world, call)),
    route("GET", `${ROOM}/state/:type/:key`, (call) => getState(world, call)),
    route("GET", `${ROOM}/state`, (call) => {
      const room = world.rooms.joinedBy(call.requester.userId, call.params["room"] ?? "");
      return [...room.currentState()].map((stored) => shownTo(world, call.requester, stored));
    }),
  ];
}

function once(world: World, call: UserCall, work: () => Json): Json {
  return world.transactions.once({ path: call.path, requester: call.requester }, work);
}

function roomToSendIn(world: World, call: UserCall): Room {
  const id = call.params["room"] ?? "";
  const room = world.rooms.find(id);
  if (!room) throw forbidden(`User ${call.requester.userId} not in room ${id}`);
  return room;
}

/** `ts` is obeyed for appservices only; anyone else's is ignored, as Synapse does it. */
function wantedTime(call: UserCall): number | undefined {
  const ts = call.query.get("ts");
  return ts !== null && call.requester.appservice ? Number(ts) : undefined;
}

function send(world: World, call: UserCall): Json {
  const { type = "", txn = "" } = call.params;
  const isMember = type === "m.room.member" || type === "m.room.create";
  if (isMember) throw forbidden(`${type} is a state event`);
  const draft: Draft = {
    type,
    sender: call.requester.userId,
    content: call.json(),
    ts: wantedTime(call),
    transaction: { owner: call.requester.owner, id: txn },
  };
  return { event_id: world.rooms.append(roomToSendIn(world, call), draft).event.event_id };
}

function redact(world: World, call: UserCall): Json {
  const { event = "", txn = "" } = call.params;
  const room = roomToSendIn(world, call);
  if (!room.joined.has(call.requester.userId)) {
    throw forbidden(`User ${call.requester.userId} not in room ${room.id}`);
  }
  const stored = world.rooms.append(room, {
    type: "m.room.redaction",
    sender: call.requester.userId,
    content: call.json(),
    redacts: event,
    ts: wantedTime(call),
    transaction: { owner: call.requester.owner, id: txn },
  });
  return { event_id: stored.event.event_id };
}

function putState(world: World, call: UserCall): Json {
  const { type = "", key = "" } = call.params;
  const room = roomToSendIn(world, call);
  const sender = call.requester.userId;
  const content = call.json();
  if (type === "m.room.canonical_alias") assertAliases(world, room, content);
  const stored = world.rooms.append(room, {
    type,
    sender,
    content,
    stateKey: key,
    ts: wantedTime(call),
  });
  return { event_id: stored.event.event_id };
}

/** M_BAD_ALIAS for an alias that is new to the event and does not lead to the room. */
function assertAliases(world: World, room: Room, content: Json): void {
  const named = (source: Json): string[] => [
    ...(optionalText(source, "alias") === undefined ? [] : [optionalText(source, "alias") ?? ""]),
    ...(textsAt(source, "alt_aliases") ?? []),
  ];
  const before = named(room.stateContent("m.room.canonical_alias"));
  for (const alias of named(content)) {
    if (before.includes(alias) || world.aliases.leadsTo(alias, room)) continue;
    throw badRequest("M_BAD_ALIAS", `Room alias ${alias} does not point to the room`);
  }
}

function getState(world: World, call: UserCall): Json {
  const { type = "", key = "" } = call.params;
  const room = world.rooms.joinedBy(call.requester.userId, call.params["room"] ?? "");
  const stored: StoredEvent | undefined = room.stateEvent(type, key);
  if (!stored) throw notFound("Event not found.");
  const isWhole = call.query.get("format") === "event";
  return isWhole ? { ...shownTo(world, call.requester, stored) } : stored.event.content;
}
