import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { freePort } from "../../free-port.ts";
import { ApiError, badJson, tooLarge, unknownToken } from "./errors.ts";
import { isObject, type Json } from "./json.ts";
import type { Misfortune } from "./limits.ts";
import { decoded, type Call, type Reply, type Router } from "./router.ts";
import type { World } from "./world.ts";

/** One request as it was answered. The query is left out: tokens may stand in it. */
export type RequestRecord = {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  userId: string | undefined;
  /** The `id` of the registration by whose token it came, if by one. */
  appservice: string | undefined;
  /** Undefined while it is being answered, and for ever when no answer was sent. */
  status: number | undefined;
};

/** What a server needs besides the world. */
export type ServerParts = {
  readonly world: World;
  readonly router: Router;
  /** Whose users may call there; absent: the server's own. */
  readonly serverName?: string;
  readonly strike: (request: string) => Misfortune | undefined;
  readonly record: (record: RequestRecord) => void;
};

const KEEP_ALIVE_MS = 60_000;
const JSON_LIMIT = 12_800_000;
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
  "access-control-allow-headers": "X-Requested-With, Content-Type, Authorization, Date",
};

/** Listens on loopback; port 0 takes a free one, to which it can come back. */
export async function listen(
  parts: ServerParts,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => void answer(parts, request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const taken = port === 0 ? await freePort() : port;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(taken, "127.0.0.1", resolve);
  });
  return { server, port: taken };
}

/** Refuses new connections and cuts those that are open. */
export async function stopListening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [rawPath = "", rawQuery = ""] = splitOnce(request.url ?? "", "?");
  const { method = "GET" } = request;
  if (method === "OPTIONS") {
    response.writeHead(204, CORS).end();
    return;
  }
  const path = decoded(rawPath);
  const at = parts.world.clock.now();
  const unknown = { userId: undefined, appservice: undefined, status: undefined };
  const record: RequestRecord = { method, path, at, ...unknown };
  parts.record(record);
  const misfortune = parts.strike(`${method} ${path}`);
  const spoiled = spoiledReply(misfortune);
  try {
    const bytes = await bodyOf(request, parts.world.media.maxUploadBytes);
    if (misfortune?.kind === "hang" && (await misfortune.released) === "drop") {
      response.destroy();
      return;
    }
    const reply =
      spoiled ?? (await handle(parts, { request, response, rawPath, rawQuery, bytes }, record));
    if (misfortune?.kind === "swallow-reply") response.destroy();
    else write(response, record, reply);
  } catch (error) {
    if (misfortune?.kind === "swallow-reply") response.destroy();
    else write(response, record, errorReply(error));
  }
}

function splitOnce(text: string, at: string): string[] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function spoiledReply(misfortune: Misfortune | undefined): Reply | undefined {
  if (misfortune?.kind === "fail") {
    return {
      status: misfortune.status,
      body: { errcode: "M_UNKNOWN", error: "Internal server error" },
    };
  }
  if (misfortune?.kind !== "rate-limit") return undefined;
  const { retryAfterMs } = misfortune;
  const body = {
    errcode: "M_LIMIT_EXCEEDED",
    error: "Too Many Requests",
    retry_after_ms: retryAfterMs,
  };
  return { status: 429, body };
}

function bodyOf(request: IncomingMessage, mediaLimit: number): Promise<Buffer> {
  const isMedia = request.url?.startsWith("/_matrix/media/") ?? false;
  const limit = isMedia ? mediaLimit : JSON_LIMIT;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    });
    request.on("error", reject);
    request.on("end", () => {
      if (size > limit) reject(tooLarge("Request content is too large"));
      else resolve(Buffer.concat(chunks));
    });
  });
}

type Received = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly bytes: Buffer;
};

async function handle(
  parts: ServerParts,
  received: Received,
  record: RequestRecord,
): Promise<Reply> {
  const { request, response, rawPath, rawQuery, bytes } = received;
  const found = parts.router.find(record.method, rawPath);
  if (typeof found === "string") {
    const status = found === "no such path" ? 404 : 405;
    throw new ApiError(status, { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" });
  }
  const query = new URLSearchParams(rawQuery);
  const token = (): string | undefined => {
    const header = request.headers.authorization;
    if (header?.startsWith("Bearer ")) return header.slice("Bearer ".length);
    return query.get("access_token") ?? undefined;
  };
  const call: Call = {
    method: record.method,
    path: rawPath,
    params: found.params,
    query,
    bytes,
    token,
    contentType: request.headers["content-type"],
    json: () => parseBody(bytes, record.method),
    authenticate: () => {
      const { world, serverName = world.serverName } = parts;
      const requester = world.accounts.authenticate(token(), query);
      if (!requester.userId.endsWith(`:${serverName}`)) throw unknownToken();
      record.userId = requester.userId;
      record.appservice = requester.appservice?.id;
      return requester;
    },
    onClose: (job) => void response.once("close", job),
  };
  return await found.run(call);
}

function parseBody(bytes: Buffer, method: string): Json {
  if (bytes.length === 0 && method === "POST") return {};
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw badJson("Content not JSON.", "M_NOT_JSON");
  }
  if (!isObject(value)) throw badJson("Content must be a JSON object.");
  return value;
}

function errorReply(error: unknown): Reply {
  if (error instanceof ApiError) return { status: error.status, body: { ...error.body } };
  return {
    status: 500,
    body: { errcode: "M_UNKNOWN", error: `Internal server error: ${String(error)}` },
  };
}

function write(response: ServerResponse, record: RequestRecord, reply: Reply): void {
  if (isDownload(reply)) {
    record.status = 200;
    response.writeHead(200, {
      ...CORS,
      "content-type": reply.contentType,
      "content-length": reply.download.length,
    });
    response.end(reply.download);
    return;
  }
  const { status, body } = isStatusReply(reply) ? reply : { status: 200, body: reply };
  record.status = status;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...CORS,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

function isDownload(reply: Reply): reply is Extract<Reply, { readonly download: Buffer }> {
  return "download" in reply && Buffer.isBuffer(reply.download);
}

function isStatusReply(reply: Reply): reply is { status: number; body: Json } {
  return "status" in reply && typeof reply.status === "number" && "body" in reply;
}
