import express, { type RequestHandler, type Response, type Router } from "express";
import { handler, refuse, wrongMethod } from "../web/answers.ts";
import { tokenCheck } from "../web/token.ts";
import { eventStream } from "./status-stream.ts";
import type { StatusSource } from "./status-types.ts";

export type * from "./status-types.ts";

export interface StatusOptions {
  readonly source: StatusSource;
  /** The admin token. Without one this API is not to be mounted. */
  readonly token: string;
  /** Ends every open stream. */
  readonly signal: AbortSignal;
}

const mostOutcomes = 1000;

/** The public status API, to be mounted at `/_bridgebox/v1`: for admins, and without message texts. */
export const statusRouter = ({ source, token, signal }: StatusOptions): Router => {
  const router = express.Router({ caseSensitive: true });
  router.use(adminOnly(token));
  router
    .route("/status")
    .get(handler(async (_, response) => void response.json(await source.snapshot())))
    .all(wrongMethod);
  router
    .route("/outcomes")
    .get(
      handler(async (request, response) => {
        const limit = limitOf(request.query["limit"]);
        if (limit === undefined) return refuseLimit(response);
        response.json({ outcomes: await source.outcomes(limit) });
      }),
    )
    .all(wrongMethod);
  router
    .route("/events")
    .get(handler((_, response) => eventStream(source, response, signal)))
    .all(wrongMethod);
  return router;
};

const adminOnly = (token: string): RequestHandler => {
  const check = tokenCheck(token);
  return (request, response, next) => {
    const verdict = check(request.headers.authorization);
    if (verdict === "ok") return next();
    response.set("www-authenticate", "Bearer");
    if (verdict === "missing") {
      refuse(response, 401, {
        errcode: "M_MISSING_TOKEN",
        error:
          "The status is not shown – no token came with the request – send Authorization: Bearer and the admin token.",
      });
    } else {
      refuse(response, 403, {
        errcode: "M_FORBIDDEN",
        error:
          "The status is not shown – this is not the admin token of this box – take the one that its config or environment sets.",
      });
    }
  };
};

const limitOf = (value: unknown): number | undefined => {
  if (value === undefined) return 100;
  const limit = typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : 0;
  return limit >= 1 ? Math.min(limit, mostOutcomes) : undefined;
};

const refuseLimit = (response: Response): void =>
  refuse(response, 400, {
    errcode: "M_INVALID_PARAM",
    error: `The outcomes are not shown – limit is no number from 1 to ${mostOutcomes} – leave it out for 100.`,
  });
