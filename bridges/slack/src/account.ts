import { BridgeError, type Log } from "@bridgebox/core/adapter";
import { isLoginOver, unreadable } from "./errors.ts";
import { isPerson, isWorkspace } from "./ids.ts";
import { objectIn, textIn, textsIn } from "./api/shapes.ts";
import type { Api, Asking } from "./api/web.ts";

/** Whose token it is. */
export interface Identity {
  readonly user: string;
  readonly name: string;
  readonly team: string;
  readonly teamName: string;
  readonly bot: string | undefined;
  readonly scopes: readonly string[];
}

/** Asks Slack whose token it is (docs.slack.dev/reference/methods/auth.test). */
export const identify = async ({ call }: Api, asking: Asking): Promise<Identity> => {
  const answer = await call("auth.test", {}, asking);
  const user = textIn(answer, "user_id");
  const team = textIn(answer, "team_id");
  // No end of the login: Slack says that of a token in words of its own.
  if (user === undefined || team === undefined || !isPerson(user) || !isWorkspace(team))
    throw unreadable(asking.what);
  return {
    user,
    team,
    name: textIn(answer, "user") ?? user,
    teamName: textIn(answer, "team") ?? team,
    bot: textIn(answer, "bot_id"),
    scopes: textsIn(objectIn(answer, "response_metadata"), "scopes"),
  };
};

/**
 * The token is worth nothing from now on (docs.slack.dev/reference/methods/auth.revoke); one that was worth
 * nothing already is a success.
 */
export const revoke = async ({ call }: Api, signal: AbortSignal): Promise<void> => {
  try {
    await call("auth.revoke", {}, { what: "The token was not revoked", signal });
  } catch (error) {
    if (!(error instanceof BridgeError) || !isLoginOver(error)) throw error;
  }
};

const shared = [
  "channels:history",
  "channels:read",
  "chat:write",
  "emoji:read",
  "files:read",
  "files:write",
  "groups:history",
  "groups:read",
  "im:history",
  "im:read",
  "im:write",
  "mpim:history",
  "mpim:read",
  "pins:read",
  "pins:write",
  "reactions:read",
  "reactions:write",
  "team:read",
  "usergroups:read",
  "users:read",
];

/** What the manifest in docs/slack.md asks for, and this uses. */
const wanted = {
  bot: [...shared, "channels:join", "chat:write.customize"],
  user: [...shared, "channels:write", "groups:write", "mpim:write"],
} as const;

/** What a person is asked to allow when they log in by their browser. */
export const userScopes: readonly string[] = wanted.user;

/** Scopes without which something will not work; none where Slack does not tell which there are. */
export const missingScopes = (
  { scopes }: Identity,
  kind: "bot" | "user" | "session",
): readonly string[] =>
  kind === "session" || scopes.length === 0
    ? []
    : wanted[kind].filter((scope) => !scopes.includes(scope));

/** Said at the start and not when it fails. */
export const nameMissingScopes = (
  identity: Identity,
  kind: "bot" | "user" | "session",
  log: Log,
): void => {
  const missing = missingScopes(identity, kind);
  if (missing.length > 0)
    log.warn(
      "The Slack app lacks scopes: add them at api.slack.com/apps and install the app again",
      {
        missing,
        kind,
      },
    );
};
