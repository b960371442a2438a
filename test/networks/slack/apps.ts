import type { Feed } from "./feed.ts";
import type { App, Token, User } from "./model.ts";
import type { World } from "./world.ts";

/** An app with its bot, as it is in a workspace. */
export interface InstalledApp {
  readonly app: App;
  readonly bot: User;
  readonly botToken: Token;
}

export const installApp = (
  world: World,
  { name, scopes }: { readonly name: string; readonly scopes: readonly string[] },
): InstalledApp => {
  const number = world.apps.length + 1;
  const id = world.id("A");
  const app: App = {
    id,
    signingSecret: `signing-secret-${number}-0123456789`,
    clientId: `1000000000.${number}00000`,
    clientSecret: `client-secret-${number}-0123456789`,
    appToken: `xapp-1-${id}-${number}-0123456789abcdef`,
    eventsUrl: undefined,
  };
  world.apps.push(app);
  const bot = world.addUser(name, { bot: true });
  const botToken = world.addToken("bot", { app, user: bot, scopes });
  const appScopes = ["connections:write", "authorizations:read"];
  world.addToken("app", { app, text: app.appToken, scopes: appScopes });
  return { app, bot, botToken };
};

/** What the browser does at the authorize page: the person agrees, and is sent back with a code. */
export const approve = (
  world: World,
  { authorizeUrl, user }: { readonly authorizeUrl: string; readonly user: User },
): URLSearchParams => {
  const asked = new URL(authorizeUrl).searchParams;
  const app = world.apps.find(({ clientId }) => clientId === asked.get("client_id"));
  if (!app) throw new Error("there is no such app");
  const code = world.id("code");
  world.codes.set(code, { app, user, scopes: asked.get("user_scope") ?? "" });
  return new URLSearchParams({ code, state: asked.get("state") ?? "" });
};

/** The token is over, and its app is told. */
export const revoke = (feed: Feed, token: Token): void => {
  token.revoked = true;
  if (!token.app || !token.user) return;
  const kind = token.kind === "bot" ? "bot" : "oauth";
  feed.toApp(token.app, { type: "tokens_revoked", tokens: { [kind]: [token.user.id] } });
};

/** The app is told first, and then nothing of it is worth anything. */
export const uninstall = (world: World, feed: Feed, app: App): void => {
  feed.toApp(app, { type: "app_uninstalled" });
  for (const token of world.tokens.values()) if (token.app === app) token.revoked = true;
};
