import { Ajv2020 } from "ajv/dist/2020.js";
import { openApi } from "./openapi.ts";

/**
 * The gateway's frames, which Discord's OpenAPI file does not hold: made after the interfaces of
 * discord-api-types (gateway/v10). What a frame carries of the REST API is judged by that file.
 */

const ajv = new Ajv2020({ strict: false, allErrors: true });
const id = { type: "string", pattern: "^\\d{1,20}$" };
const text = { type: "string" };
const whole = { type: "integer" };
const shape = (required: Record<string, object>, optional: Record<string, object> = {}) =>
  ajv.compile({
    type: "object",
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  });

/** What a client may say, by opcode. */
const said: Readonly<Record<number, ReturnType<typeof shape>>> = {
  1: shape({ op: { const: 1 }, d: { type: ["integer", "null"] } }),
  2: shape({
    op: { const: 2 },
    d: {
      type: "object",
      required: ["token", "intents", "properties"],
      properties: {
        token: text,
        intents: whole,
        properties: {
          type: "object",
          required: ["os", "browser", "device"],
          properties: { os: text, browser: text, device: text },
          additionalProperties: false,
        },
        compress: { type: "boolean" },
        large_threshold: { type: "integer", minimum: 50, maximum: 250 },
        shard: { type: "array", items: whole, minItems: 2, maxItems: 2 },
        presence: { type: "object" },
      },
      additionalProperties: false,
    },
  }),
  6: shape({
    op: { const: 6 },
    d: {
      type: "object",
      required: ["token", "session_id", "seq"],
      properties: { token: text, session_id: text, seq: whole },
      additionalProperties: false,
    },
  }),
};

const emoji = {
  type: "object",
  required: ["id", "name"],
  properties: {
    id: { type: ["string", "null"] },
    name: { type: ["string", "null"] },
    animated: { type: "boolean" },
  },
  additionalProperties: false,
};
const member = { type: "object", required: ["roles", "joined_at"] };
const reaction = {
  user_id: id,
  channel_id: id,
  message_id: id,
  emoji,
  burst: { type: "boolean" },
  type: whole,
};
const vote = { user_id: id, channel_id: id, message_id: id, answer_id: whole };
const guild = { guild_id: id };
const user = { type: "object", required: ["id", "username"] };

/** What only frames hold, by the name of the event. */
const dispatched: Readonly<Record<string, ReturnType<typeof shape>>> = {
  READY: shape({
    v: { const: 10 },
    user,
    guilds: { type: "array", items: { type: "object", required: ["id", "unavailable"] } },
    session_id: text,
    resume_gateway_url: text,
    shard: { type: "array" },
    application: { type: "object", required: ["id", "flags"] },
  }),
  RESUMED: shape({ _trace: { type: "array" } }),
  GUILD_DELETE: shape({ id }, { unavailable: { type: "boolean" } }),
  MESSAGE_DELETE: shape({ id, channel_id: id }, guild),
  MESSAGE_DELETE_BULK: shape({ ids: { type: "array", items: id }, channel_id: id }, guild),
  MESSAGE_REACTION_ADD: shape(reaction, { ...guild, member, message_author_id: id }),
  MESSAGE_REACTION_REMOVE: shape(reaction, guild),
  MESSAGE_REACTION_REMOVE_ALL: shape({ channel_id: id, message_id: id }, guild),
  MESSAGE_REACTION_REMOVE_EMOJI: shape({ channel_id: id, message_id: id, emoji }, guild),
  MESSAGE_POLL_VOTE_ADD: shape(vote, guild),
  MESSAGE_POLL_VOTE_REMOVE: shape(vote, guild),
  TYPING_START: shape({ channel_id: id, user_id: id, timestamp: whole }, { ...guild, member }),
  CHANNEL_PINS_UPDATE: shape(
    { channel_id: id },
    { ...guild, last_pin_timestamp: { type: ["string", "null"] } },
  ),
  WEBHOOKS_UPDATE: shape({ guild_id: id, channel_id: id }),
  GUILD_ROLE_DELETE: shape({ guild_id: id, role_id: id }),
  GUILD_MEMBER_REMOVE: shape({ guild_id: id, user }),
  GUILD_BAN_ADD: shape({ guild_id: id, user }),
  GUILD_BAN_REMOVE: shape({ guild_id: id, user }),
  USER_UPDATE: ajv.compile(user),
  THREAD_DELETE: shape({ id, guild_id: id, parent_id: id, type: whole }),
};

/** Events whose payload is an object of the REST API, with a few keys more. */
const alike: Readonly<
  Record<
    string,
    { readonly schema: string; readonly more: readonly string[]; readonly at?: string }
  >
> = {
  MESSAGE_CREATE: { schema: "MessageResponse", more: ["guild_id", "member"] },
  MESSAGE_UPDATE: { schema: "MessageResponse", more: ["guild_id", "member"] },
  CHANNEL_CREATE: { schema: "GuildChannelResponse", more: [] },
  CHANNEL_UPDATE: { schema: "GuildChannelResponse", more: [] },
  CHANNEL_DELETE: { schema: "GuildChannelResponse", more: [] },
  THREAD_CREATE: { schema: "ThreadResponse", more: ["newly_created"] },
  THREAD_UPDATE: { schema: "ThreadResponse", more: [] },
  GUILD_CREATE: {
    schema: "GuildResponse",
    more: [
      "channels",
      "threads",
      "members",
      "member_count",
      "joined_at",
      "large",
      "unavailable",
      "presences",
      "voice_states",
      "stage_instances",
      "guild_scheduled_events",
      "soundboard_sounds",
    ],
  },
  GUILD_UPDATE: { schema: "GuildResponse", more: [] },
  GUILD_ROLE_CREATE: { schema: "GuildRoleResponse", more: [], at: "role" },
  GUILD_ROLE_UPDATE: { schema: "GuildRoleResponse", more: [], at: "role" },
  GUILD_MEMBER_ADD: { schema: "GuildMemberResponse", more: ["guild_id"] },
  GUILD_MEMBER_UPDATE: { schema: "GuildMemberResponse", more: ["guild_id"] },
};

const spell = (check: ReturnType<typeof shape>, value: unknown): readonly string[] =>
  check(value)
    ? []
    : (check.errors ?? []).map(
        (it) => `${it.instancePath} ${it.message} ${JSON.stringify(it.params)}`,
      );

/** What is wrong with a frame of a client. */
export const judgeSaid = (frame: unknown): readonly string[] => {
  const op = typeof frame === "object" && frame !== null && "op" in frame ? Number(frame.op) : -1;
  const check = said[op];
  return check === undefined ? [`no such opcode ${op}`] : spell(check, frame);
};

const unavailable = shape({ id, unavailable: { const: true } });

/** What is wrong with an event of ours. */
export const judgeDispatch = (name: string, data: object): readonly string[] => {
  if (name === "GUILD_CREATE" && Reflect.get(data, "unavailable") === true)
    return spell(unavailable, data);
  const own = dispatched[name];
  if (own !== undefined) return spell(own, data);
  const like = alike[name];
  if (like === undefined) return [`no such event ${name}`];
  const held: unknown = like.at === undefined ? data : Reflect.get(data, like.at);
  const known = Object.entries(typeof held === "object" && held !== null ? held : {});
  const rest = Object.fromEntries(known.filter(([key]) => !like.more.includes(key)));
  return openApi().schema(like.schema, rest);
};
