import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import express, { type RequestHandler, type Response } from "express";
import { parseAct, type Act } from "./controls.ts";
import { asBody, type Body } from "./client.ts";
import { pageFiles } from "./page-files.ts";
import { parseRoom, parseSide } from "./rooms.ts";
import type { Words } from "./speak.ts";
import { deedKinds, Refusal, type News, type SideId } from "./types.ts";

export interface PageServerOptions {
  /** The first to try; undefined: the usual one. 0 is any. */
  readonly port: number | undefined;
  /** Everything that a page which comes now has to know. */
  readonly all: () => readonly News[];
  readonly subscribe: (listener: (news: readonly News[]) => void) => () => void;
  readonly do: (words: Words) => Promise<void>;
  /** The bytes of a picture that a line told of. */
  readonly picture: (
    side: SideId | undefined,
    id: string,
  ) => { readonly bytes: Uint8Array; readonly type: string } | undefined;
  readonly act: (act: Act) => Promise<void>;
}

export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

const usualPort = 29_380;
const triedPorts = 50;

/** The page and what it may ask for, on loopback, and for no page of any other origin. */
export const servePage = async (options: PageServerOptions): Promise<PageServer> => {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(headers);
  app.use(sameOrigin);
  for (const [path, { file, type }] of Object.entries(pageFiles)) {
    app.get(path, (_, response) => {
      response.set("content-type", type);
      response.sendFile(fileURLToPath(file), { cacheControl: false, dotfiles: "allow" });
    });
  }
  app.get("/api/stream", (_, response) => stream(options, response));
  const json = express.json({ limit: "4kb", strict: true });
  app.get("/api/picture", (request, response) => {
    const { side, id } = request.query;
    const found = typeof id === "string" ? options.picture(parseSide(side), id) : undefined;
    if (!found) return void response.status(404).json({ error: "There is no such picture." });
    response.set("content-type", pictureTypes.has(found.type) ? found.type : "text/plain");
    response.send(Buffer.from(found.bytes));
  });
  app.post("/api/do", json, (request, response) => {
    const words = parseWords(asBody(request.body));
    if (words === undefined) {
      return refuse(response, "Not sent – the page asked for something unknown – reload it.");
    }
    answer(response, () => options.do(words));
  });
  app.post("/api/act", json, (request, response) => {
    const act = parseAct(asBody(request.body)["act"]);
    if (!act) {
      return refuse(response, "Not done – the page asked for something unknown – reload it.");
    }
    answer(response, () => options.act(act));
  });
  app.use((_, response) => void response.status(404).json({ error: "There is nothing here." }));
  const server = createServer(app);
  const port = await listenSomewhere(server, options.port);
  return {
    port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

const pictureTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** As it comes from a page: what somebody is to do, or nothing. */
const parseWords = (body: Body): Words | undefined => {
  const [room, side] = [parseRoom(body["room"]), parseSide(body["side"])];
  const what = deedKinds.find((kind) => kind === body["what"]);
  const { as, text, target } = body;
  if (!room || !side || !what || typeof as !== "string" || typeof text !== "string")
    return undefined;
  if (target !== undefined && typeof target !== "string") return undefined;
  return { room, side, what, as, text, target };
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const headers: RequestHandler = (_, response, next) => {
  response.set({
    "cache-control": "no-store",
    "content-security-policy": policy,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  next();
};

/** No other website reaches this one: not by a name that leads here, and not from its own pages. */
const sameOrigin: RequestHandler = (request, response, next) => {
  const { host = "", origin } = request.headers;
  const own = /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/.test(host);
  const from = origin === undefined || origin === `http://${host}`;
  const known = request.method === "GET" || (request.method === "POST" && origin !== undefined);
  const site = request.headers["sec-fetch-site"];
  const asked = site === undefined || site === "same-origin" || site === "none";
  const navigated = request.method === "GET" && request.headers["sec-fetch-mode"] === "navigate";
  if (own && from && known && (asked || navigated)) return next();
  response.status(403).json({ error: "Only the sandbox's own page may ask for this." });
};

const refuse = (response: Response, error: string): void => {
  response.status(400).json({ error });
};

const answer = (response: Response, work: () => Promise<void>): void => {
  work().then(
    () => response.json({}),
    (error: unknown) => {
      const known = error instanceof Refusal;
      response.status(known ? 409 : 500).json({
        error: known ? error.message : `Not done – the sandbox failed: ${String(error)}`,
      });
    },
  );
};

const stream = ({ all, subscribe }: PageServerOptions, response: Response): void => {
  response.set("content-type", "text/event-stream");
  const write = (news: readonly News[]): void => {
    response.write(`data: ${JSON.stringify(news)}\n\n`);
  };
  write([{ what: "hello" }, ...all()]);
  const end = subscribe(write);
  response.on("close", end);
};

const listenSomewhere = async (server: Server, wanted: number | undefined): Promise<number> => {
  const first = wanted ?? usualPort;
  for (let port = first; ; port += 1) {
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : port;
    } catch (cause) {
      const taken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
      if (taken && port < first + triedPorts) continue;
      throw new Error(
        `The sandbox did not start – no port from ${first} to ${port} is free – end what uses them.`,
        { cause },
      );
    }
  }
};
