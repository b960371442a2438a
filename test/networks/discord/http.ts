import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { collect, partsOf } from "./form.ts";
import type { FormPart } from "./form.ts";
import type { Wire } from "./model.ts";

/** A file as it was uploaded. */
export interface Upload {
  /** `files[0]` */
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly data: Buffer;
  /** What is too large to be held, in which case there is no `data`. */
  readonly vast?: Vast;
}

export interface Vast {
  readonly size: number;
  /** Of what was uploaded: SHA-256, in hexadecimal. */
  readonly hash?: string;
  /** Of what is to be downloaded: its bytes, made as they are read. */
  readonly pieces?: () => Iterable<Uint8Array>;
}

export const sizeOf = ({ data, vast }: Upload): number => vast?.size ?? data.length;

/** Larger files are counted and hashed, and not held. */
const mostHeld = 16 * 1024 * 1024;

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
  const contentType = request.headers["content-type"] ?? "";
  const { body, files } = await parseBody(request, contentType);
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
  request: AsyncIterable<Buffer>,
  contentType: string,
): Promise<{ body: Wire | undefined; files: Upload[] }> => {
  const [, boundary] = /^multipart\/form-data; boundary="?([^"]+)"?$/.exec(contentType) ?? [];
  if (boundary === undefined) {
    const raw = await collect(request);
    const json = contentType.startsWith("application/json");
    return { body: json ? (JSON.parse(raw.toString("utf8")) as Wire) : undefined, files: [] };
  }
  const files: Upload[] = [];
  let body: Wire = {};
  for await (const part of partsOf(request, boundary)) {
    if (part.name === "payload_json")
      body = JSON.parse((await collect(part.body)).toString("utf8")) as Wire;
    else files.push(await readFile(part));
  }
  return { body, files };
};

const readFile = async ({ name, filename = "", type, body }: FormPart): Promise<Upload> => {
  const hash = createHash("sha256");
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    hash.update(piece);
    size += piece.length;
    if (size > mostHeld) held = [];
    else held.push(piece);
  }
  const file = { key: name, name: filename, type, data: Buffer.concat(held) };
  return size > mostHeld ? { ...file, vast: { size, hash: hash.digest("hex") } } : file;
};

export const writeFile = async (response: ServerResponse, file: Upload): Promise<void> => {
  const length = String(sizeOf(file));
  response.writeHead(200, { "content-type": file.type, "content-length": length });
  await pipeline(Readable.from(file.vast?.pieces?.() ?? [file.data]), response);
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
