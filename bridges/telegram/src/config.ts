import {
  integer,
  list,
  object,
  optional,
  schema,
  text,
  type Schema,
  type Shape,
} from "@bridgebox/core/adapter";
import { parseServerKey } from "./api/server-key.ts";

/** Telegram's own data centres, unless `server` names another one. */
export interface TelegramConfig {
  readonly api_id: number;
  readonly api_hash: string;
  readonly bots: readonly string[];
  readonly device_name: string;
  readonly ping_seconds: number;
  readonly server?: ServerConfig;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly public_key: string;
  readonly dc: number;
}

/** `session` of an account that logged in; `token` of a bot, whose session the network's store keeps. */
export interface TelegramAccount {
  readonly session?: string;
  readonly token?: string;
  readonly [key: string]: string;
}

const keySays = "The server's RSA key: PEM, or its base64 lines as one.";
const keyExpects = "an RSA public key in PEM";

/** A key has line breaks, so it is not a `text`. */
const publicKey: Shape<string> = {
  expects: keyExpects,
  doc: { type: "PEM", says: keySays, required: true, secret: false, example: "MIIBCgKCAQEA…" },
  read: (value, path) =>
    typeof value === "string" && parseServerKey(value) !== undefined
      ? { ok: true, value }
      : { ok: false, problems: [{ path, says: `is not a key. Put ${keyExpects}.` }] },
};

const token = text({
  says: "A bot's token from @BotFather.",
  example: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
  secret: true,
  pattern: /\d{1,18}:[A-Za-z0-9_-]+/,
  expects: "a bot token",
});

const shape = object(
  {
    api_id: integer({
      says: "Your app's number from https://my.telegram.org, section API development tools.",
      example: 12_345,
      min: 1,
    }),
    api_hash: text({
      says: "Your app's hash, from the same page.",
      example: "0123456789abcdef0123456789abcdef",
      secret: true,
    }),
    bots: list(token, {
      says: "Bots that speak for people without a login; each must be a member of the group.",
      default: [],
    }),
    device_name: text({
      says: "How this box is called in Telegram's list of devices.",
      default: "bridgebox",
      example: "bridgebox",
    }),
    ping_seconds: integer({
      says: "Between two questions whether Telegram is there; unanswered for half as long, it is not.",
      default: 30,
      min: 5,
      max: 300,
    }),
    server: optional(
      object(
        {
          host: text({ says: "Its address.", example: "127.0.0.1" }),
          port: integer({ says: "Its port.", example: 443, min: 1, max: 65_535 }),
          public_key: publicKey,
          dc: integer({ says: "Its data centre number.", default: 2, min: 1, max: 255 }),
        },
        { says: "A private or test server in place of Telegram's own." },
      ),
    ),
  },
  { says: "A Telegram account or bot, by Telegram's own protocol." },
);

export const configSchema: Schema<TelegramConfig> = schema({ version: 1, shape });

const accountShape = object(
  {
    session: optional(
      text({ says: "The session of a login.", example: "1…", secret: true, max: 2000 }),
    ),
    token: optional(token),
  },
  { says: "What a login is made of." },
);

const parsed = schema({ version: 1, shape: accountShape });

export const accountSchema: Schema<TelegramAccount> = {
  version: parsed.version,
  docs: parsed.docs,
  parse: (value) => {
    const account = parsed.parse(value);
    if (!account.ok) return account;
    const { session, token: bot } = account.value;
    if (session === undefined && bot === undefined) {
      return { ok: false, problems: [{ path: [], says: "has neither a session nor a token." }] };
    }
    return {
      ok: true,
      value: {
        ...(session === undefined ? {} : { session }),
        ...(bot === undefined ? {} : { token: bot }),
      },
    };
  },
};
