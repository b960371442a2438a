import { BridgeError, errorTable } from "@bridgebox/core/adapter";
import type { ErrorCode, ErrorScope } from "@bridgebox/core/adapter";
import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";

/** What an error code of Discord means to a person. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly scope: ErrorScope;
  readonly why: string;
}

const says = (code: ErrorCode, scope: ErrorScope, why: string): Meaning => ({ code, scope, why });

const lacks = (what: string): string => `the bot lacks ${what} there – give it to the bot's role`;

const noMessage = says("not_found", "item", "the message does not exist any more");
const noChat = says("not_found", "chat", "Discord does not know that channel");

/** docs.discord.com/developers/topics/opcodes-and-status-codes#json, the ones that a bridge meets. */
export const meanings: Readonly<Record<number, Meaning>> = {
  10_003: noChat,
  10_004: says("gone", "chat", "the bot is not in that server"),
  10_007: says("not_found", "item", "that person is not in the server"),
  10_008: noMessage,
  10_013: says("not_found", "item", "Discord does not know that person"),
  10_014: says("invalid", "item", "Discord does not know that emoji"),
  10_015: says("gone", "item", "the webhook was deleted"),
  30_003: says("full", "item", "the channel has as many pins as it can have"),
  30_007: says("forbidden", "chat", "the channel has as many webhooks as it can have – delete one"),
  30_010: says("full", "item", "the message has as many reactions as it can have"),
  40_005: says("too_large", "item", "the file is larger than Discord takes"),
  50_001: says("forbidden", "chat", "the bot does not see that channel – give it View Channel"),
  50_005: says("forbidden", "item", "only its author may change that message"),
  50_006: says("invalid", "item", "there is nothing in it"),
  50_007: says("forbidden", "chat", "that person takes no private messages from this bot"),
  50_013: says("forbidden", "item", lacks("a permission")),
  50_024: says("unsupported", "item", "this kind of channel has nothing like it"),
  50_027: says("gone", "item", "the webhook was deleted"),
  50_033: says("not_found", "item", "Discord does not know that person"),
  50_035: says("invalid", "item", "Discord does not take it as it is"),
  50_083: says("forbidden", "chat", "the thread is archived and locked"),
  90_001: says("forbidden", "item", "that person has blocked the bot"),
  160_002: says(
    "forbidden",
    "item",
    "the bot cannot read older messages there – give it Read Message History",
  ),
  200_000: says("forbidden", "item", "the server's AutoMod blocked it"),
  220_001: says("invalid", "chat", "messages go into the posts of a forum, not into the forum"),
};

/** What did not happen, and by which permission it would have. */
export interface Ask {
  /** "The message was not sent" */
  readonly what: string;
  /** "Send Messages" */
  readonly needs?: string | undefined;
  /** The token is in the path (webhooks), so the bot's own is not sent. */
  readonly byPath?: boolean;
}

const maybe = ({ what }: Ask): string => `${what}, as far as is known`;

/** The number of a refusal by Discord. */
export const codeOf = (thrown: unknown): number | undefined => {
  if (thrown instanceof DiscordAPIError) return Number(thrown.code);
  const cause = thrown instanceof BridgeError ? thrown.cause : undefined;
  const known = typeof cause === "object" && cause !== null && "discord" in cause;
  return known ? Number(cause.discord) : undefined;
};

/** The message, the channel, the person is not there (any more). */
export const isUnknown = (thrown: unknown): boolean => {
  const code = codeOf(thrown);
  return code !== undefined && code >= 10_001 && code < 20_000;
};

/**
 * Anything thrown by a call, as the error that a person reads. The library's own errors hold addresses
 * with webhook tokens, so of a refusal only its number is kept.
 */
export const toBridgeError = (thrown: unknown, ask: Ask, signal?: AbortSignal): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  if (thrown instanceof RateLimitError) return waiting(thrown, ask);
  if (thrown instanceof DiscordAPIError) return refused(thrown, ask);
  if (thrown instanceof HTTPError) {
    const sentence = `${maybe(ask)}: Discord has a fault of its own (HTTP ${thrown.status}).`;
    return new BridgeError("network", sentence, { reached: "unknown", scope: "item" });
  }
  if (
    signal?.aborted === true ||
    nameOf(thrown) === "AbortError" ||
    nameOf(thrown) === "TimeoutError"
  ) {
    const sentence = `${maybe(ask)}: Discord did not answer in time.`;
    return new BridgeError("timeout", sentence, { reached: "unknown", scope: "item" });
  }
  const reached = neverLeft(thrown) ? "no" : "unknown";
  const what = reached === "no" ? ask.what : maybe(ask);
  return new BridgeError("network", `${what}: Discord cannot be reached. It is tried again.`, {
    reached,
    scope: "login",
    cause: { network: networkCode(thrown) ?? nameOf(thrown) },
  });
};

/** It was given up before it left. */
export const givenUp = ({ what }: Ask): BridgeError =>
  new BridgeError("timeout", `${what}: it was given up before.`, { reached: "no", scope: "item" });

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : typeof thrown);

const networkCode = (thrown: unknown): string | undefined => {
  for (let it = thrown; it instanceof Error; it = it.cause) {
    if ("code" in it && typeof it.code === "string") return it.code;
  }
  return undefined;
};

const unreachable: readonly string[] = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

const neverLeft = (thrown: unknown): boolean => unreachable.includes(networkCode(thrown) ?? "");

const refused = (error: DiscordAPIError, ask: Ask): BridgeError => {
  const { status } = error;
  const discord = Number(error.code);
  const { code, scope, why } = meaningOf(error, ask);
  return new BridgeError(code, `${ask.what}: ${why}.`, {
    reached: "no",
    scope,
    cause: { status, discord },
  });
};

const meaningOf = (
  { code, status, message }: DiscordAPIError,
  { needs, byPath = false }: Ask,
): Meaning => {
  if (code === 50_013 && needs !== undefined)
    return says("forbidden", "item", lacks(`the permission ${needs}`));
  const known = meanings[Number(code)];
  if (known !== undefined && code !== 50_035) return known;
  // Discord numbers its refusals. Whoever else answers says nothing about the bot, or what it did.
  if (!Number.isFinite(Number(code))) return notDiscord;
  if (status === 401) return byPath ? addressRefused : tokenRefused;
  const detail = message.replaceAll(/\s+/g, " ").slice(0, 200);
  if (known !== undefined) return says(known.code, known.scope, `${known.why} (${detail})`);
  const kind = { 403: "forbidden", 404: "not_found", 413: "too_large" } as const;
  const byStatus = status === 403 || status === 404 || status === 413 ? kind[status] : "invalid";
  return says(byStatus, "item", `Discord refused it (${detail})`);
};

const notDiscord = says(
  "network",
  "login",
  "something on the way to Discord answered in its place. It is tried again",
);

const addressRefused = says("gone", "item", "Discord does not know where it was to go any more");

const tokenRefused = says(
  "auth",
  "login",
  "Discord does not know the bot's token any more – make a new one on the developer page",
);

/** Without a right answer to this nothing goes on. */
export const isTokenRefused = (error: BridgeError): boolean =>
  error.code === "auth" && error.scope === "login";

/** May work in a while by itself. */
export const isTransient = ({ code }: BridgeError): boolean => errorTable[code].transient;

/** Discord asks for a day at most; a timer of longer than 24 days would be none. */
const longestWait = 86_400_000;

/** docs.discord.com/developers/topics/rate-limits: whom the limit stops. */
const waiting = (error: RateLimitError, { what }: Ask): BridgeError => {
  const { global, scope, retryAfter, timeToReset, sublimitTimeout } = error;
  const local = Math.max(sublimitTimeout, timeToReset);
  const asked = Math.ceil(global || local <= 0 ? retryAfter : local);
  const wait = Math.min(longestWait, Math.max(1, Number.isFinite(asked) ? asked : 1000));
  const who = scope === "shared" ? "the channel is too busy" : "the bot is to slow down";
  const seconds = Math.max(1, Math.round(wait / 1000));
  return new BridgeError("rate_limit", `${what} yet: ${who}, for about ${seconds} s.`, {
    reached: "no",
    scope: global || scope === "global" ? "login" : "chat",
    retryAfter: wait,
  });
};

/** The stream is begun again where the core stands. */
export const notStored = (cause: unknown): BridgeError =>
  new BridgeError(
    "full",
    "Reconnecting: what came from Discord could not be stored. It is fetched again.",
    { reached: "no", scope: "login", cause },
  );

/** What the box keeps for itself. */
export const notRead = (cause: unknown): BridgeError =>
  new BridgeError(
    "full",
    "Nothing comes from Discord yet: what the box keeps of its bot could not be read. It is tried again.",
    { reached: "no", scope: "login", cause },
  );

export const behind = (): BridgeError =>
  new BridgeError(
    "full",
    "Reconnecting: more came from Discord than could be stored. It is fetched again.",
    {
      reached: "no",
      scope: "login",
    },
  );
