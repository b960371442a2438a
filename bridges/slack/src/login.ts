import {
  BridgeError,
  loginId,
  type Field,
  type LoginContext,
  type LoginFlow,
  type LoginUi,
  type NewLogin,
} from "@bridgebox/core/adapter";
import { identify, userScopes } from "./account.ts";
import { objectIn, textIn } from "./api/shapes.ts";
import { openApi, type Credentials } from "./api/web.ts";
import type { SlackAccount, SlackConfig } from "./config.ts";
import { isLoginOver } from "./errors.ts";
import { userOf } from "./ids.ts";

type Flow = LoginFlow<SlackConfig, SlackAccount>;
type Context = LoginContext<SlackConfig, SlackAccount>;

const failed = "You are not logged in";
const mostTries = 5;

const stop = (code: "forbidden" | "cancelled" | "unsupported", why: string): BridgeError =>
  new BridgeError(code, `${failed}: ${why}.`, { reached: "no", scope: "item" });

const appMissing =
  "the config of this box names no Slack app – ask the admin, or log in another way";

/** OAuth v2 (docs.slack.dev/authentication/installing-with-oauth): the person allows the app to be them. */
const oauth: Flow = {
  label: "Your browser",
  gives: "Your conversations, and your own account as the one that speaks.",
  risk: "Whoever runs this box can read and write as you until you remove the app from your account in Slack.",
  run: async (ui, context) => {
    const {
      client_id: client,
      client_secret: secret,
      bot_token: bot,
      api_url: url,
    } = context.config;
    if (client === undefined || secret === undefined || bot === undefined)
      throw stop("unsupported", appMissing);
    const sent = { state: "", callback: "" };
    const given = await ui.redirect((callback, state) => {
      Object.assign(sent, { callback, state });
      const address = new URL("../oauth/v2/authorize", url);
      address.search = new URLSearchParams({
        client_id: client,
        user_scope: userScopes.join(","),
        redirect_uri: callback,
        state,
      }).toString();
      return address.href;
    });
    if (given.get("error") !== null) throw stop("cancelled", "the app was not allowed to in Slack");
    if (given.get("state") !== sent.state)
      throw stop("forbidden", "the answer belongs to another login");
    const api = openApi(url, { credentials: { token: "" }, signal: context.signal });
    const answer = await api.call(
      "oauth.v2.access",
      {
        client_id: client,
        client_secret: secret,
        code: given.get("code") ?? "",
        redirect_uri: sent.callback,
      },
      { what: failed, signal: context.signal },
    );
    const token = textIn(objectIn(answer, "authed_user"), "access_token");
    if (token === undefined) throw stop("forbidden", "Slack gave no token");
    return [await newLogin({ kind: "user", token }, context)];
  },
};

const asked = (key: string, label: string, help: string, prefix: string): Field => ({
  key,
  label,
  type: "token",
  secret: true,
  help,
  pattern: `\\s*${prefix}-[\\w.%+/=-]+\\s*`,
});

/** Asks until Slack takes what was pasted. */
const paste = async (
  ui: LoginUi,
  { fields, context }: { readonly fields: readonly Field[]; readonly context: Context },
  accountOf: (given: Readonly<Record<string, string>>) => SlackAccount,
): Promise<readonly NewLogin<SlackAccount>[]> => {
  let say: string | undefined;
  for (let left = mostTries; ; left -= 1) {
    const given = await ui.ask(fields, say);
    const trimmed = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [key, value.trim()]),
    );
    try {
      return [await newLogin(accountOf(trimmed), context)];
    } catch (error) {
      if (!(error instanceof BridgeError) || !isLoginOver(error) || left <= 1) throw error;
      say = "Slack does not take that. Copy it again.";
    }
  }
};

const token: Flow = {
  label: "User token",
  gives: "Your conversations, and your own account as the one that speaks.",
  risk: "Whoever runs this box can read and write as you until the token is revoked.",
  run: async (ui, context) => {
    if (context.config.bot_token === undefined) throw stop("unsupported", appMissing);
    const help =
      "It begins with xoxp-. From the same app that this box uses: OAuth & Permissions, User OAuth Token.";
    const fields = [asked("token", "User token", help, "xoxp")];
    return paste(ui, { fields, context }, (given) => ({
      kind: "user",
      token: given["token"] ?? "",
    }));
  },
};

const session: Flow = {
  label: "Browser session",
  gives: "Everything that you see in Slack, with typing and read marks, without an app.",
  risk: "Slack does not offer this to others: it may end the session, and whoever runs this box can do everything that you can.",
  run: async (ui, context) => {
    const fields = [
      asked(
        "token",
        "Token",
        "It begins with xoxc-. In the browser's console: JSON.parse(localStorage.localConfig_v2).teams",
        "xoxc",
      ),
      asked(
        "cookie",
        "Cookie d",
        "It begins with xoxd-. In the browser's developer tools: Storage, Cookies, d.",
        "xoxd",
      ),
    ];
    return paste(ui, { fields, context }, (given) => ({
      kind: "session",
      token: given["token"] ?? "",
      cookie: given["cookie"] ?? "",
    }));
  },
};

const app: Flow = {
  label: "App of your own",
  gives: "A bot that speaks for everybody in the channels it is a member of.",
  run: async (ui, context) => {
    const fields = [
      asked(
        "bot_token",
        "Bot token",
        "It begins with xoxb-. OAuth & Permissions, Bot User OAuth Token.",
        "xoxb",
      ),
      asked(
        "app_token",
        "App-level token",
        "It begins with xapp-. Basic Information, App-Level Tokens, with connections:write.",
        "xapp",
      ),
    ];
    return paste(ui, { fields, context }, (given) => ({
      kind: "bot",
      token: given["bot_token"] ?? "",
      app_token: given["app_token"] ?? "",
    }));
  },
};

export const logins: Readonly<Record<string, Flow>> = { oauth, token, session, app };

const newLogin = async (
  account: SlackAccount,
  { config, relogin, signal }: Context,
): Promise<NewLogin<SlackAccount>> => {
  const { app_token: appToken, cookie } = account;
  const credentials: Credentials = {
    token: account.token,
    ...(cookie === undefined ? {} : { cookie }),
  };
  const asking = { what: failed, signal };
  const identity = await identify(openApi(config.api_url, { credentials, signal }), asking);
  if (appToken !== undefined) {
    const opened = openApi(config.api_url, { credentials: { token: appToken }, signal });
    await opened.call("apps.connections.open", {}, asking);
  }
  if (account.kind === "user" && config.bot_token !== undefined) {
    const bot = openApi(config.api_url, {
      credentials: { token: config.bot_token, setting: "bot_token" },
      signal,
    });
    const { team, teamName } = await identify(bot, asking);
    if (team !== identity.team)
      throw stop(
        "forbidden",
        `that account is in another workspace than this box's app, which is in ${teamName}`,
      );
  }
  const id = loginId(`${identity.team}-${identity.user}`);
  if (relogin !== undefined && !relogin.id.endsWith(id))
    throw stop("forbidden", "that is another Slack account than before – log in with the same one");
  return {
    id: relogin?.id ?? id,
    user: userOf(identity.user),
    name: `${identity.name} (${identity.teamName})`,
    account,
    role: account.kind === "bot" ? "bot" : "user",
  };
};
