import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Something that was said on the network: a text, or a file by its seed and size. */
export interface Entry {
  readonly seq: number;
  readonly text: string;
  readonly file?: { readonly path: string; readonly name: string };
}

/** What came from the box, under the key of its attempt: never twice under one. */
export interface Arrived {
  readonly key: string;
  readonly text: string;
  readonly name: string;
  readonly size: number;
  readonly hash: string;
  /** Where the picture of whoever sent it can be fetched. */
  readonly avatar: string;
  /** Its first bytes. */
  readonly head: Uint8Array;
}

const chunkSize = 64 * 1024;
/** How much of a file is kept to be looked at. */
const headSize = 16 * 1024;

/** The bytes of a file, made as they are read: the same for the same seed. */
export function* bytesOf(seed: number, size: number): Generator<Buffer> {
  for (let at = 0; at < size; at += chunkSize) {
    const chunk = Buffer.alloc(Math.min(chunkSize, size - at), at / chunkSize + seed);
    yield chunk;
  }
}

export const hashOf = (chunks: Iterable<Uint8Array>): string => {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
};

/** (live) A network over HTTP whose messages are files of any size. Validates what it gets. */
export class FilesServer {
  readonly entries: Entry[] = [];
  readonly arrived = new Map<string, Arrived>();
  readonly violations: string[] = [];
  /** Files that were shown as they are, by their path. */
  readonly #shown = new Map<string, Uint8Array>();
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<FilesServer> {
    const server = createServer();
    const files = new FilesServer(server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      files.#answer(request, response).catch((error: unknown) => response.destroy(asError(error)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return files;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** Shows these very bytes. */
  show({ name, bytes, text }: { name: string; bytes: Uint8Array; text: string }): void {
    const path = `/shown/${this.#shown.size}`;
    this.#shown.set(path, bytes);
    this.say({ text, file: { path, name } });
  }

  say(what: Omit<Entry, "seq">): void {
    this.entries.push({ ...what, seq: this.entries.length + 1 });
    for (const wake of this.#waiting) wake();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const what = `${request.method} ${pathname}`;
    const json = (status: number, value: unknown): void =>
      void response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify(value));
    if (what === "GET /events") {
      const since = Number(searchParams.get("since"));
      if (this.entries.length <= since) await this.#more(request);
      return json(200, this.entries.slice(since));
    }
    if (what === "GET /find") {
      const known = this.arrived.get(searchParams.get("key") ?? "");
      return known ? json(200, { id: known.key }) : json(404, {});
    }
    const [, seed, size] = /^GET \/file\/(\d+)\/(\d+)$/.exec(what) ?? [];
    const shown = this.#shown.get(pathname);
    if (shown) return void response.end(shown);
    if (seed !== undefined) {
      response.writeHead(200, { "content-type": "image/png", "content-length": size });
      return pipeline(Readable.from(bytesOf(Number(seed), Number(size))), response);
    }
    if (what === "POST /send") return json(200, { id: await this.#take(request, searchParams) });
    this.violations.push(what);
    return json(404, {});
  }

  async #take(request: IncomingMessage, said: URLSearchParams): Promise<string> {
    const key = said.get("key") ?? "";
    if (key === "") this.violations.push("a message without a key");
    const hash = createHash("sha256");
    let size = 0;
    let head = Buffer.alloc(0);
    const source: AsyncIterable<unknown> = request;
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array)) continue;
      hash.update(chunk);
      size += chunk.length;
      if (head.length < headSize) head = Buffer.concat([head, chunk.subarray(0, headSize)]);
    }
    if (this.arrived.has(key)) this.violations.push(`${key} was sent twice`);
    const text = said.get("text") ?? "";
    const name = said.get("name") ?? "";
    this.arrived.set(key, {
      key,
      text,
      name,
      size,
      hash: hash.digest("hex"),
      head,
      avatar: said.get("avatar") ?? "",
    });
    return key;
  }

  #more(request: IncomingMessage): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      request.once("close", wake);
    });
  }
}

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
