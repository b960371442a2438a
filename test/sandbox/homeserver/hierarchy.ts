import { forbidden } from "./errors.ts";
import type { StoredEvent } from "./events.ts";
import type { Json } from "./json.ts";
import type { Room } from "./room.ts";
import { route, type Route } from "./router.ts";
import type { World } from "./world.ts";

const longest = 50;

/** What stands in a space (spec: Client-Server API, `/hierarchy`), for whoever may see it: the first page. */
export function hierarchyRoutes(world: World): Route[] {
  return [
    route("GET", "/_matrix/client/v1/rooms/:room/hierarchy", ({ requester, params, query }) => {
      const { userId } = requester;
      const root = world.rooms.find(params["room"] ?? "");
      if (!root || !maySee(root, userId))
        throw forbidden(
          `User ${userId} not in room ${params["room"] ?? ""}, and room previews are disabled`,
        );
      const depth = Number(query.get("max_depth") ?? Infinity);
      const seen = new Set<string>();
      const rooms: Json[] = [];
      const look = (room: Room | undefined, level: number): void => {
        if (!room || seen.has(room.id) || !maySee(room, userId) || rooms.length >= longest) return;
        seen.add(room.id);
        rooms.push(summaryOf(room));
        for (const { event } of level < depth ? childrenOf(room) : [])
          look(world.rooms.find(event.state_key ?? ""), level + 1);
      };
      look(root, 0);
      return { rooms };
    }),
  ];
}

function maySee(room: Room, userId: string): boolean {
  const membership = room.membership(userId);
  if (membership === "join" || membership === "invite") return true;
  if (membership === "ban") return false;
  const visibility = room.stateContent("m.room.history_visibility")["history_visibility"];
  return (
    room.stateContent("m.room.join_rules")["join_rule"] === "public" ||
    visibility === "world_readable"
  );
}

/** A room without its `via` stands there no more. */
function childrenOf(room: Room): readonly StoredEvent[] {
  if (room.stateContent("m.room.create")["type"] !== "m.space") return [];
  return [...room.currentState()]
    .filter(({ event }) => event.type === "m.space.child" && Array.isArray(event.content["via"]))
    .toSorted((a, b) => a.event.origin_server_ts - b.event.origin_server_ts);
}

function summaryOf(room: Room): Json {
  const named = (type: string, field: string, as: string): Json => {
    const value = room.stateContent(type)[field];
    return value === undefined ? {} : { [as]: value };
  };
  const visibility = room.stateContent("m.room.history_visibility")["history_visibility"];
  const guests = room.stateContent("m.room.guest_access")["guest_access"];
  return {
    room_id: room.id,
    ...named("m.room.canonical_alias", "alias", "canonical_alias"),
    ...named("m.room.name", "name", "name"),
    ...named("m.room.topic", "topic", "topic"),
    ...named("m.room.avatar", "url", "avatar_url"),
    ...named("m.room.join_rules", "join_rule", "join_rule"),
    ...named("m.room.create", "type", "room_type"),
    num_joined_members: room.joined.size,
    world_readable: visibility === "world_readable",
    guest_can_join: guests === "can_join",
    children_state: childrenOf(room).map(({ event }) => ({
      type: event.type,
      state_key: event.state_key,
      content: event.content,
      sender: event.sender,
      origin_server_ts: event.origin_server_ts,
    })),
  };
}
