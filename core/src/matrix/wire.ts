import { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import type { Millis } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import { givenUp, notMatrix, refused } from "./fault.ts";
import { Limit } from "./limit.ts";
import { isObject } from "./parse.ts";
import { type Fields, query } from "./path.ts";
import { type PuppetOptions, puppetToken } from "./puppets.ts";
import { type Queue, Turnstile, verdictOf } from "./turnstile.ts";
import { type Call, type JsonObject, MatrixError } from "./types.ts";

/** Where a homeserver is and how it knows us. */
export interface WireOptions {
  readonly address: string;
  readonly asToken: string;
  readonly bot: string;
  readonly clock: Clock;
  /** Milliseconds to the end of the answer. */
  readonly deadline: { readonly call: Millis; readonly media: Millis };
  readonly domain: string;
  /** Is that user the box's own? If not, nothing leaves but what `puppets` allows. */
  readonly admit?: ((mxid: string) => boolean) | undefined;
  readonly puppets?: PuppetOptions | undefined;
}

/** One request. `does` finishes the sentence "Could not …". */
export interface Ask {
  readonly does: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Encoded already: see `path`. */
  readonly path: string;
  readonly query?: Fields;
  readonly body?: JsonObject;
  /** The longest answer in bytes. */
  readonly most?: number;
}

/** Bytes going up, with the length that the server is told. */
export interface Load {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly size: number;
  readonly mime: string;
}

/** An answer whose body is still to be read; `limit.end()` once it is read or given up. */
export interface Opened {
  readonly answer: Dispatcher.ResponseData;
  readonly limit: Limit;
}

const answerMost = 8 * 1024 * 1024;
const errorMost = 64 * 1024;

/** The one HTTP path to the homeserver: kept-alive, bounded, timed, and never showing its token. */
export class Wire {
  readonly turnstile: Turnstile;
  readonly #options: WireOptions;
  readonly #prefix: string;
  readonly #calls: Pool;
  readonly #transfers: Pool;
  readonly #running = new Set<Limit>();
  #closed = false;

  constructor(options: WireOptions) {
    const { origin, pathname } = new URL(options.address);
    this.#options = options;
    this.#prefix = pathname.replace(/\/+$/, "");
    this.turnstile = new Turnstile(options.clock);
    const common = {
      allowH2: false,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      connect: { timeout: Math.min(10_000, options.deadline.call) },
    };
    this.#calls = new Pool(origin, { ...common, connections: 12 });
    this.#transfers = new Pool(origin, { ...common, connections: 8 });
  }

  /** A JSON answer with a status below 300. */
  async json(ask: Ask, call: Call): Promise<JsonObject> {
    return this.#turn(call.class, ask, call, async (token) => {
      const opened = await this.#open(ask, call, token);
      return this.#read(ask, opened);
    });
  }

  /**
   * A JSON answer about a transfer. Nothing: it was refused in a way that the caller is ready for, which
   * says nothing of the homeserver as a whole and shuts no gate.
   */
  async reserve(
    ask: Ask,
    call: Call,
    isExpected: (error: unknown) => boolean,
  ): Promise<JsonObject | undefined> {
    return this.#turn("transfer", ask, call, async (token) => {
      try {
        const opened = await this.#open(ask, call, token);
        return await this.#read(ask, opened);
      } catch (error) {
        if (isExpected(error)) return undefined;
        throw error;
      }
    });
  }

  /** Sends bytes and takes any JSON answer. */
  async upload(ask: Ask, load: Load, call: Call): Promise<JsonObject> {
    return this.#turn("transfer", ask, call, async (token) => {
      const opened = await this.#open(ask, call, token, load);
      return this.#read(ask, opened);
    });
  }

  /** Opens a body of any kind; its slot is free again when its head is there. */
  async download(ask: Ask, call: Call): Promise<Opened> {
    return this.#turn("transfer", ask, call, (token) => this.#open(ask, call, token, "download"));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const limit of this.#running) limit.stop();
    await Promise.all([this.#calls.destroy(), this.#transfers.destroy()]);
  }

  /** Waits for its turn, works, and tells the gate what came of it. */
  async #turn<T>(
    queue: Queue,
    ask: Ask,
    call: Call,
    work: (token: string) => Promise<T>,
  ): Promise<T> {
    const { signal } = call;
    const token = await this.#tokenFor(ask, call);
    try {
      return await this.turnstile.pass(queue, signal, async (passage) => {
        try {
          const result = await work(token);
          this.turnstile.judge(passage, { kind: "up" });
          return result;
        } catch (error) {
          const verdict =
            error instanceof MatrixError && signal?.aborted !== true && !this.#closed
              ? verdictOf(error)
              : { kind: "none" as const };
          this.turnstile.judge(passage, verdict);
          throw error;
        }
      });
    } catch (error) {
      if (error instanceof MatrixError) throw error;
      if (signal?.aborted === true) throw givenUp(ask.does, "it was called off", false);
      throw error;
    }
  }

  /** The box's own token for its own users; for a person another one, or none. */
  async #tokenFor(ask: Ask, { as }: Call): Promise<string> {
    const { asToken, bot, admit, domain, puppets } = this.#options;
    if (as === undefined || as === bot || admit === undefined || admit(as)) return asToken;
    return puppetToken(puppets, { as, domain, ask });
  }

  async #open(ask: Ask, call: Call, token: string, load?: Load | "download"): Promise<Opened> {
    const { deadline, bot } = this.#options;
    if (this.#closed || call.signal?.aborted === true) {
      throw givenUp(ask.does, "it was called off", false);
    }
    const pool = load === undefined ? this.#calls : this.#transfers;
    const limit = new Limit(
      load === undefined ? deadline.call : deadline.media,
      call.signal,
      this.#running,
    );
    const as = call.as === bot ? undefined : call.as;
    try {
      const answer = await pool.request({
        ...payloadOf(ask, token, load),
        method: ask.method,
        path: this.#prefix + ask.path + query({ user_id: as, ...ask.query }),
        signal: limit.signal,
      });
      if (answer.statusCode > 299) throw await this.#refusal(ask, answer);
      return { answer, limit };
    } catch (error) {
      limit.end();
      throw limit.fault(ask.does, error);
    }
  }

  async #refusal(ask: Ask, answer: Dispatcher.ResponseData): Promise<MatrixError> {
    const text = await readText(answer, errorMost);
    return refused(ask.does, {
      status: answer.statusCode,
      body: parseOr(this.#hidden(text), undefined),
      retryAfter: headerOf(answer, "retry-after"),
      now: this.#options.clock.now(),
    });
  }

  #hidden(text: string | undefined): string | undefined {
    const { asToken, puppets } = this.#options;
    const shown = text?.replaceAll(asToken, "…");
    return puppets ? shown?.replaceAll(puppets.asToken, "…") : shown;
  }

  async #read(ask: Ask, { answer, limit }: Opened): Promise<JsonObject> {
    const status = answer.statusCode;
    try {
      const text = await readText(answer, ask.most ?? answerMost);
      if (text === undefined) throw notMatrix(ask.does, "the answer is too long", status);
      const body = parseOr(text, undefined);
      if (!isObject(body)) throw notMatrix(ask.does, "the answer is not Matrix", status);
      return body;
    } catch (error) {
      throw limit.fault(ask.does, error);
    } finally {
      limit.end();
    }
  }
}

const payloadOf = (
  ask: Ask,
  token: string,
  load: Load | "download" | undefined,
): { headers: Record<string, string>; body: string | Readable | null } => {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (typeof load === "object") {
    headers["content-type"] = load.mime;
    headers["content-length"] = String(load.size);
    return { headers, body: Readable.from(load.chunks, { objectMode: false }) };
  }
  if (ask.body === undefined) return { headers, body: null };
  headers["content-type"] = "application/json";
  return { headers, body: JSON.stringify(ask.body) };
};

/** One header, the first if there are several. */
export const headerOf = (answer: Dispatcher.ResponseData, name: string): string | undefined => {
  const value = answer.headers[name];
  return typeof value === "string" ? value : value?.[0];
};

/** The body as text; undefined if it is longer than `most` bytes: then the connection is given up. */
const readText = async (
  answer: Dispatcher.ResponseData,
  most: number,
): Promise<string | undefined> => {
  const declared = Number(headerOf(answer, "content-length") ?? Number.NaN);
  if (declared <= most) return answer.body.text();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const source: AsyncIterable<unknown> = answer.body;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const parseOr = (text: string | undefined, otherwise: unknown): unknown => {
  if (text === undefined) return otherwise;
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
};
