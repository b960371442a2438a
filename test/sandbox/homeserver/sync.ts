import { receiptEvent, typingEvent } from "./ephemeral.ts";
import { badRequest } from "./errors.ts";
import type { StoredEvent } from "./events.ts";
import { integerAt, isObject, objectAt, type Json } from "./json.ts";
import { filterOf, positionOf, token, typeFilterOf } from "./messages.ts";
import type { Room } from "./room.ts";
import type { UserCall } from "./router.ts";
import { strippedState } from "./stripped-state.ts";
import { maySee, shownTo } from "./visibility.ts";
import type { World } from "./world.ts";

type View = {
  readonly since: number;
  readonly fullState: boolean;
  readonly limit: number;
  readonly matches: (stored: StoredEvent) => boolean;
  /** Which state is wanted, and which of everything that has a type and no place in a timeline. */
  readonly state: (stored: StoredEvent) => boolean;
  readonly wants: Record<"accountData" | "presence" | "roomData" | "ephemeral", Wants>;
};

type Wants = (type: unknown) => boolean;

/** `GET /sync`: answers at once when there is news or no `since`, else waits until there is some. */
export async function sync(world: World, call: UserCall): Promise<Json> {
  const since = positionOf(call.query.get("since"));
  const view = viewOf(world, call, since);
  const timeout = Number(call.query.get("timeout") ?? 0);
  const end = world.clock.now() + (Number.isFinite(timeout) ? timeout : 0);
  for (;;) {
    const { reply, hasNews } = snapshot(world, call, view);
    const left = end - world.clock.now();
    if (hasNews || since === undefined || view.fullState || left <= 0) return reply;
    let closed = false;
    await world.stream.wait(call.requester.userId, left, (job) => {
      call.onClose(() => {
        closed = true;
        job();
      });
    });
    if (closed) return reply;
  }
}

function viewOf(world: World, call: UserCall, since: number | undefined): View {
  const filter = filterBody(world, call);
  const room = objectAt(filter, "room");
  const timeline = objectAt(room, "timeline");
  return {
    since: since ?? 0,
    fullState: call.query.get("full_state") === "true",
    limit: Math.min(integerAt(timeline, "limit", 10), 100),
    matches: filterOf(timeline),
    state: filterOf(objectAt(room, "state")),
    wants: {
      accountData: typeFilterOf(objectAt(filter, "account_data")),
      presence: typeFilterOf(objectAt(filter, "presence")),
      roomData: typeFilterOf(objectAt(room, "account_data")),
      ephemeral: typeFilterOf(objectAt(room, "ephemeral")),
    },
  };
}

function filterBody(world: World, call: UserCall): Json {
  const text = call.query.get("filter");
  if (text === null) return {};
  if (!text.startsWith("{")) return world.userData.filter(text) ?? {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    throw badRequest("M_UNKNOWN", "Invalid filter JSON");
  }
}

function snapshot(world: World, call: UserCall, view: View): { reply: Json; hasNews: boolean } {
  const { userId } = call.requester;
  const rooms: Record<"join" | "invite" | "leave", Json> = { join: {}, invite: {}, leave: {} };
  const next = world.stream.position;
  for (const room of world.rooms.knownTo(userId)) {
    const member = room.stateEvent("m.room.member", userId);
    const isNews = (member?.position ?? 0) > view.since;
    const membership = room.membership(userId);
    if (membership === "join") {
      const joined = joinedRoom(world, call, { room, view });
      if (joined) rooms.join[room.id] = joined;
    } else if (membership === "invite" && (isNews || view.fullState)) {
      rooms.invite[room.id] = { invite_state: { events: strippedState(room, userId) } };
    } else if (isNews && view.since > 0 && member) {
      const timeline = timelineOf(world, call, { room, view, until: member.position });
      rooms.leave[room.id] = { state: { events: [] }, timeline };
    }
  }
  const accountData = world.userData
    .since(userId, "", view.since)
    .filter(({ type }) => view.wants.accountData(type));
  const presence = view.wants.presence("m.presence")
    ? world.ephemeral.presenceSince(userId, view.since)
    : [];
  const filled = Object.values(rooms).some((section) => Object.keys(section).length > 0);
  return {
    hasNews: filled || accountData.length > 0 || presence.length > 0,
    reply: {
      next_batch: token(next),
      rooms: Object.fromEntries(
        Object.entries(rooms).filter(([, of]) => Object.keys(of).length > 0),
      ),
      ...(accountData.length > 0 ? { account_data: { events: accountData } } : {}),
      ...(presence.length > 0 ? { presence: { events: presence } } : {}),
    },
  };
}

type Part = { readonly room: Room; readonly view: View; readonly until?: number };

function joinedRoom(world: World, call: UserCall, part: Part): Json | undefined {
  const { room, view } = part;
  const { userId } = call.requester;
  const ephemeral: Json[] = [];
  const wants = view.wants.ephemeral;
  if (room.typingPosition > view.since && wants("m.typing")) ephemeral.push(typingEvent(room));
  if (room.receiptPosition > view.since && wants("m.receipt"))
    ephemeral.push(receiptEvent(room, userId, view.since));
  const accountData = world.userData
    .since(userId, room.id, view.since)
    .filter(({ type }) => view.wants.roomData(type));
  const isQuiet = room.lastPosition <= view.since && !view.fullState;
  if (isQuiet && ephemeral.length === 0 && accountData.length === 0) return undefined;
  const isNew = view.since === 0 || joinedSince(room, userId, view.since);
  const first = firstShown(room, isNew ? { ...view, since: 0 } : view);
  const show = (stored: StoredEvent): unknown => shownTo(world, call.requester, stored);
  return {
    timeline: timelineOf(world, call, isNew ? { room, view: { ...view, since: 0 } } : part),
    state: {
      events: stateFor(room, first, isNew || view.fullState ? 0 : view.since)
        .filter((stored) => view.state(stored))
        .map(show),
    },
    ephemeral: { events: ephemeral },
    account_data: { events: accountData },
    summary: { "m.joined_member_count": room.joined.size },
    unread_notifications: { notification_count: 0, highlight_count: 0 },
  };
}

function joinedSince(room: Room, userId: string, since: number): boolean {
  let member = room.stateEvent("m.room.member", userId);
  while (member && member.position > since) member = member.replaced;
  return member?.event.content["membership"] !== "join";
}

function firstShown(room: Room, view: View): number {
  const start = room.indexAfter(view.since);
  if (view.limit === 0) return room.timeline.length;
  let shown = 0;
  for (let at = room.timeline.length - 1; at >= start; at -= 1) {
    const stored = room.timeline[at];
    if (stored && view.matches(stored)) shown += 1;
    if (shown >= view.limit) return at;
  }
  return start;
}

function timelineOf(world: World, call: UserCall, part: Part): Json {
  const { room, view, until = Infinity } = part;
  const first = firstShown(room, view);
  const events = room.timeline
    .slice(first)
    .filter((stored) => stored.position <= until && view.matches(stored))
    .filter((stored) => maySee(room, call.requester.userId, stored));
  return {
    events: events.map((stored) => shownTo(world, call.requester, stored)),
    limited: first > room.indexAfter(view.since),
    prev_batch: token((room.timeline[first]?.position ?? world.stream.position + 1) - 1),
  };
}

function stateFor(room: Room, first: number, since: number): StoredEvent[] {
  if (since > 0 && room.indexAfter(since) >= first) return [];
  return [...room.stateBefore(first).values()].filter(({ position }) => position > since);
}
