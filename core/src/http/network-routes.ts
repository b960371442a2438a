import express, { type Router } from "express";
import { loginReturn } from "./login-return.ts";
import type { LoginReturns } from "./login-return.ts";
import { webhook } from "./webhook.ts";
import type { WebhookOptions } from "./webhook.ts";

export interface NetworkRoutesOptions extends WebhookOptions {
  readonly returns: LoginReturns;
}

/**
 * What networks call, to be mounted at `/network`: `/<network>/<webhook>`, and `/<network>/login` where
 * browsers come back from a network's page. Open to the world: every check is made by whoever answers.
 */
export const networkRouter = (options: NetworkRoutesOptions): Router => {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.all("/:network/login", loginReturn(options));
  router.all("/:network/:name", webhook(options));
  return router;
};
