import { BridgeError, type Log, type LoginState } from "@bridgebox/core/adapter";
import { isLoginOver, isTokenRefused, notConnected, toBridgeError } from "../errors.ts";
import type { Api, Rpc } from "./tl.ts";
import type { Wire, WireOptions } from "./wire.ts";

/** What the supervisor is told about one login. */
export interface ClientOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds before the first retry; doubled up to a minute. */
  readonly retryDelay: number;
  /** The login can authorise itself anew (a bot's token), so only a refusal of that ends it. */
  readonly renewable: boolean;
  open(
    options: Pick<WireOptions, "onUpdates" | "onNewSession">,
    signal: AbortSignal,
  ): Promise<Wire>;
  /** Runs on every new connection; the login counts as connected when it has resolved. */
  ready(): Promise<void>;
  state(state: LoginState, why?: BridgeError): void;
  onUpdates(updates: Api.TypeUpdates): void;
  onNewSession(): void;
}

export interface Call<R> {
  /** What did not happen if it fails: "The message was not sent". */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Hears the answer also if the caller has given up: it may hold updates. */
  readonly answered?: (answer: R) => void;
}

/** The supervised connection of one login. */
export interface Client {
  readonly timeOffset: number;
  /** The connection as it stands; nothing while there is none. */
  readonly wire: Wire | undefined;
  call<R>(request: Rpc<R>, call: Call<R>): Promise<R>;
  /** Resolves when calls make sense: connected, over, or given up. */
  connected(signal: AbortSignal): Promise<void>;
  /** Ends this connection, not the login: a new one is opened after a pause. */
  restart(why: unknown): void;
  /** Settles with the first outcome: connected, or the first failure. */
  readonly started: Promise<void>;
  close(): Promise<void>;
}

const longestDelay = 60_000;
const settled = 10_000;

/** Keeps a wire up until it is closed or Telegram ends the login. */
export const superviseClient = (options: ClientOptions): Client => {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const started = Promise.withResolvers<void>();
  let wire: Wire | undefined;
  let failure: unknown;
  let over: BridgeError | undefined;
  let gate = Promise.withResolvers<void>();
  let opened = false;

  const connectOnce = async () => {
    failure = undefined;
    wire = await options.open(options, signal);
    const closed = wire.closed;
    await Promise.race([
      options.ready(),
      closed.then((why) => {
        throw failure ?? new Error(`The connection ended (${why}).`);
      }),
    ]);
    options.state("connected");
    started.resolve();
    gate.resolve();
    opened = true;
    const why = await closed;
    if (why === "forgotten") throw forgotten();
    throw failure ?? new Error("The connection ended.");
  };

  const run = async () => {
    let delay = options.retryDelay;
    while (!signal.aborted) {
      const since = Date.now();
      try {
        await connectOnce();
      } catch (error) {
        await wire?.close();
        wire = undefined;
        if (opened) gate = Promise.withResolvers();
        opened = false;
        if (signal.aborted) break;
        const why = toBridgeError(error, "Nothing goes to or comes from Telegram at the moment");
        if (isLoginOver(why) && (!options.renewable || isTokenRefused(why))) {
          over = why;
          options.state("needs-login", why);
          break;
        }
        options.log.debug("Connection to Telegram lost", { code: why.code, says: why.message });
        options.state("reconnecting", why);
        started.resolve();
        if (Date.now() - since > settled) delay = options.retryDelay;
        await pause(Math.max(why.retryAfter ?? 0, delay * (0.5 + Math.random())), signal);
        delay = Math.min(delay * 2, longestDelay);
      }
    }
    started.resolve();
    gate.resolve();
  };
  const running = run();

  return {
    get timeOffset() {
      return wire?.timeOffset ?? 0;
    },
    get wire() {
      return wire;
    },
    started: started.promise,
    call: async (request, { what, signal: given, answered }) => {
      if (over !== undefined) throw over;
      if (wire === undefined) throw notConnected(what);
      try {
        return await wire.invoke(request, given, answered);
      } catch (error) {
        const why = toBridgeError(error, what);
        if (isLoginOver(why)) {
          failure = why;
          void wire?.close();
        }
        throw why;
      }
    },
    connected: async (given) => {
      const aborted = Promise.withResolvers<void>();
      const end = () => aborted.resolve();
      if (given.aborted) return;
      given.addEventListener("abort", end);
      await Promise.race([gate.promise, aborted.promise]);
      given.removeEventListener("abort", end);
    },
    restart: (why) => {
      failure = why;
      void wire?.close();
    },
    close: async () => {
      stop.abort();
      await wire?.close();
      await running;
    },
  };
};

const forgotten = (): BridgeError =>
  new BridgeError("auth", "Telegram does not know this session any more: log in again.", {
    reached: "no",
    scope: "login",
  });

/** Resolves after the time, or as soon as the signal is aborted. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    return undefined;
  });
