import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";
import { BridgeError, type ErrorCode, type ErrorScope } from "@bridgebox/core/adapter";

/** What an error of Slack's means to a person: code, what is closed by it, and why. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly scope: ErrorScope;
  readonly why: string;
  /** A new token, or a new login, is what helps. */
  readonly anew?: true;
}

/** Where in the config a token stands, if it is not a person's. */
export type Setting = "bot_token" | "app_token" | undefined;

/** What helps where a token is dead. */
export const anewBy = (setting: Setting): string =>
  setting === undefined ? "log in again" : `put a new ${setting} into the config`;

const says = (code: ErrorCode, scope: ErrorScope, why: string): Meaning => ({ code, scope, why });

const over: Meaning = {
  ...says("auth", "login", "Slack does not take this login any more"),
  anew: true,
};
const gone = says("not_found", "item", "the message does not exist any more");
const noRight = says("forbidden", "chat", "the workspace does not allow it there");
const fault = "Slack has a fault of its own";

/** docs.slack.dev/reference/methods, the errors that a bridge meets. */
export const meanings: Readonly<Record<string, Meaning>> = {
  invalid_auth: over,
  not_authed: over,
  token_revoked: over,
  token_expired: over,
  account_inactive: says("auth", "login", "the account or the app was removed from the workspace"),
  user_removed_from_team: says("auth", "login", "the account was removed from the workspace"),
  org_login_required: {
    ...says("auth", "login", "the workspace has moved to an organisation"),
    anew: true,
  },
  team_access_not_granted: says("auth", "login", "the app is not installed in that workspace"),
  not_allowed_token_type: says("unsupported", "item", "this kind of token may not do that"),
  no_permission: says("forbidden", "item", "this account may not do that"),
  access_denied: says("forbidden", "item", "this account may not do that"),
  ekm_access_denied: says("forbidden", "chat", "the workspace's administrators have suspended it"),
  channel_not_found: says(
    "not_found",
    "chat",
    "Slack does not know that conversation, or this account is not in it",
  ),
  not_in_channel: says(
    "forbidden",
    "chat",
    "this account is not in that channel – invite it there",
  ),
  is_archived: says("forbidden", "chat", "the channel is archived"),
  name_taken: says("invalid", "item", "there is a channel of that name already"),
  cant_invite_self: says("invalid", "item", "one cannot invite oneself"),
  cant_invite: says("forbidden", "item", "this account may not invite them"),
  ura_max_channels: says("forbidden", "item", "a guest of one channel may be in no other"),
  cant_kick_from_general: says("forbidden", "item", "everybody stays in that channel"),
  restricted_action: noRight,
  restricted_action_read_only_channel: noRight,
  restricted_action_thread_only_channel: noRight,
  restricted_action_non_threadable_channel: noRight,
  cannot_dm_bot: says("forbidden", "chat", "bots cannot be written to"),
  user_is_restricted: says("forbidden", "chat", "guests may not do that there"),
  method_not_supported_for_channel_type: says(
    "unsupported",
    "item",
    "that kind of conversation has nothing like it",
  ),
  user_not_found: says("not_found", "item", "Slack does not know that person"),
  user_not_visible: says("not_found", "item", "this account may not see that person"),
  user_disabled: says("gone", "item", "that account was deactivated"),
  bot_not_found: says("not_found", "item", "Slack does not know that bot"),
  message_not_found: gone,
  thread_not_found: gone,
  file_not_found: says("not_found", "item", "the file does not exist any more"),
  file_deleted: says("gone", "item", "the file was deleted"),
  cant_update_message: says("forbidden", "item", "only its author may change that message"),
  cant_delete_message: says("forbidden", "item", "this account may not delete that message"),
  edit_window_closed: says("expired", "item", "the workspace takes no edits after that time"),
  msg_too_long: says("too_large", "item", "the text is longer than Slack takes"),
  no_text: says("invalid", "item", "there is no text in it"),
  invalid_blocks: says("invalid", "item", "Slack cannot show it in that form"),
  invalid_name: says("invalid", "item", "Slack has no emoji of that name"),
  too_many_emoji: says(
    "forbidden",
    "item",
    "the message has as many different reactions as Slack allows",
  ),
  too_many_reactions: says(
    "forbidden",
    "item",
    "this account has as many reactions there as Slack allows",
  ),
  invalid_code: says(
    "invalid",
    "item",
    "the code of the login was used or is too old – start again",
  ),
  bad_client_secret: says(
    "auth",
    "network",
    "client_id and client_secret do not belong together – check the config",
  ),
  invalid_client_id: says("auth", "network", "Slack does not know client_id – check the config"),
  bad_redirect_uri: says(
    "invalid",
    "item",
    "the address of this box is not among the app's redirect URLs – add it",
  ),
  storage_limit_reached: says("full", "item", "the workspace has no room for files left"),
  file_uploads_disabled: says("forbidden", "chat", "the workspace takes no files"),
  message_limit_exceeded: says(
    "forbidden",
    "network",
    "the workspace has reached its limit of messages",
  ),
};

/** Slack's own code in an error of ours, such as `already_reacted`. */
export const slackCode = (error: unknown): string | undefined => {
  const cause = error instanceof BridgeError ? error.cause : error;
  return cause instanceof WebAPIPlatformError ? codeIn(cause) : undefined;
};

/** The library takes a whole page that is no JSON, or nothing at all, for a code. */
const codeIn = ({ data }: WebAPIPlatformError): string | undefined => {
  const code: unknown = data.error;
  return typeof code === "string" && /^[\w.:-]{1,80}$/.test(code) ? code : undefined;
};

/** An answer without what was asked for. `unknown`: the call may have changed something. */
export const unreadable = (
  what: string,
  { reached = "no", cause }: { readonly reached?: "no" | "unknown"; readonly cause?: unknown } = {},
): BridgeError => {
  const facts = { reached, scope: "item", cause } as const;
  if (reached === "no")
    return new BridgeError(
      "network",
      `${what}: Slack's answer cannot be read, as if something on the way had answered in its place. If trying again does not help, the admin should look at the box's way to Slack.`,
      facts,
    );
  return new BridgeError(
    "network",
    `${what}, as far as is known: Slack's answer cannot be read. Look on Slack whether it was done, before you do it again.`,
    facts,
  );
};

/** True where Slack will not let this account do it, now or later: another one may. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof BridgeError && /^(?:not_found|forbidden|unsupported|invalid)$/.test(error.code);

/** True for what ends a login for good. */
export const isLoginOver = (error: BridgeError): boolean =>
  error.scope === "login" && error.code === "auth";

interface Call {
  readonly what: string;
  readonly method: string;
  /** A request was begun. */
  readonly left: boolean;
  readonly aborted: boolean;
  /** Whose token it was made with. */
  readonly setting: Setting;
}

/** Anything thrown by a call, as the error that a person reads. */
export const toBridgeError = (thrown: unknown, call: Call): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  if (thrown instanceof WebAPIRateLimitedError) return waiting(thrown, call);
  if (thrown instanceof WebAPIPlatformError) return refused(thrown, call);
  if (call.aborted) return givenUp(thrown, call);
  if (thrown instanceof WebAPIHTTPError) return broken(thrown, call);
  return unreachable(thrown, call);
};

/** Whoever is asked to wait for longer asks again after an hour; in seconds. */
const longestWait = 3600;

const waiting = (cause: WebAPIRateLimitedError, { what, method }: Call): BridgeError => {
  const seconds = Math.min(Math.max(cause.retryAfter, 1), longestWait);
  return new BridgeError("rate_limit", `${what} yet: Slack asks to wait ${seconds} seconds.`, {
    reached: "no",
    scope: method === "chat.postMessage" ? "chat" : "item",
    retryAfter: seconds * 1000,
    cause,
  });
};

const refused = (cause: WebAPIPlatformError, { what, setting }: Call): BridgeError => {
  const name = codeIn(cause);
  if (name === undefined) return unreadable(what, { reached: "unknown", cause });
  if (name === "missing_scope") return noScope(cause, what);
  const known = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (known) {
    const { code, scope, why, anew } = known;
    const advice = anew ? ` – ${anewBy(setting)}` : "";
    return new BridgeError(code, `${what}: ${why}${advice}.`, { reached: "no", scope, cause });
  }
  if (/^(?:internal_error|fatal_error|service_unavailable|request_timeout)$/.test(name)) {
    const sentence = `${what}, as far as is known: ${fault} (${name}).`;
    return new BridgeError("network", sentence, { reached: "unknown", scope: "item", cause });
  }
  const sentence = `${what}: Slack refused it (${name}).`;
  return new BridgeError("invalid", sentence, { reached: "no", scope: "item", cause });
};

const noScope = (cause: WebAPIPlatformError, what: string): BridgeError => {
  const told: unknown = "needed" in cause.data ? cause.data.needed : undefined;
  const needed = typeof told === "string" ? told.slice(0, 80) : "that is needed";
  const sentence = `${what}: the app lacks the scope ${needed}. Add it at api.slack.com/apps and install the app again.`;
  return new BridgeError("forbidden", sentence, { reached: "no", scope: "item", cause });
};

const givenUp = (cause: unknown, { what, left }: Call): BridgeError =>
  left
    ? new BridgeError("timeout", `${what}, as far as is known: Slack did not answer in time.`, {
        reached: "unknown",
        scope: "item",
        cause,
      })
    : new BridgeError("timeout", `${what}: it was given up before.`, {
        reached: "no",
        scope: "item",
        cause,
      });

const broken = (cause: WebAPIHTTPError, { what }: Call): BridgeError =>
  new BridgeError("network", `${what}, as far as is known: ${fault} (${cause.statusCode}).`, {
    reached: "unknown",
    scope: "item",
    cause,
  });

const unreachable = (cause: unknown, { what, left }: Call): BridgeError => {
  const never = !left || neverArrived(cause);
  const known = never ? "" : ", as far as is known";
  const sentence = `${what}${known}: Slack cannot be reached. It is tried again.`;
  const facts = { reached: never ? "no" : "unknown", scope: "login", cause } as const;
  return new BridgeError("network", sentence, facts);
};

/** No connection was made at all. */
const neverArrived = (thrown: unknown): boolean => {
  for (let error = thrown, depth = 0; depth < 6; depth += 1) {
    if (typeof error !== "object" || error === null) return false;
    const code = "code" in error ? String(error.code) : "";
    if (
      /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(
        code,
      )
    )
      return true;
    error = "original" in error ? error.original : "cause" in error ? error.cause : undefined;
  }
  return false;
};

/** The stream of events is over for now. */
export const lost = (): BridgeError =>
  new BridgeError(
    "network",
    "Slack's events are not heard: the connection was lost. It is tried again.",
    {
      reached: "no",
      scope: "login",
    },
  );

/** The stream is begun again where the core stands. */
export const behind = (): BridgeError =>
  new BridgeError(
    "full",
    "Slack's events are heard anew: more came from Slack than could be stored. It is fetched again.",
    { reached: "no", scope: "login" },
  );
