import { once } from "node:events";
import { createServer, type Server } from "node:http";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import type { Json, Log } from "../adapter/index.ts";
import { handler, refuse, wrongMethod } from "../web/answers.ts";

export interface ListenerOptions {
  readonly log: Log;
  /** The appservice API. */
  readonly appservice: RequestHandler;
  /** Whether the box can work now; `state` names what is missing. */
  readonly ready: () => Promise<{ readonly ok: boolean; readonly state: Json }>;
}

/** The one HTTP listener of the box. */
export interface Listener {
  /** Adds what answers below a path (`/metrics`, `/network/:id/:name`), before or after `listen`. */
  mount(path: string, handler: RequestHandler): void;
  /** @throws Error with one clear sentence if the port cannot be had. */
  listen(at: { readonly host: string; readonly port: number }): Promise<Listening>;
}

export interface Listening {
  readonly port: number;
  /** Takes no more requests, lets those that run end, and drops them after `grace`. */
  close(grace?: number): Promise<void>;
}

/** One Express application with paths; whatever goes wrong in it is answered in JSON. */
export const createListener = (options: ListenerOptions): Listener => {
  const mounts = express.Router({ caseSensitive: true });
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(secure);
  for (const place of ["/live", "/_matrix/mau/live"]) {
    app
      .route(place)
      .get((_, response) => void response.json({ live: true }))
      .all(wrongMethod);
  }
  const ready = handler(async (_, response) => {
    const { ok, state } = await options.ready();
    response.status(ok ? 200 : 503).json({ ready: ok, state });
  });
  for (const place of ["/ready", "/_matrix/mau/ready"]) {
    app.route(place).get(ready).all(wrongMethod);
  }
  app.use(mounts);
  app.use(options.appservice);
  app.use((_, response) => {
    refuse(response, 404, { errcode: "M_UNRECOGNIZED", error: "There is nothing at this path." });
  });
  app.use(failed(options.log));
  return {
    mount: (path, handler) => void mounts.use(path, handler),
    listen: async ({ host, port }) => {
      const server = createServer(app);
      server.keepAliveTimeout = 65_000;
      try {
        server.listen(port, host);
        await once(server, "listening");
      } catch (error) {
        throw new Error(sentenceOf(error, host, port), { cause: error });
      }
      const address = server.address();
      return {
        port: typeof address === "object" && address !== null ? address.port : port,
        close: (grace = 1000) => closed(server, grace),
      };
    },
  };
};

/** Nothing that the box answers is to be framed, sniffed, cached or run by a browser. */
const secure: RequestHandler = (_, response, next) => {
  response.set({
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
  next();
};

const failed =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    if (error instanceof URIError) {
      return refuse(response, 400, {
        errcode: "M_INVALID_PARAM",
        error: "This path is not encoded as paths are.",
      });
    }
    if (request.destroyed && !request.complete) return;
    log.error("a request failed", {
      method: request.method,
      why: error instanceof Error ? error.message : "unknown",
    });
    if (response.headersSent) return next(error);
    refuse(response, 500, {
      errcode: "M_UNKNOWN",
      error: "The box could not answer; its log says why.",
    });
  };

const sentenceOf = (error: unknown, host: string, port: number): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const place = `${host}:${port}`;
  if (code === "EADDRINUSE") {
    return `The box does not listen – ${place} is taken by another program – stop that program, or give the box another port.`;
  }
  if (code === "EACCES") {
    return `The box does not listen – ${place} is not allowed for this user – take a port above 1023.`;
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `The box does not listen – this machine has no address ${host} – take 127.0.0.1 or 0.0.0.0.`;
  }
  return `The box does not listen – ${place} cannot be had (${String(code)}) – try another host or port.`;
};

const closed = async (server: Server, grace: number): Promise<void> => {
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  const done = once(server, "close");
  server.close();
  server.closeIdleConnections();
  await done;
  clearTimeout(timer);
};
