/** What of JSON Schema is written here. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** One place where Slack's archived description is not what Slack does, and where that is said. */
export interface Correction {
  /** A definition or a method. */
  readonly of: string;
  readonly why: string;
  /** Keys that it may have besides, or that are something else than is said there. */
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Keys that it need not have. */
  readonly optional?: readonly string[];
}

const text: Schema = { type: "string" };
const whole: Schema = { type: "integer" };
const yes: Schema = { type: "boolean" };
const uri: Schema = { type: "string", format: "uri" };
const objectOf = (
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: "object",
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
  additionalProperties: false,
});
const list = (items: Schema): Schema => ({ type: "array", items });
const defined = (name: string): Schema => ({ $ref: `slack:${name}` });
const page = objectOf({ next_cursor: text });

/** A message in a thread is told with the answers to it, wherever its file was shared. */
const share = objectOf(
  { ts: defined("defs_ts") },
  {
    thread_ts: defined("defs_ts"),
    reply_count: whole,
    reply_users_count: whole,
    reply_users: list(defined("defs_user_id")),
    latest_reply: defined("defs_ts"),
    channel_name: text,
    team_id: defined("defs_team"),
  },
);
const shares: Schema = { type: "object", additionalProperties: list(share) };

export const corrections: readonly Correction[] = [
  {
    of: "objs_message",
    why: "came later: docs.slack.dev/reference/events/message and its subtypes, /messaging/message-metadata",
    properties: {
      app_id: defined("defs_app_id"),
      edited: objectOf({ user: text, ts: defined("defs_ts") }),
      hidden: yes,
      metadata: objectOf({ event_type: text, event_payload: { type: "object" } }),
    },
  },
  {
    of: "objs_message",
    why: "an icon has the size it has: docs.slack.dev/reference/events/message/bot_message",
    properties: { icons: { type: "object", additionalProperties: text } },
  },
  {
    of: "objs_message",
    why: "an attachment has more than pictures: docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments",
    properties: {
      attachments: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          required: ["id"],
          properties: {
            id: whole,
            fallback: text,
            pretext: text,
            author_name: text,
            title: text,
            title_link: text,
            text,
            from_url: text,
            service_name: text,
            image_url: uri,
            thumb_url: uri,
            footer: text,
            color: text,
            fields: list({ type: "object" }),
            blocks: defined("blocks"),
          },
        },
      },
    },
  },
  {
    of: "objs_message",
    why: "the line of a huddle: docs.slack.dev/reference/objects/conversation-object",
    properties: { room: { type: "object" }, permalink: uri, no_notifications: yes },
  },
  {
    of: "objs_file",
    why: "clips have a kind, a length and a loudness: docs.slack.dev/reference/objects/file-object",
    properties: {
      subtype: { enum: ["slack_audio", "slack_video"] },
      duration_ms: whole,
      audio_wave_samples: list(whole),
    },
  },
  {
    of: "objs_file",
    why: "where a file is shared is not nothing: docs.slack.dev/reference/methods/files.info",
    properties: { shares: objectOf({}, { public: shares, private: shares }) },
  },
  {
    of: "objs_conversation",
    why: "came later: docs.slack.dev/reference/objects/conversation-object",
    properties: { updated: whole, context_team_id: defined("defs_team") },
  },
  {
    of: "objs_user_profile",
    why: "fields are told by users.profile.get only: docs.slack.dev/reference/objects/user-object",
    optional: ["fields"],
  },
  {
    of: "chat.update",
    why: "blocks are a list there as everywhere: docs.slack.dev/reference/methods/chat.update",
    properties: { message: defined("objs_message") },
  },
  {
    of: "conversations.history",
    why: "pages came later, and a conversation may be empty: docs.slack.dev/reference/methods/conversations.history",
    properties: {
      response_metadata: page,
      messages: list(defined("objs_message")),
      channel_actions_ts: { type: ["integer", "null"] },
    },
    optional: ["channel_actions_ts", "channel_actions_count"],
  },
  {
    of: "conversations.replies",
    why: "pages came later, and its messages are messages as elsewhere, not two narrower kinds: docs.slack.dev/reference/methods/conversations.replies",
    properties: {
      response_metadata: page,
      messages: { type: "array", items: defined("objs_message"), minItems: 1 },
    },
  },
  {
    of: "users.list",
    why: "a page's end is told like that of any other: docs.slack.dev/apis/web-api/pagination",
    properties: { response_metadata: page },
  },
];

const authorization = objectOf({
  enterprise_id: { type: ["string", "null"] },
  team_id: defined("defs_team"),
  user_id: defined("defs_user_id"),
  is_bot: yes,
  is_enterprise_install: yes,
});
export const authorizations: Schema = list(authorization);

const ok = defined("defs_ok_true");

/** What the description says nothing of but that it is `ok`, and what came after it. */
export const laterReplies: Readonly<Record<string, Schema>> = {
  // docs.slack.dev/reference/methods/apps.connections.open
  "apps.connections.open": objectOf({ ok, url: { type: "string", pattern: "^wss?://" } }),
  // docs.slack.dev/reference/methods/apps.event.authorizations.list
  "apps.event.authorizations.list": objectOf({ ok, authorizations }, { response_metadata: page }),
  // docs.slack.dev/reference/methods/oauth.v2.access, of an app that asks for a person's scopes only
  "oauth.v2.access": objectOf({
    ok,
    app_id: defined("defs_app_id"),
    team: objectOf({ id: defined("defs_team"), name: text }),
    enterprise: { anyOf: [{ type: "null" }, objectOf({ id: text, name: text })] },
    is_enterprise_install: yes,
    authed_user: objectOf({
      id: defined("defs_user_id"),
      scope: text,
      access_token: { type: "string", pattern: "^xoxp-" },
      token_type: { const: "user" },
    }),
  }),
  // docs.slack.dev/reference/methods/emoji.list
  "emoji.list": objectOf(
    { ok, emoji: { type: "object", additionalProperties: text } },
    { cache_ts: text },
  ),
  // docs.slack.dev/reference/methods/files.getUploadURLExternal
  "files.getUploadURLExternal": objectOf({
    ok,
    upload_url: uri,
    file_id: defined("defs_file_id"),
  }),
  // docs.slack.dev/reference/methods/files.completeUploadExternal
  "files.completeUploadExternal": objectOf({
    ok,
    files: {
      type: "array",
      minItems: 1,
      items: objectOf({ id: defined("defs_file_id"), title: text }),
    },
  }),
};

/**
 * A refusal: the name of its reason is judged by the method
 * (docs.slack.dev/apis/web-api/#responses, and for the scopes that are told /authentication/tokens).
 */
export const refusal: Schema = {
  ...objectOf(
    { ok: { const: false }, error: text },
    { needed: text, provided: text, response_metadata: objectOf({ messages: list(text) }) },
  ),
  anyOf: [
    { properties: { error: { not: { const: "missing_scope" } } } },
    { required: ["needed", "provided"] },
  ],
};

/** Words for what is written by hand here and beside. */
export const shapes = { text, whole, yes, objectOf, list, defined };
