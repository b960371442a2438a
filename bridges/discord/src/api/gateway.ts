import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "@bridgebox/core/adapter";
import type { ErrorCode, Log, LoginState } from "@bridgebox/core/adapter";
import { WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import type { SessionInfo } from "@discordjs/ws";
import type { GatewayDispatchPayload, REST } from "discord.js";
import { watchHeartbeats } from "./heartbeats.ts";
import { isTokenRefused, toBridgeError } from "../errors.ts";

/** A session as it can be gone on with: as far as it was read and stored. */
export interface Place {
  readonly sessionId: string;
  readonly resumeURL: string;
  readonly sequence: number;
}

export interface GatewayOptions {
  /** For the library alone, which asks it where to connect: with a deadline of its own. */
  readonly asking: REST;
  readonly token: string;
  readonly intents: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds before the first retry; doubled up to a minute. */
  readonly retryDelay: number;
  /** Discord takes a new session every five seconds only. */
  readonly identifyEvery: number;
  /** Where to go on: what is stored, and nothing newer. */
  place(): Place | undefined;
  /** Discord does not know the session any more. */
  forget(): void;
  /** Before each connection; what it throws counts as a failure to connect. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Frames in the order of their numbers. */
  dispatch(frames: readonly GatewayDispatchPayload[], session: Session): void;
  /** Nothing more comes on this connection. */
  dropped(): void;
  state(state: LoginState, why?: BridgeError): void;
}

/** A session of this connection, without how far it was read. */
export interface Session {
  readonly sessionId: string;
  readonly resumeURL: string;
}

/** (live) The supervised gateway connection of one bot. */
export interface Gateway {
  /** Everything up to here is stored, and the bot hears what happens. */
  ready(): void;
  /** Ends this connection, not the login: it goes on where `place` says. */
  restart(why: unknown): void;
  /** Settles with the first outcome: ready, or the first failure. */
  readonly started: Promise<void>;
  close(): Promise<void>;
}

/** The session goes on being kept by Discord; with 1000 it would be over. */
const keepSession = 4200;
const closingFor = 2000;
const longestDelay = 60_000;
const settled = 10_000;
const what = "Nothing goes to or comes from Discord at the moment";

/** Close codes after which a person has to act (docs.discord.com/developers/topics/opcodes-and-status-codes). */
export const finalCodes: Readonly<
  Record<number, { readonly code: ErrorCode; readonly why: string }>
> = {
  4004: {
    code: "auth",
    why: "Discord does not know the bot's token – make a new one on the developer page",
  },
  4010: { code: "forbidden", why: "Discord refused the shard" },
  4011: {
    code: "forbidden",
    why: "the bot is in more than 2500 servers, and this bridge takes one shard only",
  },
  4012: {
    code: "forbidden",
    why: "Discord does not speak this version of its gateway any more",
  },
  4013: { code: "forbidden", why: "Discord does not know the intents" },
  4014: {
    code: "forbidden",
    why: "the bot was not given an intent that it needs – switch on the Message Content Intent and the Server Members Intent on the developer page, page Bot",
  },
};

export const superviseGateway = (options: GatewayOptions): Gateway => {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const started = Promise.withResolvers<void>();
  let life: Life | undefined;
  let failure: unknown;
  let identified = 0;

  const once = async (): Promise<void> => {
    failure = undefined;
    await options.prepare(signal);
    const wait = identified + options.identifyEvery - Date.now();
    if (options.place() === undefined) {
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
      identified = Date.now();
    }
    if (signal.aborted) return;
    life = openLife(options);
    const code = await life.over;
    options.dropped();
    throw failure ?? (code === 0 ? life.failure : undefined) ?? closedWith(code, life.failure);
  };

  const run = async (): Promise<void> => {
    let delay = options.retryDelay;
    while (!signal.aborted) {
      const since = Date.now();
      try {
        await once();
      } catch (thrown) {
        if (signal.aborted) break;
        const why = toBridgeError(thrown, { what });
        const final = isTokenRefused(why) || why.code === "forbidden";
        options.log.warn("Connection to Discord lost", { code: why.code, says: why.message });
        options.state(final ? "needs-login" : "reconnecting", why);
        started.resolve();
        if (final) break;
        if (Date.now() - since > settled) delay = options.retryDelay;
        const pause = Math.max(why.retryAfter ?? 0, delay * (0.5 + Math.random()));
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        delay = Math.min(delay * 2, longestDelay);
      }
    }
    started.resolve();
  };
  const running = run();

  return {
    started: started.promise,
    ready: () => {
      options.state("connected");
      started.resolve();
    },
    restart: (why) => {
      failure = why;
      void life?.end();
    },
    close: async () => {
      stop.abort();
      await life?.end();
      await running;
    },
  };
};

/** Why it is over, for a person; `code` is the close code. */
const closedWith = (code: number, cause: unknown): BridgeError => {
  const known = finalCodes[code];
  if (known === undefined) {
    return new BridgeError("network", `${what}: the connection ended. It is tried again.`, {
      reached: "no",
      scope: "login",
      cause: cause ?? { close: code },
    });
  }
  const facts = { reached: "no", scope: "login", cause: { close: code } } as const;
  return new BridgeError(known.code, `${what}: ${known.why}.`, facts);
};

const silence = (): BridgeError =>
  new BridgeError("network", `${what}: it answers no more. It is tried again.`, {
    reached: "no",
    scope: "login",
  });

interface Life {
  /** The close code; 0 where it never came to a connection. */
  readonly over: Promise<number>;
  readonly failure: unknown;
  end(): Promise<void>;
}

/**
 * One connection by the library, which is to end with it: its own way back would start 500 ms later,
 * with no growing pause and from a sequence that nobody stored. So once it is over the library is
 * left waiting for a session that never comes, which holds no timer and no socket.
 */
const openLife = (options: GatewayOptions): Life => {
  const over = Promise.withResolvers<number>();
  const greeted = Promise.withResolvers<void>();
  let stage: "asking" | "dialling" | "talking" | "over" = "asking";
  let closing = false;
  let session: Session | undefined;
  let failure: unknown;
  let held: GatewayDispatchPayload[] = [];

  // Frames of one turn of the loop may overtake each other in the library by some microtasks.
  const flush = (): void => {
    const frames = held.sort((a, b) => a.s - b.s);
    held = [];
    // Something before them may have been given up: so they come again by a resume.
    if (closing) return;
    if (frames.length > 0 && session !== undefined) options.dispatch(frames, session);
  };

  const finish = (code: number): void => {
    if (stage === "over") return;
    stage = "over";
    vigil.end();
    flush();
    over.resolve(code);
    greeted.resolve();
  };

  const placeNow = (): SessionInfo | null => {
    const place = options.place();
    const now =
      session === undefined || place?.sessionId === session.sessionId
        ? place
        : { ...session, sequence: 0 };
    return now === undefined ? null : { ...now, shardId: 0, shardCount: 1 };
  };

  const manager = new WebSocketManager({
    token: options.token,
    intents: options.intents(),
    rest: options.asking,
    shardCount: 1,
    shardIds: [0],
    compression: null,
    handshakeTimeout: 10_000,
    helloTimeout: 10_000,
    readyTimeout: 15_000,
    retrieveSessionInfo: () => {
      if (stage === "over") return new Promise<SessionInfo | null>(() => {});
      if (stage === "asking") stage = "dialling";
      return placeNow();
    },
    updateSessionInfo: (_shard, info) => {
      if (info !== null) session = { sessionId: info.sessionId, resumeURL: info.resumeURL };
      // The library forgets a session at every failure; Discord forgot it only if it said so.
      else if (stage === "talking" && !closing) options.forget();
    },
  });
  // The library itself gives up at the next heartbeat only, and then waits for the close of a dead line.
  const vigil = watchHeartbeats(() => {
    failure = silence();
    closing = true;
    finish(0);
    void Promise.resolve(manager.destroy({ code: keepSession })).catch(() => undefined);
  });
  manager.on(WebSocketShardEvents.Debug, ({ message }) => vigil.read(message));
  manager.on(WebSocketShardEvents.HeartbeatComplete, () => vigil.beat());
  manager.on(WebSocketShardEvents.Error, ({ error }) => {
    failure = error;
  });
  manager.on(WebSocketShardEvents.Hello, () => {
    if (stage === "dialling") stage = "talking";
    greeted.resolve();
  });
  manager.on(WebSocketShardEvents.Closed, ({ code }) => {
    if (code === 4007) options.forget();
    finish(code);
  });
  manager.on(WebSocketShardEvents.Dispatch, ({ data }) => {
    if (held.length === 0) setImmediate(flush);
    held.push(data);
  });
  manager.connect().catch((thrown: unknown) => {
    failure = thrown;
    if (stage === "asking") finish(0);
  });

  return {
    over: over.promise,
    get failure() {
      return failure;
    },
    end: async () => {
      closing = true;
      if (stage === "asking") finish(0);
      // A socket that is still being opened is left open by the library, for ever.
      await greeted.promise;
      if (stage === "over") return;
      const patience = sleep(closingFor, undefined, { ref: false });
      await Promise.race([manager.destroy({ code: keepSession }), patience]);
      finish(keepSession);
    },
  };
};
