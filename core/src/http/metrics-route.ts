import express, { type Router } from "express";
import { singleFlight } from "../flow/single-flight.ts";
import { handler, wrongMethod } from "../web/answers.ts";

/**
 * Numbers for Prometheus, to be mounted at `/metrics`. It asks for no token, and the store is read for each
 * answer: those who ask at once share one.
 */
export const metricsRouter = (metrics: {
  readonly contentType: string;
  readonly text: () => Promise<string>;
}): Router => {
  const look = singleFlight<"all", string>(() => metrics.text());
  const router = express.Router({ caseSensitive: true, strict: true });
  router
    .route("/")
    .get(
      handler(async (_, response) => {
        response.type(metrics.contentType).send(await look("all"));
      }),
    )
    .all(wrongMethod);
  return router;
};
