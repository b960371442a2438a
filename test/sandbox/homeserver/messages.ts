import { badRequest, notFound } from "./errors.ts";
import { relationOf, type StoredEvent } from "./events.ts";
import { isObject, textsAt, type Json } from "./json.ts";
import type { Room } from "./room.ts";
import { route, type Route, type UserCall } from "./router.ts";
import { maySee, readableUntil, shownTo } from "./visibility.ts";
import type { World } from "./world.ts";

const ROOM = "/_matrix/client/v3/rooms/:room";
const RELATIONS = "/_matrix/client/v1/rooms/:room/relations/:event";

/** Reading back: history, relations, one event with what is around it, members. */
export function messageRoutes(world: World): Route[] {
  return [
    route("GET", `${ROOM}/messages`, (call) => messages(world, call)),
    route("GET", `${ROOM}/context/:event`, (call) => context(world, call)),
    route("GET", `${ROOM}/event/:event`, (call) => {
      const { stored } = visibleEvent(world, call);
      return { ...shownTo(world, call.requester, stored) };
    }),
    route("GET", `${ROOM}/members`, (call) => members(world, call)),
    route("GET", `${ROOM}/joined_members`, (call) => joinedMembers(world, call)),
    ...["", "/:kind", "/:kind/:type"].map((rest) =>
      route("GET", `${RELATIONS}${rest}`, (call) => relations(world, call)),
    ),
  ];
}

/** The token of a place between events. Sync's tokens have the same form. */
export function token(position: number): string {
  return `s${position}`;
}

/** The place a token names; M_INVALID_PARAM for anything that is no token. */
export function positionOf(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  if (!/^s\d+$/.test(text)) throw badRequest("M_INVALID_PARAM", "Invalid token");
  return Number(text.slice(1));
}

function limitOf(call: UserCall, fallback: number): number {
  const text = call.query.get("limit");
  const limit = text === null ? fallback : Number(text);
  if (!Number.isInteger(limit) || limit < 0) {
    throw badRequest("M_INVALID_PARAM", "Query parameter limit must be a positive integer");
  }
  return Math.min(limit, 1000);
}

/** The test a room event filter makes (spec: types, senders and their opposites; `*` at the end of a type). */
export function filterOf(filter: Json): (stored: StoredEvent) => boolean {
  const senders = textsAt(filter, "senders");
  const notSenders = textsAt(filter, "not_senders") ?? [];
  const fits = typeFilterOf(filter);
  return ({ event }) =>
    fits(event.type) &&
    (senders === undefined || senders.includes(event.sender)) &&
    !notSenders.includes(event.sender);
}

/** The same of what has no sender, by type alone. */
export function typeFilterOf(filter: Json): (type: unknown) => boolean {
  const types = textsAt(filter, "types");
  const notTypes = textsAt(filter, "not_types") ?? [];
  const fits = (type: unknown, wanted: string): boolean =>
    wanted.endsWith("*") ? String(type).startsWith(wanted.slice(0, -1)) : type === wanted;
  return (type) =>
    (types === undefined || types.some((wanted) => fits(type, wanted))) &&
    !notTypes.some((wanted) => fits(type, wanted));
}

function messages(world: World, call: UserCall): Json {
  const { room, until } = readableUntil(world, call.requester, call.params["room"] ?? "");
  const direction = call.query.get("dir") ?? "f";
  if (direction !== "f" && direction !== "b") {
    throw badRequest("M_INVALID_PARAM", "Query parameter dir must be one of ['b', 'f']");
  }
  const isBack = direction === "b";
  const from = positionOf(call.query.get("from")) ?? (isBack ? world.stream.position : 0);
  const to = positionOf(call.query.get("to"));
  const matches = filterOf(parseFilter(call.query.get("filter")));
  const wanted = { isBack, from, to, limit: limitOf(call, 10), until };
  const page = paginate(room, wanted, (stored) => {
    return matches(stored) && maySee(room, call.requester.userId, stored);
  });
  const chunk = page.events.map((stored) => shownTo(world, call.requester, stored));
  const isEnd = page.events.length === 0 && !page.more;
  return { chunk, start: token(from), ...(isEnd ? {} : { end: token(page.next) }) };
}

function parseFilter(text: string | null): Json {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    throw badRequest("M_NOT_JSON", "Query parameter filter is not valid JSON");
  }
  throw badRequest("M_BAD_JSON", "Query parameter filter must be an object");
}

type Page = {
  readonly isBack: boolean;
  readonly from: number;
  readonly to: number | undefined;
  readonly limit: number;
  readonly until: number;
};

function paginate(
  room: Room,
  page: Page,
  matches: (stored: StoredEvent) => boolean,
): { events: StoredEvent[]; next: number; more: boolean } {
  const events: StoredEvent[] = [];
  const step = page.isBack ? -1 : 1;
  const start = room.indexAfter(page.isBack ? Math.min(page.from, page.until) : page.from);
  let at = page.isBack ? start - 1 : start;
  let next = page.from;
  for (; events.length < page.limit; at += step) {
    const stored = room.timeline[at];
    if (!stored || stored.position > page.until) break;
    const isPast = page.isBack
      ? stored.position <= (page.to ?? 0)
      : stored.position > (page.to ?? Infinity);
    if (isPast) return { events, next, more: false };
    next = page.isBack ? stored.position - 1 : stored.position;
    if (matches(stored)) events.push(stored);
  }
  return { events, next, more: room.timeline[at] !== undefined && events.length > 0 };
}

function visibleEvent(world: World, call: UserCall): { room: Room; stored: StoredEvent } {
  const found = world.rooms.event(call.params["event"] ?? "");
  const { room, until } = readableUntil(world, call.requester, call.params["room"] ?? "");
  const isVisible =
    found?.room === room &&
    found.stored.position <= until &&
    maySee(room, call.requester.userId, found.stored);
  if (!found || !isVisible) throw notFound("Event not found.");
  return { room, stored: found.stored };
}

function context(world: World, call: UserCall): Json {
  const { room, stored } = visibleEvent(world, call);
  const half = Math.floor(limitOf(call, 10) / 2);
  const index = room.indexAfter(stored.position) - 1;
  const show = (event: StoredEvent): unknown => shownTo(world, call.requester, event);
  const before = room.timeline.slice(Math.max(0, index - half), index).toReversed();
  const after = room.timeline.slice(index + 1, index + 1 + half);
  return {
    event: show(stored),
    events_before: before.map(show),
    events_after: after.map(show),
    state: [...room.stateBefore(index).values()].map(show),
    start: token((before.at(-1) ?? stored).position - 1),
    end: token((after.at(-1) ?? stored).position),
  };
}

function relations(world: World, call: UserCall): Json {
  const { room, stored } = visibleEvent(world, call);
  const { kind, type } = call.params;
  const isForward = call.query.get("dir") === "f";
  const limit = limitOf(call, 5);
  const from = positionOf(call.query.get("from"));
  const all = (room.relations.get(stored.event.event_id) ?? []).filter(
    ({ event }) =>
      (kind === undefined || relationOf(event)?.kind === kind) &&
      (type === undefined || event.type === type),
  );
  const ordered = isForward ? all : all.toReversed();
  const rest = ordered.filter(({ position }) => {
    return from === undefined || (isForward ? position > from : position <= from);
  });
  const chunk = rest.slice(0, limit);
  const last = chunk.at(-1);
  const next = last === undefined ? 0 : isForward ? last.position : last.position - 1;
  return {
    chunk: chunk.map((event) => shownTo(world, call.requester, event)),
    ...(rest.length > limit ? { next_batch: token(next) } : {}),
  };
}

function members(world: World, call: UserCall): Json {
  const { room } = readableUntil(world, call.requester, call.params["room"] ?? "");
  const wanted = call.query.get("membership");
  const unwanted = call.query.get("not_membership");
  const chunk = [...room.currentState()].filter(({ event }) => {
    const membership = event.content["membership"];
    const fits = (wanted === null || membership === wanted) && membership !== unwanted;
    return event.type === "m.room.member" && fits;
  });
  return { chunk: chunk.map((stored) => shownTo(world, call.requester, stored)) };
}

function joinedMembers(world: World, call: UserCall): Json {
  const room = world.rooms.joinedBy(call.requester.userId, call.params["room"] ?? "");
  const joined: Json = {};
  for (const userId of room.joined) {
    const { displayname = null, avatar_url = null } = room.stateContent("m.room.member", userId);
    joined[userId] = { display_name: displayname, avatar_url };
  }
  return { joined };
}
