import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeError, Log, LoginState } from "@bridgebox/core/adapter";
import { WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import type { SessionInfo } from "@discordjs/ws";
import type { GatewayDispatchPayload, REST } from "discord.js";
import { closedWith, disallowed, lessTold, silence, what } from "./ended.ts";
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
  /** Discord refused the intents: whether it is asked for fewer from now on. */
  disallowed(): Promise<boolean>;
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
/** After so many the session is gone on with at the address that Discord gives for new ones. */
const mostLost = 2;

export const superviseGateway = (options: GatewayOptions): Gateway => {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const started = Promise.withResolvers<void>();
  let life: Life | undefined;
  let failure: unknown;
  let identified = 0;
  /** How often in a row nobody was where a session was to be gone on with. */
  let lost = 0;

  const once = async (): Promise<void> => {
    failure = undefined;
    await options.prepare(signal);
    const wait = identified + options.identifyEvery - Date.now();
    if (options.place() === undefined) {
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
      identified = Date.now();
    }
    if (signal.aborted) return;
    const resumes = options.place() !== undefined;
    life = openLife(options, { detour: lost >= mostLost });
    const code = await life.over;
    lost = life.greeted || !resumes ? 0 : lost + 1;
    options.dropped();
    if (code === disallowed) {
      options.forget();
      if (await options.disallowed()) throw lessTold();
    }
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
        const final = isTokenRefused(why) || (why.code === "forbidden" && why.scope === "login");
        options.log.debug("Connection to Discord lost", { code: why.code, says: why.message });
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

const forever = (): Promise<never> => new Promise(() => {});

/** Whether a line can be opened to it. */
const isAddress = (url: unknown): boolean =>
  typeof url === "string" && URL.canParse(url) && /^wss?:\/\/[^#]+$/.test(url);

interface Life {
  /** The close code; 0 where it never came to a connection. */
  readonly over: Promise<number>;
  readonly failure: unknown;
  /** Somebody who speaks Discord's protocol was there. */
  readonly greeted: boolean;
  end(): Promise<void>;
}

/**
 * One connection by the library, which is to end with it: its own way back would start 500 ms later,
 * with no growing pause and from a sequence that nobody stored. So once it is over the library is
 * left waiting for a session that never comes, which holds no timer and no socket.
 */
const openLife = (options: GatewayOptions, { detour }: { readonly detour: boolean }): Life => {
  const over = Promise.withResolvers<number>();
  const greeted = Promise.withResolvers<void>();
  let stage: "asking" | "dialling" | "talking" | "over" = "asking";
  let closing = false;
  let hello = false;
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

  const giveUp = (why: unknown): Promise<never> => {
    failure = why;
    finish(0);
    return forever();
  };

  const placeNow = async (): Promise<SessionInfo | null> => {
    const place = options.place();
    if (stage === "dialling") {
      // The library asks once more where it was told that the answer is old, and waits for ever if that
      // fails, or for a line to an address that is none.
      const { url } = await manager.fetchGatewayInformation().catch(giveUp);
      if (!isAddress(url)) return giveUp(new Error("the gateway's address makes no sense"));
      if (place === undefined) return null;
      const resumeURL = detour || !isAddress(place.resumeURL) ? url : place.resumeURL;
      return { ...place, resumeURL, shardId: 0, shardCount: 1 };
    }
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
      if (stage === "over") return forever();
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
    hello = true;
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
    get greeted() {
      return hello;
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
