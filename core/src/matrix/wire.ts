import { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import type { Millis } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";
import { givenUp, notMatrix, refused } from "./fault.ts";
import { Limit } from "./limit.ts";
import { isObject } from "./parse.ts";
import { type Fields, query } from "./path.ts";
import { outsideLookup } from "./outside.ts";
import { type Leave, type PuppetOptions, puppetLeave } from "./puppets.ts";
import { type Queue, Turnstile, verdictOf } from "./turnstile.ts";
import { type Call, type JsonObject, MatrixError, type Place } from "./types.ts";
import { headerOf, parseOr, readText } from "./wire-body.ts";

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
  /** The wire to another homeserver. */
  readonly abroad?: ((place: Place) => Wire) | undefined;
  /** Told of each call that left, once it is over. */
  readonly called?: ((does: string, ok: boolean) => void) | undefined;
  /** It is another homeserver: nothing waits for it, and what it says is a stranger's word. */
  readonly stranger?: { readonly isTrusted: boolean };
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
  /** A refusal that the caller is ready for: it is an answer like others, and no failed call. */
  readonly isExpected?: (error: unknown) => boolean;
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
/** A stranger's answers are short. */
const strangeMost = 1024 * 1024;

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
      connect: {
        timeout: Math.min(10_000, options.deadline.call),
        ...(options.stranger?.isTrusted === false ? { lookup: outsideLookup } : {}),
      },
    };
    this.#calls = new Pool(origin, { ...common, connections: 12 });
    this.#transfers = new Pool(origin, { ...common, connections: 8 });
  }

  /** A JSON answer with a status below 300. */
  async json(ask: Ask, call: Call): Promise<JsonObject> {
    return this.jsonBy(await this.#leaveFor(ask, call), ask, call);
  }

  /** The same with a leave that the caller has. */
  async jsonBy(leave: Leave, ask: Ask, call: Call): Promise<JsonObject> {
    if (leave.place !== undefined) {
      const { abroad } = this.#options;
      if (abroad === undefined) throw givenUp(ask.does, "it is for another homeserver", false);
      return abroad(leave.place).jsonBy({ ...leave, place: undefined }, ask, call);
    }
    return this.#turn(call.class, { ask, call, leave }, async () => {
      const opened = await this.#open(ask, call, leave);
      return this.#read(ask, opened);
    });
  }

  /**
   * A JSON answer about a transfer. Nothing: it was refused in a way that is expected, which says nothing
   * of the homeserver as a whole and shuts no gate.
   */
  async reserve(ask: Ask, call: Call): Promise<JsonObject | undefined> {
    const leave = await this.#leaveFor(ask, call);
    return this.#turn("transfer", { ask, call, leave }, async () => {
      try {
        const opened = await this.#open(ask, call, leave);
        return await this.#read(ask, opened);
      } catch (error) {
        if (ask.isExpected?.(error) === true) return undefined;
        throw error;
      }
    });
  }

  /** Sends bytes and takes any JSON answer. */
  async upload(ask: Ask, load: Load, call: Call): Promise<JsonObject> {
    const leave = await this.#leaveFor(ask, call);
    return this.#turn("transfer", { ask, call, leave }, async () => {
      const opened = await this.#open(ask, call, leave, load);
      return this.#read(ask, opened);
    });
  }

  /** Opens a body of any kind; its slot is free again when its head is there. */
  async download(ask: Ask, call: Call): Promise<Opened> {
    const leave = await this.#leaveFor(ask, call);
    return this.#turn("transfer", { ask, call, leave }, () =>
      this.#open(ask, call, leave, "download"),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const limit of this.#running) limit.stop();
    await Promise.all([this.#calls.destroy(), this.#transfers.destroy()]);
  }

  /** Waits for its turn, works, and tells the gate what came of it. */
  async #turn<T>(
    queue: Queue,
    { ask, call, leave }: { readonly ask: Ask; readonly call: Call; readonly leave: Leave },
    work: () => Promise<T>,
  ): Promise<T> {
    const { signal } = call;
    this.#demandPresence(ask);
    try {
      return await this.turnstile.pass(queue, signal, async (passage) => {
        try {
          const result = await work();
          this.#options.called?.(ask.does, true);
          this.turnstile.judge(passage, { kind: "up" });
          return result;
        } catch (error) {
          this.#options.called?.(ask.does, ask.isExpected?.(error) === true);
          const known = error instanceof MatrixError && signal?.aborted !== true && !this.#closed;
          const verdict = known ? verdictOf(error) : { kind: "none" as const };
          const mine = verdict.kind === "limited" && leave.isOwn;
          this.turnstile.judge(passage, mine ? { kind: "up" } : verdict);
          throw error;
        }
      });
    } catch (error) {
      if (error instanceof MatrixError) throw error;
      if (signal?.aborted === true) throw givenUp(ask.does, "it was called off", false);
      throw error;
    }
  }

  /** Nobody waits until a stranger comes back. */
  #demandPresence({ does }: Ask): void {
    const closed = this.turnstile.gate.closure;
    if (this.#options.stranger === undefined || closed === undefined) return;
    if ((closed.until ?? 0) > this.#options.clock.now())
      throw givenUp(does, "the homeserver of that person cannot be reached now", false);
  }

  /** The box's own token for its own users; for a person another one, or none. */
  async #leaveFor(ask: Ask, { as }: Call): Promise<Leave> {
    const { asToken, bot, admit, domain, puppets } = this.#options;
    if (as === undefined || as === bot) return { token: asToken, isOwn: false };
    if (admit === undefined || admit(as)) return { token: asToken, as, isOwn: false };
    return puppetLeave(puppets, { as, domain, ask });
  }

  async #open(ask: Ask, call: Call, leave: Leave, load?: Load | "download"): Promise<Opened> {
    const { deadline } = this.#options;
    if (this.#closed || call.signal?.aborted === true) {
      throw givenUp(ask.does, "it was called off", false);
    }
    const pool = load === undefined ? this.#calls : this.#transfers;
    const limit = new Limit(
      load === undefined ? deadline.call : deadline.media,
      call.signal,
      this.#running,
    );
    try {
      const answer = await pool.request({
        ...payloadOf(ask, leave.token, load),
        method: ask.method,
        path: this.#prefix + ask.path + query({ user_id: leave.as, ...ask.query }),
        signal: limit.signal,
      });
      if (answer.statusCode > 299) throw await this.#refusal(ask, answer, leave);
      return { answer, limit };
    } catch (error) {
      limit.end();
      throw limit.fault(ask.does, error);
    }
  }

  async #refusal(ask: Ask, answer: Dispatcher.ResponseData, leave: Leave): Promise<MatrixError> {
    const text = await readText(answer, errorMost);
    return refused(ask.does, {
      status: answer.statusCode,
      body: parseOr(hidden(text, leave), undefined),
      retryAfter: headerOf(answer, "retry-after"),
      now: this.#options.clock.now(),
    });
  }

  async #read(ask: Ask, { answer, limit }: Opened): Promise<JsonObject> {
    const status = answer.statusCode;
    try {
      const most = this.#options.stranger === undefined ? answerMost : strangeMost;
      const text = await readText(answer, ask.most ?? most);
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

/** The token that it was told is not shown, whatever the homeserver says. */
const hidden = (text: string | undefined, { token }: Leave): string | undefined =>
  text?.replaceAll(token, "…");

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
  return { headers, body: wellFormed(JSON.stringify(ask.body)) };
};

/** Half a character (a lone surrogate, which JSON can only say by its number) as what stands for one. */
const wellFormed = (body: string): string =>
  body.includes("\\ud") ? body.replaceAll(halves, "$<before>\ufffd") : body;

/** None behind a backslash that is itself escaped: that is text. */
const halves = /(?<!\\)(?<before>(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;
