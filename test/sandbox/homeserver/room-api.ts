import { assertUserId, createRoom, notPublished } from "./create-room.ts";
import { badRequest, forbidden } from "./errors.ts";
import { optionalText, requiredText, type Json } from "./json.ts";
import { assertSensible, setMembership } from "./membership.ts";
import type { Membership, Room } from "./room.ts";
import { requireRoom } from "./rooms.ts";
import { openRoute, route, type Route, type UserCall } from "./router.ts";
import type { World } from "./world.ts";

const V3 = "/_matrix/client/v3";

/** Creating, joining and leaving rooms, and the room directory. */
export function roomRoutes(world: World): Route[] {
  return [
    route("POST", `${V3}/createRoom`, (call) => ({
      room_id: createRoom(world, call.requester, call.json()).id,
    })),
    route("POST", `${V3}/join/:room`, (call) => join(world, call)),
    route("POST", `${V3}/rooms/:room/join`, (call) => join(world, call)),
    route("POST", `${V3}/rooms/:room/leave`, (call) => leave(world, call)),
    route("POST", `${V3}/rooms/:room/forget`, (call) => forget(world, call)),
    ...["invite", "kick", "ban", "unban"].map((action) =>
      route("POST", `${V3}/rooms/:room/${action}`, (call) => change(world, call, action)),
    ),
    route("GET", `${V3}/joined_rooms`, ({ requester }) => ({
      joined_rooms: [...world.rooms.knownTo(requester.userId)]
        .filter((room) => room.joined.has(requester.userId))
        .map((room) => room.id),
    })),
    openRoute("GET", `${V3}/directory/room/:alias`, async ({ params }) => {
      const room = await world.aliases.resolve(params["alias"] ?? "");
      return { room_id: room.id, servers: [world.serverName] };
    }),
    route("PUT", `${V3}/directory/room/:alias`, (call) => {
      world.aliases.create(
        call.requester,
        call.params["alias"] ?? "",
        requiredText(call.json(), "room_id"),
      );
      return {};
    }),
    route("DELETE", `${V3}/directory/room/:alias`, (call) => {
      world.aliases.delete(call.requester, call.params["alias"] ?? "");
      return {};
    }),
    openRoute("GET", `${V3}/directory/list/room/:room`, () => ({ visibility: "private" })),
    route("PUT", `${V3}/directory/list/room/:room`, (call) => {
      if (call.json()["visibility"] !== "private") throw notPublished();
      return {};
    }),
    route("GET", `${V3}/rooms/:room/aliases`, (call) => ({
      aliases: [...world.rooms.joinedBy(call.requester.userId, call.params["room"] ?? "").aliases],
    })),
  ];
}

async function join(world: World, call: UserCall): Promise<Json> {
  const name = call.params["room"] ?? "";
  const reason = optionalText(call.json(), "reason");
  const isAlias = name.startsWith("#");
  if (!isAlias && !name.startsWith("!")) {
    throw badRequest("M_UNKNOWN", `${name} was not legal room ID or room alias`);
  }
  const room = isAlias ? await world.aliases.resolve(name) : requireRoom(world.rooms, name);
  const { userId } = call.requester;
  assertSensible(room, "join", userId);
  setMembership(world, room, { sender: userId, target: userId, membership: "join", reason });
  return { room_id: room.id };
}

function knownRoom(world: World, call: UserCall): Room {
  const id = call.params["room"] ?? "";
  const room = world.rooms.find(id);
  if (!room) throw forbidden(`User ${call.requester.userId} not in room ${id}`);
  return room;
}

function leave(world: World, call: UserCall): Json {
  const room = knownRoom(world, call);
  const { userId } = call.requester;
  const reason = optionalText(call.json(), "reason");
  const hasLeft = room.stateEvent("m.room.member", userId) && room.membership(userId) === "leave";
  if (!hasLeft)
    setMembership(world, room, { sender: userId, target: userId, membership: "leave", reason });
  return {};
}

function forget(world: World, call: UserCall): Json {
  const room = knownRoom(world, call);
  const membership = room.membership(call.requester.userId);
  if (membership === "join" || membership === "invite") {
    throw badRequest("M_UNKNOWN", `User ${call.requester.userId} in room ${room.id}`);
  }
  world.rooms.forget(call.requester.userId, room);
  return {};
}

function change(world: World, call: UserCall, action: string): Json {
  const body = call.json();
  const target = requiredText(body, "user_id");
  assertUserId(target);
  const room = knownRoom(world, call);
  assertSensible(room, action, target);
  const memberships: Record<string, Membership> = { invite: "invite", ban: "ban" };
  const membership = memberships[action] ?? "leave";
  const sender = call.requester.userId;
  setMembership(world, room, { sender, target, membership, reason: optionalText(body, "reason") });
  return {};
}
