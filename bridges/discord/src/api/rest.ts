import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "@bridgebox/core/adapter";
import { REST } from "discord.js";
import type { RESTOptions } from "discord.js";
import { givenUp, isTokenRefused, toBridgeError } from "../errors.ts";
import type { Ask } from "../errors.ts";

/** One request to Discord. */
export interface Call extends Ask {
  readonly signal: AbortSignal;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** A body that is sent as it is, with its own type and length. */
  readonly raw?: {
    readonly body: ReadableStream<Uint8Array>;
    readonly headers: Record<string, string>;
  };
  /** Shown in the server's audit log. */
  readonly reason?: string;
  /** Waits when asked to slow down, instead of failing: for what nobody waits for. */
  readonly patient?: boolean;
  /** Milliseconds until it is given up. */
  readonly deadline?: number;
}

export interface RestOptions {
  readonly api: string | undefined;
  readonly token: string;
  /** The token was refused. */
  readonly refused?: (error: BridgeError) => void;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Discord's REST API for one bot. Every call ends with its signal; every error is a `BridgeError`. */
export interface Rest {
  /** For the library's gateway, which asks it where to connect. */
  readonly asking: REST;
  /** The answer as it came: what is in it is read before it is believed (`answers.ts`). */
  call(method: Method, path: `/${string}`, call: Call): Promise<unknown>;
  close(): void;
}

/** docs.discord.com/developers/topics/rate-limits#global-rate-limit */
const discordsOwn = 50;
const ordinary = 20_000;
/** The library's own limit, longer than any of ours: it would cut long uploads. */
const longest = 3_600_000;

/**
 * The library's own retries and waits are off: it would repeat a message that may have arrived, and
 * wait where our gates decide.
 */
export const openRest = ({ api, token, refused }: RestOptions): Rest => {
  // Another server says itself how much is too much.
  const perSecond = api === undefined ? discordsOwn : Number.MAX_SAFE_INTEGER;
  const library = new REST({
    version: "10",
    ...(api === undefined ? {} : { api }),
    retries: 0,
    timeout: longest,
    offset: 0,
    globalRequestsPerSecond: perSecond,
    rejectOnRateLimit: () => true,
    makeRequest: request,
  });
  const asking = new REST({
    version: "10",
    ...(api === undefined ? {} : { api }),
    retries: 0,
    timeout: ordinary,
    rejectOnRateLimit: () => true,
    hashSweepInterval: 0,
    handlerSweepInterval: 0,
  }).setToken(token);
  library.setToken(token);
  const once = async (method: Method, path: `/${string}`, call: Call): Promise<unknown> => {
    if (call.signal.aborted) throw givenUp(call);
    const { raw, body, query } = call;
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.deadline ?? ordinary)]);
    // A refused token is forgotten by the library, which then fails without asking.
    library.setToken(token);
    try {
      return await library.request({
        fullRoute: path,
        method: method as NonNullable<Parameters<REST["request"]>[0]["method"]>,
        signal,
        auth: call.byPath !== true,
        ...(call.reason === undefined ? {} : { reason: call.reason.slice(0, 400) }),
        ...(query === undefined ? {} : { query: searchOf(query) }),
        ...(raw === undefined ? { body } : { ...raw, passThroughBody: true }),
      });
    } catch (thrown) {
      const error = toBridgeError(thrown, call, signal);
      if (isTokenRefused(error)) refused?.(error);
      throw error;
    }
  };
  return {
    asking,
    call: async (method, path, call) => {
      for (;;) {
        try {
          return await once(method, path, call);
        } catch (thrown) {
          const waits = thrown instanceof BridgeError && thrown.code === "rate_limit";
          if (!waits || call.patient !== true || call.signal.aborted) throw thrown;
          const { signal } = call;
          await sleep(thrown.retryAfter ?? 1000, undefined, { signal }).catch(() => undefined);
        }
      }
    },
    close: () => {
      library.clearHashSweeper();
      library.clearHandlerSweeper();
    },
  };
};

/**
 * By Node's own fetch: the library's way reads a whole upload into memory before it sends it. A redirect
 * has to be an error, or fetch keeps all that it has sent for another time.
 */
const request: RESTOptions["makeRequest"] = (url, { body, headers, method, signal }) => {
  const init: RequestInit = {
    method: method ?? "GET",
    headers: new Headers(headers as Record<string, string>),
    redirect: "error",
  };
  if (signal) init.signal = signal;
  if (body !== undefined && body !== null) {
    init.body = body as NonNullable<RequestInit["body"]>;
    init.duplex = "half";
  }
  return fetch(url, init);
};

const searchOf = (query: NonNullable<Call["query"]>): URLSearchParams =>
  new URLSearchParams(
    Object.entries(query).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, String(value)]],
    ),
  );
