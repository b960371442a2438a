import { Ajv2020 } from "ajv/dist/2020.js";
import type {
  APIChatInputApplicationCommandDMInteraction,
  APIChatInputApplicationCommandGuildInteraction,
  APIEmoji,
  APIUnavailableGuild,
  GatewayChannelPinsUpdateDispatchData,
  GatewayGuildBanAddDispatchData,
  GatewayGuildBanRemoveDispatchData,
  GatewayGuildDeleteDispatchData,
  GatewayGuildMemberRemoveDispatchData,
  GatewayGuildRoleDeleteDispatchData,
  GatewayHeartbeat,
  GatewayIdentify,
  GatewayIdentifyData,
  GatewayIdentifyProperties,
  GatewayMessageDeleteBulkDispatchData,
  GatewayMessageDeleteDispatchData,
  GatewayMessagePollVoteDispatchData,
  GatewayMessageReactionAddDispatchData,
  GatewayMessageReactionRemoveAllDispatchData,
  GatewayMessageReactionRemoveDispatchData,
  GatewayMessageReactionRemoveEmojiDispatchData,
  GatewayPresenceUpdateDispatchData,
  GatewayReadyDispatchData,
  GatewayResume,
  GatewayResumeData,
  GatewayThreadDeleteDispatchData,
  GatewayTypingStartDispatchData,
  GatewayWebhooksUpdateDispatchData,
} from "discord-api-types/v10";
import { openApi } from "./openapi.ts";

/**
 * The gateway's frames, which Discord's OpenAPI file does not hold. Each schema is held against the interface
 * of discord-api-types that it is of: a field that is missing, too much, optional or not, or of another type
 * does not compile. They are not generated: what frames carry of the REST API would come along, several
 * thousand lines of it, and is judged by that file, which Discord writes itself.
 */

const ajv = new Ajv2020({ strict: false, allErrors: true, code: { optimize: false } });

type Check = ReturnType<typeof ajv.compile>;

/** Compiled when it is needed first: few frames are seen in a test. */
const later = (schema: object): (() => Check) => {
  let made: Check | undefined;
  return () => (made ??= ajv.compile(schema));
};

/** The schemas that a value of that type may have; what is inside of objects and lists they say themselves. */
type SchemaOf<V> = [V] extends [boolean]
  ? { readonly type: "boolean" }
  : [V] extends [string]
    ? { readonly type: "string"; readonly pattern?: string }
    : [V] extends [number]
      ? { readonly type: "integer"; readonly [limit: string]: unknown } | { readonly const: V }
      : [V] extends [string | null]
        ? { readonly type: readonly ["string", "null"] }
        : [V] extends [number | null]
          ? { readonly type: readonly ["integer", "null"] }
          : [V] extends [readonly unknown[]]
            ? { readonly type: "array"; readonly [inside: string]: unknown }
            : { readonly type: "object"; readonly [inside: string]: unknown };

type OptionalIn<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

type RequiredFields<T> = {
  readonly [K in Exclude<keyof T, OptionalIn<T>>]: SchemaOf<T[K]>;
};
type OptionalFields<T> = {
  readonly [K in OptionalIn<T>]-?: SchemaOf<Exclude<T[K], undefined>>;
};

/** An object with all fields of that type, and no others. */
const objectOf =
  <T extends object>() =>
  (required: RequiredFields<T>, optional: OptionalFields<T>) =>
    ({
      type: "object",
      required: Object.keys(required),
      properties: { ...required, ...optional },
      additionalProperties: false,
    }) as const;

const shape = <T extends object>(required: RequiredFields<T>, optional: OptionalFields<T>) =>
  later(objectOf<T>()(required, optional));

const id = { type: "string", pattern: "^\\d{1,20}$" } as const;
const text = { type: "string" } as const;
const whole = { type: "integer" } as const;
const yes = { type: "boolean" } as const;

/** What a client may say, by opcode. */
const said: Readonly<Record<number, () => Check>> = {
  1: shape<GatewayHeartbeat>({ op: { const: 1 }, d: { type: ["integer", "null"] } }, {}),
  2: shape<GatewayIdentify>(
    {
      op: { const: 2 },
      d: objectOf<GatewayIdentifyData>()(
        {
          token: text,
          intents: whole,
          properties: objectOf<GatewayIdentifyProperties>()(
            { os: text, browser: text, device: text },
            {},
          ),
        },
        {
          compress: yes,
          large_threshold: { type: "integer", minimum: 50, maximum: 250 },
          shard: { type: "array", items: whole, minItems: 2, maxItems: 2 },
          presence: { type: "object" },
          capabilities: whole,
        },
      ),
    },
    {},
  ),
  6: shape<GatewayResume>(
    {
      op: { const: 6 },
      d: objectOf<GatewayResumeData>()({ token: text, session_id: text, seq: whole }, {}),
    },
    {},
  ),
};

const emoji = objectOf<Pick<APIEmoji, "id" | "name" | "animated">>()(
  { id: { type: ["string", "null"] }, name: { type: ["string", "null"] } },
  { animated: yes },
);
const member = { type: "object", required: ["roles", "joined_at"] } as const;
const colours = { type: "array", items: text } as const;
const reaction = {
  user_id: id,
  channel_id: id,
  message_id: id,
  emoji,
  burst: yes,
  type: whole,
} as const;
const vote = { user_id: id, channel_id: id, message_id: id, answer_id: whole } as const;
const guild = { guild_id: id } as const;
const user = { type: "object", required: ["id", "username"] } as const;

const interaction = {
  id,
  application_id: id,
  type: { const: 2 },
  token: text,
  version: { const: 1 },
  data: { type: "object", required: ["id", "name", "type"] },
  channel: { type: "object", required: ["id", "type"] },
  channel_id: id,
  app_permissions: text,
  locale: text,
  entitlements: { type: "array", items: { type: "object" } },
  authorizing_integration_owners: { type: "object" },
  attachment_size_limit: whole,
} as const;
const interactionToo = { message: { type: "object" }, context: whole } as const;

/** What only frames hold, by the name of the event. */
const dispatched: Readonly<Record<string, () => Check>> = {
  READY: shape<GatewayReadyDispatchData>(
    {
      v: whole,
      user,
      guilds: { type: "array", items: { type: "object", required: ["id", "unavailable"] } },
      session_id: text,
      resume_gateway_url: text,
      application: { type: "object", required: ["id", "flags"] },
    },
    { shard: { type: "array", items: whole, minItems: 2, maxItems: 2 } },
  ),
  // It has no data that means anything; the real gateway tells its trace.
  RESUMED: later({
    type: "object",
    properties: { _trace: { type: "array" } },
    additionalProperties: false,
  }),
  GUILD_DELETE: shape<GatewayGuildDeleteDispatchData>({ id }, { unavailable: yes }),
  MESSAGE_DELETE: shape<GatewayMessageDeleteDispatchData>({ id, channel_id: id }, guild),
  MESSAGE_DELETE_BULK: shape<GatewayMessageDeleteBulkDispatchData>(
    { ids: { type: "array", items: id }, channel_id: id },
    guild,
  ),
  MESSAGE_REACTION_ADD: shape<GatewayMessageReactionAddDispatchData>(reaction, {
    ...guild,
    member,
    message_author_id: id,
    burst_colors: colours,
  }),
  MESSAGE_REACTION_REMOVE: shape<GatewayMessageReactionRemoveDispatchData>(reaction, guild),
  MESSAGE_REACTION_REMOVE_ALL: shape<GatewayMessageReactionRemoveAllDispatchData>(
    { channel_id: id, message_id: id },
    guild,
  ),
  MESSAGE_REACTION_REMOVE_EMOJI: shape<GatewayMessageReactionRemoveEmojiDispatchData>(
    { channel_id: id, message_id: id, emoji },
    guild,
  ),
  MESSAGE_POLL_VOTE_ADD: shape<GatewayMessagePollVoteDispatchData>(vote, guild),
  MESSAGE_POLL_VOTE_REMOVE: shape<GatewayMessagePollVoteDispatchData>(vote, guild),
  TYPING_START: shape<GatewayTypingStartDispatchData>(
    { channel_id: id, user_id: id, timestamp: whole },
    { ...guild, member },
  ),
  CHANNEL_PINS_UPDATE: shape<GatewayChannelPinsUpdateDispatchData>(
    { channel_id: id },
    { ...guild, last_pin_timestamp: { type: ["string", "null"] } },
  ),
  WEBHOOKS_UPDATE: shape<GatewayWebhooksUpdateDispatchData>({ guild_id: id, channel_id: id }, {}),
  GUILD_ROLE_DELETE: shape<GatewayGuildRoleDeleteDispatchData>({ guild_id: id, role_id: id }, {}),
  GUILD_MEMBER_REMOVE: shape<GatewayGuildMemberRemoveDispatchData>({ guild_id: id, user }, {}),
  GUILD_BAN_ADD: shape<GatewayGuildBanAddDispatchData>({ guild_id: id, user }, {}),
  GUILD_BAN_REMOVE: shape<GatewayGuildBanRemoveDispatchData>({ guild_id: id, user }, {}),
  PRESENCE_UPDATE: shape<GatewayPresenceUpdateDispatchData>(
    { user: { type: "object", required: ["id"] }, guild_id: id },
    {
      status: text,
      activities: { type: "array", items: { type: "object", required: ["name", "type"] } },
      client_status: { type: "object" },
    },
  ),
  USER_UPDATE: later(user),
  // A use of a command, in a server or in private.
  INTERACTION_CREATE: later({
    oneOf: [
      objectOf<APIChatInputApplicationCommandGuildInteraction>()(
        { ...interaction, guild_id: id, member: { ...member, required: ["user", "permissions"] } },
        { ...interactionToo, guild: { type: "object", required: ["id"] }, guild_locale: text },
      ),
      objectOf<APIChatInputApplicationCommandDMInteraction>()(
        { ...interaction, user },
        { ...interactionToo, guild: { type: "object", required: ["id"] }, guild_locale: text },
      ),
    ],
  }),
  THREAD_DELETE: shape<GatewayThreadDeleteDispatchData>(
    { id, guild_id: id, parent_id: id, type: whole },
    {},
  ),
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

const spell = (made: () => Check, value: unknown): readonly string[] => {
  const check = made();
  if (check(value)) return [];
  return (check.errors ?? []).map(
    (it) => `${it.instancePath} ${it.message} ${JSON.stringify(it.params)}`,
  );
};

/** What is wrong with a frame of a client. */
export const judgeSaid = (frame: unknown): readonly string[] => {
  const op = typeof frame === "object" && frame !== null && "op" in frame ? Number(frame.op) : -1;
  const check = said[op];
  return check === undefined ? [`no such opcode ${op}`] : spell(check, frame);
};

const unavailable = shape<APIUnavailableGuild>({ id, unavailable: yes }, {});

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
