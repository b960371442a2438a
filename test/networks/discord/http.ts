import type { IncomingMessage, ServerResponse } from "node:http";
import type { Wire } from "./model.ts";

/** A file as it was uploaded. */
export interface Upload {
  /** `files[0]` */
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly data: Buffer;
}

/** A request with its body read. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly contentLength: string | undefined;
  readonly body: Wire | undefined;
  readonly files: readonly Upload[];
  /** What it was answered with, as soon as it was. */
  status?: number;
}

/** What a route answers; a thrown one is an error. */
export class Answer extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** An error as docs.discord.com/developers/topics/opcodes-and-status-codes has it. */
export const refusal = (status: number, code: number, message: string, errors?: Wire): Answer =>
  new Answer(status, { message, code, ...(errors ? { errors } : {}) });

export const readCall = async (request: IncomingMessage, base: string): Promise<Call> => {
  const url = new URL(request.url ?? "/", base);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const contentType = request.headers["content-type"] ?? "";
  const { body, files } = await parseBody(Buffer.concat(chunks), contentType);
  return {
    method: request.method ?? "GET",
    path: url.pathname.replace(/^\/api\/v10/, ""),
    query: Object.fromEntries(url.searchParams),
    contentType: contentType.split(";")[0] ?? "",
    authorization: request.headers.authorization,
    contentLength: request.headers["content-length"],
    body,
    files,
  };
};

const parseBody = async (
  raw: Buffer,
  contentType: string,
): Promise<{ body: Wire | undefined; files: Upload[] }> => {
  if (contentType.startsWith("application/json")) {
    return { body: JSON.parse(raw.toString("utf8")) as Wire, files: [] };
  }
  if (!contentType.startsWith("multipart/form-data")) return { body: undefined, files: [] };
  const form = await new Response(new Uint8Array(raw), {
    headers: { "content-type": contentType },
  }).formData();
  const files: Upload[] = [];
  let body: Wire = {};
  for (const [key, value] of form) {
    if (key === "payload_json") {
      body = JSON.parse(typeof value === "string" ? value : await value.text()) as Wire;
    } else if (typeof value !== "string") {
      const data = Buffer.from(await value.arrayBuffer());
      files.push({ key, name: value.name, type: value.type, data });
    }
  }
  return { body, files };
};

export const writeAnswer = (
  response: ServerResponse,
  { status, body, headers }: Answer,
  more: Readonly<Record<string, string>> = {},
): void => {
  if (body === undefined) {
    response.writeHead(status, { ...more, ...headers }).end();
    return;
  }
  response.writeHead(status, { "content-type": "application/json", ...more, ...headers });
  response.end(JSON.stringify(body));
};
