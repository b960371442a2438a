import { readFileSync } from "node:fs";
import { authorizations, shapes } from "./corrections.ts";
import type { Schema } from "./corrections.ts";
import { compiled, messageKeys, problemsOf } from "./described.ts";
import { isWireObject, textOf } from "./model.ts";
import type { WireObject } from "./model.ts";

/**
 * What goes out over sockets and to addresses. The archived description has the wrapper of events and
 * their names; what each is like is written here, from docs.slack.dev/reference/events/<name> and the
 * types of @slack/types.
 */

const { text, whole, yes, objectOf, list, defined } = shapes;
const moment = defined("defs_ts");
const person = defined("defs_user_id");
const place = defined("defs_channel");
const at = { event_ts: moment };
const of = (type: string): Schema => ({ const: type });

/** docs.slack.dev/reference/events/message: what some kinds of it have for certain. */
const surely: Readonly<Record<string, readonly string[]>> = {
  "": ["user"],
  bot_message: ["bot_id"],
  channel_purpose: ["user", "purpose"],
  channel_topic: ["user", "topic"],
  file_share: ["user", "files"],
  me_message: ["user"],
  thread_broadcast: ["user", "thread_ts"],
};
const channelType: Schema = { enum: ["channel", "group", "im", "mpim"] };
const message = (subtype: string): Schema => ({
  type: "object",
  required: [
    "type",
    "text",
    "ts",
    "channel",
    "channel_type",
    "event_ts",
    ...(surely[subtype] ?? []),
  ],
  properties: { ...messageKeys, channel: place, channel_type: channelType, ...at },
  additionalProperties: false,
});
const told = {
  type: of("message"),
  hidden: { const: true },
  channel: place,
  channel_type: channelType,
  ts: moment,
  ...at,
};
const said = defined("objs_message");

const reaction = (type: string): Schema =>
  objectOf(
    {
      type: of(type),
      user: person,
      reaction: text,
      item: objectOf({ type: of("message"), channel: place, ts: moment }),
      ...at,
    },
    // Not of what an integration has said.
    { item_user: person },
  );
const pin = (type: string, more: Readonly<Record<string, Schema>> = {}): Schema =>
  objectOf({
    type: of(type),
    user: person,
    channel_id: place,
    item: objectOf({
      type: of("message"),
      channel: place,
      created: whole,
      created_by: person,
      message: said,
    }),
    ...more,
    ...at,
  });
const member = (type: string): Schema =>
  objectOf({
    type: of(type),
    user: person,
    channel: place,
    channel_type: { enum: ["C", "G"] },
    team: defined("defs_team"),
    ...at,
  });
const renamed = (type: string): Schema =>
  objectOf({
    type: of(type),
    channel: objectOf({
      id: place,
      name: text,
      name_normalized: text,
      created: whole,
      is_channel: yes,
      is_mpim: yes,
    }),
    ...at,
  });
const archived = (type: string): Schema =>
  objectOf({ type: of(type), channel: place, user: person, is_moved: whole, ...at });

const described: Readonly<Record<string, Schema>> = {
  "message message_changed": objectOf({
    ...told,
    subtype: of("message_changed"),
    message: said,
    previous_message: said,
  }),
  "message message_deleted": objectOf({
    ...told,
    subtype: of("message_deleted"),
    deleted_ts: moment,
    previous_message: said,
  }),
  reaction_added: reaction("reaction_added"),
  reaction_removed: reaction("reaction_removed"),
  pin_added: pin("pin_added"),
  pin_removed: pin("pin_removed", { has_pins: yes }),
  member_joined_channel: member("member_joined_channel"),
  member_left_channel: member("member_left_channel"),
  channel_left: objectOf({ type: of("channel_left"), channel: place, ...at }),
  group_left: objectOf({ type: of("group_left"), channel: place, ...at }),
  channel_rename: renamed("channel_rename"),
  group_rename: renamed("group_rename"),
  channel_archive: archived("channel_archive"),
  group_archive: archived("group_archive"),
  user_change: objectOf({
    type: of("user_change"),
    user: defined("objs_user"),
    cache_ts: whole,
    ...at,
  }),
  team_rename: objectOf({ type: of("team_rename"), name: text, ...at }),
  tokens_revoked: objectOf({
    type: of("tokens_revoked"),
    tokens: objectOf({}, { oauth: list(person), bot: list(person) }),
    ...at,
  }),
  app_uninstalled: objectOf({ type: of("app_uninstalled"), ...at }),
};

/** What only browsers' sockets are told; Slack describes it no longer (api.slack.com/legacy/rtm). */
const sessionOnly: Readonly<Record<string, Schema>> = {
  hello: objectOf({ type: of("hello"), fast_reconnect: yes }),
  pong: objectOf({ type: of("pong"), reply_to: whole }),
  user_typing: objectOf({ type: of("user_typing"), channel: place, user: person }),
  // docs.slack.dev/reference/events/presence_change, to whoever is aware of batches.
  presence_change: objectOf({
    type: of("presence_change"),
    users: list(person),
    presence: { enum: ["active", "away"] },
  }),
  channel_marked: objectOf({ type: of("channel_marked"), channel: place, ts: moment }),
};

/** docs.slack.dev/apis/events-api/using-socket-mode */
const host = { host: text };
const socketFrames: Readonly<Record<string, Schema>> = {
  hello: objectOf({
    type: of("hello"),
    num_connections: whole,
    debug_info: objectOf({ ...host, build_number: whole, approximate_connection_time: whole }),
    connection_info: objectOf({ app_id: defined("defs_app_id") }),
  }),
  events_api: objectOf({
    type: of("events_api"),
    envelope_id: text,
    payload: { type: "object" },
    accepts_response_payload: yes,
    retry_attempt: whole,
    retry_reason: text,
  }),
  disconnect: objectOf({
    type: of("disconnect"),
    reason: { enum: ["warning", "refresh_requested", "link_disabled"] },
    debug_info: objectOf(host),
  }),
};

const { wrapper: archivedWrapper, topics } = JSON.parse(
  readFileSync(new URL("../data/slack-events-api.json", import.meta.url), "utf8"),
) as { readonly wrapper: Schema; readonly topics: readonly string[] };

const made = new Map<string, ReturnType<typeof compiled>>();
const problems = (name: string, schema: Schema, value: WireObject): readonly string[] => {
  const check = made.get(name) ?? compiled(schema);
  made.set(name, check);
  return problemsOf(check, value).map((problem) => `${name}: ${problem}`);
};

/** Those of the wrapper that came later: docs.slack.dev/apis/events-api/#callback-field */
const wrapper: Schema = {
  allOf: [
    archivedWrapper,
    {
      required: ["authorizations", "event_context", "is_ext_shared_channel"],
      properties: {
        authorizations,
        event_context: text,
        is_ext_shared_channel: yes,
        type: of("event_callback"),
        api_app_id: defined("defs_app_id"),
        team_id: defined("defs_team"),
      },
    },
  ],
};

/** What is wrong in an event that this server is about to send to an app. */
export const eventProblems = (payload: WireObject): readonly string[] => {
  const { event } = payload;
  // `authed_users` of that description has been replaced by `authorizations`.
  const whole = { ...payload, authed_users: ["U0"] };
  return [
    ...problems("wrapper", wrapper, whole),
    ...(isWireObject(event) ? changeProblems(event) : []),
  ];
};

const changeProblems = (event: WireObject): readonly string[] => {
  const type = textOf(event["type"]);
  const known = topics.some((topic) => topic === type || topic.startsWith(`${type}_`));
  const subtype = type === "message" ? textOf(event["subtype"]) : "";
  const name = subtype === "" ? type : `${type} ${subtype}`;
  const schema = described[name] ?? (type === "message" ? message(subtype) : undefined);
  if (!known || schema === undefined) return [`there is no event ${name}`];
  return problems(name, schema, event);
};

/** What is wrong in a frame to an app's socket, apart from the event in it. */
export const frameProblems = (frame: WireObject): readonly string[] =>
  framed("socket", socketFrames, frame) ?? [`no frame ${textOf(frame["type"])}`];

/** What is wrong in a frame to a browser's socket. */
export const sessionProblems = (frame: WireObject): readonly string[] =>
  framed("session", sessionOnly, frame) ?? changeProblems(frame);

const framed = (
  where: string,
  schemas: Readonly<Record<string, Schema>>,
  frame: WireObject,
): readonly string[] | undefined => {
  const type = textOf(frame["type"]);
  const schema = schemas[type];
  return schema && problems(`${where} ${type}`, schema, frame);
};
