import { randomBytes } from "node:crypto";
import type { Requester } from "./accounts.ts";
import { creatorsAboveLevels } from "./auth-rules.ts";
import { ApiError, badJson, badRequest } from "./errors.ts";
import {
  isObject,
  listAt,
  objectAt,
  optionalText,
  requiredText,
  textsAt,
  type Json,
} from "./json.ts";
import { setMembership } from "./membership.ts";
import { Room } from "./room.ts";
import type { World } from "./world.ts";

/** Room versions this server makes; the default is Synapse's. */
export const ROOM_VERSIONS = { default: "12", available: ["10", "11", "12"] } as const;

type Preset = { join: string; guests: boolean; invite: number };

const PRESETS: Readonly<Record<string, Preset>> = {
  private_chat: { join: "invite", guests: true, invite: 0 },
  trusted_private_chat: { join: "invite", guests: true, invite: 0 },
  public_chat: { join: "public", guests: false, invite: 50 },
};

type Plan = {
  readonly creator: string;
  readonly version: string;
  readonly presetName: string;
  readonly preset: Preset;
  readonly alias: string | undefined;
  readonly invited: readonly string[];
  readonly body: Json;
};

/** `POST /createRoom`: the events a new room starts with, in Synapse's order. */
export function createRoom(world: World, requester: Requester, body: Json): Room {
  const plan = planOf(world, requester, body);
  const room = openRoom(world, plan);
  const send = (type: string, content: Json, stateKey = ""): void => {
    world.rooms.append(room, { type, sender: plan.creator, content, stateKey });
  };
  const given = initialState(body);
  const { preset } = plan;
  if (!given.some(({ type }) => type === "m.room.power_levels")) {
    send("m.room.power_levels", powerLevels(plan, preset.invite));
  }
  if (plan.alias !== undefined) {
    world.aliases.create(requester, plan.alias, room.id);
    if (!given.some(({ type }) => type === "m.room.canonical_alias")) {
      send("m.room.canonical_alias", { alias: plan.alias });
    }
  }
  const defaults: { type: string; content: Json }[] = [
    { type: "m.room.join_rules", content: { join_rule: preset.join } },
    { type: "m.room.history_visibility", content: { history_visibility: "shared" } },
  ];
  if (preset.guests)
    defaults.push({ type: "m.room.guest_access", content: { guest_access: "can_join" } });
  for (const { type, content } of defaults) {
    if (!given.some((state) => state.type === type && state.stateKey === "")) send(type, content);
  }
  for (const { type, stateKey, content } of given) send(type, content, stateKey);
  const name = optionalText(body, "name");
  if (name !== undefined) send("m.room.name", { name });
  const topic = optionalText(body, "topic");
  if (topic !== undefined) send("m.room.topic", { topic });
  for (const target of plan.invited) {
    const direct = body["is_direct"] === true ? { is_direct: true } : {};
    setMembership(world, room, {
      sender: plan.creator,
      target,
      membership: "invite",
      extra: direct,
    });
  }
  return room;
}

function planOf(world: World, requester: Requester, body: Json): Plan {
  const version = optionalText(body, "room_version") ?? ROOM_VERSIONS.default;
  if (!ROOM_VERSIONS.available.some((known) => known === version)) {
    throw badRequest(
      "M_UNSUPPORTED_ROOM_VERSION",
      "Your homeserver does not support this room version",
    );
  }
  const localpart = optionalText(body, "room_alias_name");
  if (localpart !== undefined && /[:\s]/.test(localpart)) {
    throw badRequest("M_INVALID_PARAM", "Invalid characters in room alias");
  }
  const alias = localpart === undefined ? undefined : `#${localpart}:${world.serverName}`;
  if (alias !== undefined) {
    world.aliases.assertMayCreate(requester, alias);
    if (world.aliases.has(alias)) throw badRequest("M_ROOM_IN_USE", "Room alias already taken");
  }
  const invited = textsAt(body, "invite") ?? [];
  for (const userId of invited) assertUserId(userId);
  const isPublic = optionalText(body, "visibility") === "public";
  const presetName = optionalText(body, "preset") ?? (isPublic ? "public_chat" : "private_chat");
  const preset = PRESETS[presetName];
  if (!preset) throw badRequest("M_INVALID_PARAM", `'${presetName}' is not a valid preset`);
  return { creator: requester.userId, version, presetName, preset, alias, invited, body };
}

/** Synapse lets nobody publish rooms unless its configuration says who may. */
export function notPublished(): ApiError {
  return new ApiError(403, { errcode: "M_UNKNOWN", error: "Not allowed to publish room" });
}

/** M_INVALID_PARAM for what is no user id. */
export function assertUserId(userId: string): void {
  if (!/^@[^:\s]*:\S+$/.test(userId))
    throw badRequest("M_INVALID_PARAM", `Invalid user_id: ${userId}`);
}

function openRoom(world: World, plan: Plan): Room {
  const seed = randomBytes(32).toString("base64url");
  const isDerived = creatorsAboveLevels(plan.version);
  const room = new Room(
    isDerived ? `!${seed}` : `!${seed.slice(0, 18)}:${world.serverName}`,
    plan.version,
  );
  world.rooms.add(room);
  const content: Json = { ...objectAt(plan.body, "creation_content"), room_version: plan.version };
  if (plan.version === "10") content["creator"] = plan.creator;
  if (isDerived && plan.presetName === "trusted_private_chat" && plan.invited.length > 0) {
    content["additional_creators"] = [...plan.invited];
  }
  const sender = plan.creator;
  const eventId = isDerived ? `$${seed}` : undefined;
  world.rooms.append(room, { type: "m.room.create", sender, content, stateKey: "", eventId });
  setMembership(world, room, { sender, target: sender, membership: "join" });
  return room;
}

function powerLevels(plan: Plan, invite: number): Json {
  const isAbove = creatorsAboveLevels(plan.version);
  const users: Record<string, number> = isAbove ? {} : { [plan.creator]: 100 };
  if (!isAbove && plan.presetName === "trusted_private_chat") {
    for (const userId of plan.invited) users[userId] = 100;
  }
  const events = {
    "m.room.name": 50,
    "m.room.power_levels": 100,
    "m.room.history_visibility": 100,
    "m.room.canonical_alias": 50,
    "m.room.avatar": 50,
    "m.room.tombstone": isAbove ? 150 : 100,
    "m.room.server_acl": 100,
    "m.room.encryption": 100,
  };
  return {
    users,
    users_default: 0,
    events,
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite,
    historical: 100,
    ...objectAt(plan.body, "power_level_content_override"),
  };
}

function initialState(body: Json): { type: string; stateKey: string; content: Json }[] {
  return listAt(body, "initial_state").map((state) => {
    if (!isObject(state)) throw badJson("initial_state must hold objects");
    const stateKey = optionalText(state, "state_key") ?? "";
    return { type: requiredText(state, "type"), stateKey, content: objectAt(state, "content") };
  });
}
