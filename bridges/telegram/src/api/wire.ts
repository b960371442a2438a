import { AuthKey } from "telegram/crypto/AuthKey.js";
import { Logger } from "telegram/extensions/Logger.js";
import { ConnectionTCPFull } from "telegram/network/connection/index.js";
import { MTProtoSender } from "telegram/network/index.js";
import { UpdateConnectionState } from "telegram/network/index.js";
import { RPCResult } from "telegram/tl/core/index.js";
import { WireSocket } from "./socket.ts";
import { Api, LAYER, long, withoutNulls, type Rpc } from "./tl.ts";

/** Where to connect, and the key to speak with; without one the wire makes a new key. */
export interface WireTarget {
  readonly dc: number;
  readonly host: string;
  readonly port: number;
  readonly key?: Buffer | undefined;
}

export interface WireOptions {
  readonly apiId: number;
  readonly deviceName: string;
  /** Between two signs of life, in milliseconds; half as long an answer is waited for. */
  readonly pingEvery: number;
  /** A further connection of a session, for files: it hears no updates. */
  readonly quiet?: boolean;
  onUpdates(updates: Api.TypeUpdates): void;
  /** The server started a new session: updates may have been lost on its side. */
  onNewSession(): void;
}

/** One connection, from its handshake to its end; it never comes back by itself. */
export interface Wire {
  readonly key: Buffer;
  readonly dc: number;
  readonly host: string;
  readonly port: number;
  /** Resolves, with the reason, when nothing more will come. */
  readonly closed: Promise<WireEnd>;
  readonly dcOptions: readonly Api.DcOption[];
  /** Server clock minus ours, in seconds. */
  readonly timeOffset: number;
  /** `answered` hears the answer whenever it comes, also after the caller has given up. */
  invoke<R>(request: Rpc<R>, signal: AbortSignal, answered?: (answer: R) => void): Promise<R>;
  close(): Promise<void>;
}

/** `forgotten`: the server does not know our key any more, so the login is over. */
export type WireEnd = "closed" | "lost" | "forgotten";

/** The connection ended, or the caller gave up, before the answer came: the server may have done it. */
export class NoAnswer extends Error {
  readonly why: WireEnd | "aborted";
  /** False: the request was never handed over. */
  readonly sent: boolean;

  constructor(why: WireEnd | "aborted", sent = true) {
    super(why === "aborted" ? "The call was given up." : "The connection ended.");
    this.name = "NoAnswer";
    this.why = why;
    this.sent = sent;
  }
}

const openTimeout = 20_000;
/** The server drops a connection that has not pinged for so many times as long. */
const serverPatience = 2.5;

/* oxlint-disable no-underscore-dangle -- the library's own names */
/** The parts of the library's sender that its own types hide. */
interface Insides {
  readonly _handlers: Record<string, (message: unknown) => unknown>;
  readonly _state: { readonly timeOffset: number };
  reconnect(): void;
}

/** Connects, shakes hands where there is no key yet, and introduces the client. */
export const openWire = async (
  target: WireTarget,
  options: WireOptions,
  signal: AbortSignal,
): Promise<Wire> => {
  const ending = Promise.withResolvers<WireEnd>();
  const socket = new WireSocket(() => ending.resolve("lost"));
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(openTimeout)]);
  const giveUp = () => void socket.close();
  deadline.addEventListener("abort", giveUp);
  try {
    const sender = await startSender(target, { options, socket, end: ending.resolve });
    const invoke = invoker(sender, ending.promise);
    const config = await introduce(invoke, options, deadline);
    const key = sender.authKey.getKey();
    if (key === undefined) throw new Error("The handshake gave no key.");
    keepAlive(invoke, { socket, end: ending.promise, every: options.pingEvery });
    return {
      key,
      dc: target.dc,
      host: target.host,
      port: target.port,
      closed: ending.promise,
      dcOptions: config.dcOptions,
      timeOffset: insides(sender)._state.timeOffset,
      invoke,
      close: async () => {
        ending.resolve("closed");
        await sender.disconnect();
        await socket.close();
      },
    };
  } catch (error) {
    await socket.close();
    throw error;
  } finally {
    deadline.removeEventListener("abort", giveUp);
  }
};

interface Parts {
  readonly options: WireOptions;
  readonly socket: WireSocket;
  readonly end: (why: WireEnd) => void;
}

const startSender = async (target: WireTarget, parts: Parts): Promise<MTProtoSender> => {
  const log = new Logger();
  log.canSend = () => false;
  log.setLevel = () => undefined;
  log._log = () => undefined;
  let failure: unknown;
  const sender = new MTProtoSender(target.key && (await authKey(target.key)), {
    logger: log,
    dcId: target.dc,
    retries: 1,
    reconnectRetries: -1,
    delay: 0,
    autoReconnect: false,
    connectTimeout: openTimeout,
    authKeyCallback: undefined,
    updateCallback: (_client: unknown, update: unknown) => receive(update, parts),
    isMainSender: true,
    client: { _errorHandler: async (error: unknown) => void (failure ??= error) } as never,
    securityChecks: true,
    _exportedSenderPromises: new Map(),
  });
  tame(sender, parts);
  const connection = new ConnectionTCPFull({
    ip: target.host,
    port: target.port,
    dcId: target.dc,
    loggers: log,
    testServers: false,
    socket: function () {
      return parts.socket;
    } as never,
  });
  if (await sender.connect(connection, false)) return sender;
  throw failure instanceof Error ? failure : new Error("The connection failed.");
};

const authKey = async (bytes: Buffer): Promise<AuthKey> => {
  const key = new AuthKey();
  await key.setKey(bytes);
  return key;
};

const insides = (sender: MTProtoSender): Insides => sender as unknown as Insides;

/**
 * Takes three traps out of the library's sender: it reconnects on its own and repeats requests; an
 * RPC error inside a container drops the messages behind it; a new server session goes unnoticed.
 */
const tame = (sender: MTProtoSender, { options, socket }: Parts): void => {
  const inner = insides(sender);
  inner.reconnect = () => void socket.close();
  const wrap = (id: number, around: (original: () => unknown) => Promise<void>) => {
    const original = inner._handlers[String(id)];
    if (original === undefined) return;
    inner._handlers[String(id)] = (message) => around(() => original(message));
  };
  wrap(RPCResult.CONSTRUCTOR_ID, async (original) => {
    try {
      await original();
    } catch {
      // The caller has it already: the sender rejects the request before it throws.
    }
  });
  wrap(Api.NewSessionCreated.CONSTRUCTOR_ID, async (original) => {
    await original();
    options.onNewSession();
  });
};

const receive = (update: unknown, { options, end, socket }: Parts): void => {
  if (update instanceof UpdateConnectionState) {
    if (update.state !== UpdateConnectionState.broken) return;
    end("forgotten");
    void socket.close();
    return;
  }
  options.onUpdates(withoutNulls(update as Api.TypeUpdates));
};

type Invoke = Wire["invoke"];

const invoker = (sender: MTProtoSender, ended: Promise<WireEnd>): Invoke => {
  let end: WireEnd | undefined;
  const waiting = new Set<(error: NoAnswer) => void>();
  const endAll = (why: WireEnd): void => {
    end = why;
    for (const reject of waiting) reject(new NoAnswer(why));
    waiting.clear();
  };
  void ended.then(endAll);
  return async <R>(
    request: Rpc<R>,
    signal: AbortSignal,
    answered?: (answer: R) => void,
  ): Promise<R> => {
    if (end !== undefined) throw new NoAnswer(end, false);
    if (signal.aborted) throw new NoAnswer("aborted", false);
    const gone = Promise.withResolvers<never>();
    const abort = () => gone.reject(new NoAnswer("aborted"));
    signal.addEventListener("abort", abort);
    waiting.add(gone.reject);
    try {
      const sent = Promise.resolve(sender.send(request as never)).then(withoutNulls) as Promise<R>;
      if (answered !== undefined) void sent.then(answered, () => undefined);
      return await Promise.race([sent, gone.promise]);
    } finally {
      waiting.delete(gone.reject);
      signal.removeEventListener("abort", abort);
    }
  };
};

const introduce = async (
  invoke: Invoke,
  options: WireOptions,
  signal: AbortSignal,
): Promise<Api.Config> => {
  const query = new Api.InitConnection({
    apiId: options.apiId,
    deviceModel: options.deviceName,
    systemVersion: "bridgebox",
    appVersion: "1.0",
    systemLangCode: "en",
    langPack: "",
    langCode: "en",
    query: new Api.help.GetConfig(),
  });
  const layered = new Api.InvokeWithLayer({ layer: LAYER, query });
  const request = options.quiet ? new Api.InvokeWithoutUpdates({ query: layered }) : layered;
  const answer: unknown = await invoke(request, signal);
  if (answer instanceof Api.Config) return answer;
  throw new Error("The server did not introduce itself.");
};

const keepAlive = (
  invoke: Invoke,
  {
    socket,
    end,
    every,
  }: { readonly socket: WireSocket; readonly end: Promise<WireEnd>; readonly every: number },
): void => {
  let number = 0;
  const ping = async () => {
    number += 1;
    const request = new Api.PingDelayDisconnect({
      pingId: long(number),
      disconnectDelay: Math.ceil((serverPatience * every) / 1000),
    });
    await invoke(request, AbortSignal.timeout(every / 2)).catch(() => socket.close());
  };
  const timer = setInterval(() => void ping(), every);
  timer.unref();
  void end.then(() => clearInterval(timer));
};
