import { BridgeError } from "@bridgebox/core/adapter";
import { anewBy } from "./errors.ts";
import type { Setting } from "./errors.ts";
import { objectIn, textsIn, type Wire } from "./api/shapes.ts";

/** What ends logins: whose, by their accounts, and what they are told. */
export interface Ending {
  readonly why: (setting: Setting) => BridgeError;
  readonly isOf: (user: string) => boolean;
}

/** Nothing where an event ends no login. */
export const endingIn = (event: Wire): Ending | undefined => {
  const facts = { reached: "no", scope: "login" } as const;
  if (event["type"] === "app_uninstalled") {
    const sentence = "Nothing is bridged any more: the app was removed from the workspace.";
    return {
      why: (setting) =>
        new BridgeError("auth", `${sentence} Install it again, then ${anewBy(setting)}.`, facts),
      isOf: () => true,
    };
  }
  if (event["type"] !== "tokens_revoked") return undefined;
  const tokens = objectIn(event, "tokens");
  const users = new Set([...textsIn(tokens, "oauth"), ...textsIn(tokens, "bot")]);
  const sentence = "Nothing is bridged any more: Slack ended this login";
  return {
    why: (setting) => new BridgeError("auth", `${sentence} – ${anewBy(setting)}.`, facts),
    isOf: (user) => users.has(user),
  };
};
