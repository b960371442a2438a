import {
  object,
  optional,
  schema,
  text,
  type Problem,
  type Schema,
  type Shaped,
} from "@bridgebox/core/adapter";

const botToken = text({
  says: "The app's bot token, from OAuth & Permissions.",
  example: "xoxb-1234-5678-abcdefgh",
  secret: true,
  pattern: /xoxb-[\w.%-]+/,
  expects: "a token that begins with xoxb-",
});

const appToken = text({
  says: "The app-level token, for Socket Mode. Without it, and with signing_secret, events come by HTTP.",
  example: "xapp-1-A0123456789-1234-abcdefgh",
  secret: true,
  pattern: /xapp-[\w.%-]+/,
  expects: "a token that begins with xapp-",
});

const shape = object(
  {
    bot_token: optional(botToken),
    app_token: optional(appToken),
    signing_secret: optional(
      text({
        says: "The app's signing secret: Slack's events to /network/<name>/events are checked by it.",
        example: "0123456789abcdef0123456789abcdef",
        secret: true,
      }),
    ),
    client_id: optional(
      text({
        says: "The app's client id, so that people can log in by their browser.",
        example: "1234.5678",
      }),
    ),
    client_secret: optional(
      text({
        says: "The app's client secret, which goes with client_id.",
        example: "0123456789abcdef0123456789abcdef",
        secret: true,
      }),
    ),
    api_url: text({
      says: "Where Slack's Web API answers; another one for GovSlack and for tests.",
      default: "https://slack.com/api/",
      example: "https://slack.com/api/",
      pattern: /https?:\/\/[^\s]+\//,
      expects: "an address that ends with a slash",
    }),
  },
  {
    says: "A Slack workspace.",
    check: (given): readonly Problem[] => {
      const problems: Problem[] = [];
      const ways = given.app_token !== undefined || given.signing_secret !== undefined;
      if (given.bot_token !== undefined && !ways)
        problems.push({
          path: ["bot_token"],
          says: "hears nothing. Put app_token beside it for Socket Mode, or signing_secret for HTTP.",
        });
      if (given.bot_token === undefined && ways)
        problems.push({ path: ["bot_token"], says: "is missing. Put the app's bot token." });
      if ((given.client_id === undefined) !== (given.client_secret === undefined))
        problems.push({ path: ["client_id"], says: "goes with client_secret. Put both, or none." });
      if (!isSafe(given.api_url))
        problems.push({
          path: ["api_url"],
          says: "would show tokens to everybody on the way. Put an https address.",
        });
      return problems;
    },
  },
);

/** Plain HTTP is for a server on the same machine. */
const isSafe = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || hostname === "127.0.0.1" || hostname === "localhost";
};

export type SlackConfig = Shaped<typeof shape>;

export const configSchema: Schema<SlackConfig> = schema({ version: 1, shape });

/**
 * `bot`: an app's bot; with `app_token` one that opens its own socket, else that of the config.
 * `user`: a person's token of the config's app. `session`: a browser's token and cookie.
 */
export interface SlackAccount {
  readonly kind: "bot" | "user" | "session";
  readonly token: string;
  readonly app_token?: string;
  readonly cookie?: string;
  readonly [key: string]: string;
}

const accountShape = object(
  {
    kind: text({ says: "What kind of token it is.", example: "user", pattern: /bot|user|session/ }),
    token: text({ says: "The token.", example: "xoxp-1", secret: true, max: 2000 }),
    app_token: optional(
      text({ says: "An app-level token.", example: "xapp-1", secret: true, max: 2000 }),
    ),
    cookie: optional(text({ says: "The d cookie.", example: "xoxd-1", secret: true, max: 4000 })),
  },
  { says: "What a login is made of." },
);

const parsed = schema({ version: 1, shape: accountShape });

export const accountSchema: Schema<SlackAccount> = {
  version: parsed.version,
  docs: parsed.docs,
  parse: (value) => {
    const account = parsed.parse(value);
    if (!account.ok) return account;
    const { kind, token, app_token: app, cookie } = account.value;
    if (kind === "session" && cookie === undefined)
      return { ok: false, problems: [{ path: ["cookie"], says: "is missing. Put the d cookie." }] };
    return {
      ok: true,
      value: {
        kind: kind === "bot" || kind === "session" ? kind : "user",
        token,
        ...(app === undefined ? {} : { app_token: app }),
        ...(cookie === undefined ? {} : { cookie }),
      },
    };
  },
};
