import { BridgeError, type ErrorCode, type ErrorScope } from "@bridgebox/core/adapter";
import { NoAnswer } from "./api/wire.ts";
import type { Meaning } from "./meaning.ts";
import { refusals } from "./refusals.ts";

const says = (code: ErrorCode, scope: ErrorScope, why: string): Meaning => ({ code, scope, why });

const loginOver = says("auth", "login", "Telegram ended this login – log in again");
const noRight = says("forbidden", "chat", "this account may not write there");
const noPeer = says("not_found", "chat", "Telegram does not know that chat or person");

/** core.telegram.org/api/errors, the names that a bridge meets. */
export const meanings: Readonly<Record<string, Meaning>> = {
  AUTH_KEY_UNREGISTERED: loginOver,
  AUTH_KEY_INVALID: loginOver,
  AUTH_KEY_PERM_EMPTY: loginOver,
  AUTH_KEY_DUPLICATED: says(
    "auth",
    "login",
    "the session was used from two places at once, so Telegram ended it – log in again",
  ),
  SESSION_REVOKED: says("auth", "login", "the login was ended from another device – log in again"),
  SESSION_EXPIRED: loginOver,
  USER_DEACTIVATED: says("auth", "login", "the Telegram account was deleted"),
  USER_DEACTIVATED_BAN: says("banned", "login", "Telegram has banned this account"),
  ACCESS_TOKEN_INVALID: says(
    "auth",
    "login",
    "the bot token is wrong – copy it again from @BotFather",
  ),
  ACCESS_TOKEN_EXPIRED: says(
    "auth",
    "login",
    "the bot token was revoked – get a new one from @BotFather",
  ),
  API_ID_INVALID: says(
    "auth",
    "network",
    "api_id and api_hash do not belong together – check the config",
  ),
  API_ID_PUBLISHED_FLOOD: says(
    "auth",
    "network",
    "Telegram has blocked this api_id – get an own one",
  ),
  PEER_FLOOD: says(
    "forbidden",
    "chat",
    "Telegram lets this account write to its contacts only, for now",
  ),
  CHAT_WRITE_FORBIDDEN: noRight,
  CHAT_SEND_PLAIN_FORBIDDEN: noRight,
  CHAT_RESTRICTED: noRight,
  CHAT_GUEST_SEND_FORBIDDEN: says(
    "forbidden",
    "chat",
    "only members may write there – join it first",
  ),
  CHAT_ADMIN_REQUIRED: says("forbidden", "item", "only admins may do that there"),
  CHAT_FORBIDDEN: says("forbidden", "chat", "this account is not in that group"),
  CHANNEL_PRIVATE: says("forbidden", "chat", "this account is not in that group"),
  USER_NOT_PARTICIPANT: says("forbidden", "chat", "this account is not in that group"),
  USER_BANNED_IN_CHANNEL: says("banned", "chat", "this account is banned there"),
  USER_IS_BLOCKED: says("forbidden", "chat", "that person has blocked this account"),
  USER_IS_BOT: says("forbidden", "chat", "bots cannot write to each other"),
  YOU_BLOCKED_USER: says(
    "forbidden",
    "chat",
    "this account has blocked that person – unblock first",
  ),
  USER_PRIVACY_RESTRICTED: says(
    "forbidden",
    "chat",
    "that person's privacy settings do not allow it",
  ),
  PRIVACY_PREMIUM_REQUIRED: says(
    "forbidden",
    "chat",
    "that person takes messages from Premium users only",
  ),
  INPUT_USER_DEACTIVATED: says("gone", "chat", "that account was deleted"),
  PEER_ID_INVALID: noPeer,
  CHAT_ID_INVALID: noPeer,
  CHANNEL_INVALID: noPeer,
  USER_ID_INVALID: noPeer,
  MESSAGE_ID_INVALID: says("not_found", "item", "the message does not exist any more"),
  MSG_ID_INVALID: says("not_found", "item", "the message does not exist any more"),
  MESSAGE_AUTHOR_REQUIRED: says("forbidden", "item", "only its author may change that message"),
  MESSAGE_EDIT_TIME_EXPIRED: says("expired", "item", "Telegram takes edits for 48 hours only"),
  MESSAGE_DELETE_FORBIDDEN: says("forbidden", "item", "this account may not delete that message"),
  REACTION_INVALID: says("unsupported", "item", "that chat does not take that reaction"),
  REACTIONS_TOO_MANY: says(
    "forbidden",
    "item",
    "this account has as many reactions there as it may",
  ),
  REACTION_EMPTY: says("invalid", "item", "there is no reaction in it"),
  MESSAGE_POLL_CLOSED: says("expired", "item", "the poll is over"),
  OPTION_INVALID: says("invalid", "item", "the poll has no such answer"),
  POLL_VOTE_REQUIRED: says("forbidden", "item", "only those who voted see the votes"),
  CHAT_SEND_MEDIA_FORBIDDEN: says(
    "forbidden",
    "item",
    "that group takes no files from this account",
  ),
  CHAT_SEND_PHOTOS_FORBIDDEN: says("forbidden", "item", "that group takes no photos"),
  CHAT_SEND_VIDEOS_FORBIDDEN: says("forbidden", "item", "that group takes no films"),
  CHAT_SEND_AUDIOS_FORBIDDEN: says("forbidden", "item", "that group takes no music"),
  CHAT_SEND_VOICES_FORBIDDEN: says("forbidden", "item", "that group takes no voice messages"),
  CHAT_SEND_ROUNDVIDEOS_FORBIDDEN: says("forbidden", "item", "that group takes no video messages"),
  CHAT_SEND_DOCS_FORBIDDEN: says("forbidden", "item", "that group takes no files"),
  CHAT_SEND_STICKERS_FORBIDDEN: says("forbidden", "item", "that group takes no stickers"),
  CHAT_SEND_GIFS_FORBIDDEN: says("forbidden", "item", "that group takes no GIFs"),
  CHAT_SEND_POLL_FORBIDDEN: says("forbidden", "item", "that group takes no polls"),
  VOICE_MESSAGES_FORBIDDEN: says("forbidden", "item", "that person takes no voice messages"),
  TOPIC_CLOSED: says("forbidden", "chat", "the topic is closed"),
  TOPIC_DELETED: says("gone", "chat", "the topic was deleted"),
  TOPIC_ID_INVALID: says("not_found", "chat", "there is no such topic"),
  MEDIA_CAPTION_TOO_LONG: says("too_large", "item", "the caption is longer than Telegram takes"),
  FILE_PART_TOO_BIG: says("too_large", "item", "the file is larger than Telegram takes"),
  FILE_PARTS_INVALID: says("too_large", "item", "the file is larger than Telegram takes"),
  MEDIA_PREV_INVALID: says("unsupported", "item", "Telegram cannot make that message another kind"),
  MESSAGE_EMPTY: says("invalid", "item", "there is no text in it"),
  MESSAGE_TOO_LONG: says("too_large", "item", "the text is longer than Telegram takes"),
  ENTITY_BOUNDS_INVALID: says("invalid", "item", "its formatting does not fit the text"),
  PHONE_NUMBER_INVALID: says(
    "invalid",
    "item",
    "that is no phone number – write it with its country code",
  ),
  PHONE_NUMBER_BANNED: says("banned", "item", "Telegram has banned that phone number"),
  PHONE_CODE_EXPIRED: says("expired", "item", "the code is too old – start again"),
  METHOD_INVALID: says("unsupported", "item", "the server does not know that request"),
  BOT_METHOD_INVALID: says("unsupported", "item", "bots may not do that"),
  ...refusals,
};

/** The name in an RPC error (`CHAT_WRITE_FORBIDDEN`), and the number at its end (`FLOOD_WAIT_30`). */
export interface RpcName {
  readonly name: string;
  readonly number: number | undefined;
  readonly status: number;
}

/** Reads the library's error classes, which keep the name in three different ways. */
export const rpcName = (thrown: unknown): RpcName | undefined => {
  if (typeof thrown !== "object" || thrown === null || !("errorMessage" in thrown))
    return undefined;
  const status = "code" in thrown && typeof thrown.code === "number" ? thrown.code : 0;
  const seconds =
    "seconds" in thrown && typeof thrown.seconds === "number" ? thrown.seconds : undefined;
  const dc = "newDc" in thrown && typeof thrown.newDc === "number" ? thrown.newDc : undefined;
  const kind = thrown.constructor.name;
  if (seconds !== undefined) {
    const name = kind === "SlowModeWaitError" ? "SLOWMODE_WAIT" : "FLOOD_WAIT";
    return { name, number: seconds, status: 420 };
  }
  if (dc !== undefined) return { name: kind.replace("Error", ""), number: dc, status: 303 };
  const text = String(thrown.errorMessage);
  const numbered = /^(.*?)_(\d+)$/.exec(text);
  if (numbered?.[1] === undefined) return { name: text, number: undefined, status };
  return { name: numbered[1], number: Number(numbered[2]), status };
};

/** True for the names that end a login for good. */
export const isLoginOver = (error: BridgeError): boolean =>
  error.scope === "login" && (error.code === "auth" || error.code === "banned");

/** The bot's token itself is refused, so that nothing can be made anew from it. */
export const isTokenRefused = (error: BridgeError): boolean =>
  error.code === "banned" || rpcName(error.cause)?.name.startsWith("ACCESS_TOKEN_") === true;

/**
 * Anything thrown by a call, as the error that a person reads. `what` is what did not happen: "The
 * message was not sent".
 */
export const toBridgeError = (thrown: unknown, what: string): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  if (thrown instanceof NoAnswer) return noAnswer(thrown, what);
  const rpc = rpcName(thrown);
  if (rpc !== undefined) return fromRpc(rpc, what, thrown);
  return new BridgeError("network", `${what}: Telegram cannot be reached. It is tried again.`, {
    reached: "unknown",
    scope: "login",
    cause: thrown,
  });
};

/** Nothing was sent: there is no connection at the moment. */
export const notConnected = (what: string): BridgeError =>
  new BridgeError("network", `${what}: there is no connection to Telegram. It is tried again.`, {
    reached: "no",
    scope: "login",
  });

const noAnswer = (thrown: NoAnswer, what: string): BridgeError => {
  if (thrown.why === "forgotten") {
    const sentence = `${what}: ${loginOver.why}.`;
    return new BridgeError("auth", sentence, { reached: "unknown", scope: "login", cause: thrown });
  }
  const timeout = thrown.why === "aborted";
  if (!thrown.sent) {
    const why = timeout ? "it was given up before" : "there is no connection to Telegram";
    const scope = timeout ? "item" : "login";
    const facts = { reached: "no", scope, cause: thrown } as const;
    return new BridgeError(timeout ? "timeout" : "network", `${what}: ${why}.`, facts);
  }
  const why = timeout ? "Telegram did not answer in time" : "the connection to Telegram was lost";
  return new BridgeError(timeout ? "timeout" : "network", `${what}, as far as is known: ${why}.`, {
    reached: "unknown",
    scope: timeout ? "item" : "login",
    cause: thrown,
  });
};

const fromRpc = (rpc: RpcName, what: string, cause: unknown): BridgeError => {
  if (rpc.name === "FLOOD_WAIT" || rpc.name === "SLOWMODE_WAIT") return waiting(rpc, what, cause);
  const known = meanings[rpc.name];
  if (known !== undefined) {
    const { code, scope, why } = known;
    return new BridgeError(code, `${what}: ${why}.`, { reached: "no", scope, cause });
  }
  if (rpc.status >= 500 || rpc.status < 0) {
    const sentence = `${what}, as far as is known: Telegram has a fault of its own (${rpc.name}).`;
    return new BridgeError("network", sentence, { reached: "unknown", scope: "item", cause });
  }
  const code = codeOfStatus(rpc.status);
  const sentence = `${what}: Telegram refused it (${rpc.name}).`;
  const scope = code === "auth" ? "login" : "item";
  return new BridgeError(code, sentence, { reached: "no", scope, cause });
};

const waiting = (rpc: RpcName, what: string, cause: unknown): BridgeError => {
  const seconds = rpc.number ?? 1;
  const slow = rpc.name === "SLOWMODE_WAIT";
  const why = slow ? "the group is in slow mode" : "Telegram asks this account to slow down";
  return new BridgeError("rate_limit", `${what} yet: ${why} and wait ${seconds} seconds.`, {
    reached: "no",
    scope: slow ? "chat" : "login",
    retryAfter: seconds * 1000,
    cause,
  });
};

const codeOfStatus = (status: number): ErrorCode => {
  if (status === 401) return "auth";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 420) return "rate_limit";
  return "invalid";
};
