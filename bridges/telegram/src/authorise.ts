import { createHash } from "node:crypto";
import { BridgeError, type KeyValue, type Session } from "@bridgebox/core/adapter";
import { dial, targetAfterMigration, targetFor } from "./api/dial.ts";
import { decodeSession, encodeSession, type SessionKey } from "./api/session.ts";
import { Api, type Rpc } from "./api/tl.ts";
import { trustServerKey } from "./api/trust.ts";
import { NoAnswer, type Wire, type WireOptions, type WireTarget } from "./api/wire.ts";
import type { TelegramAccount, TelegramConfig } from "./config.ts";
import { rpcName } from "./errors.ts";

type Listener = Pick<WireOptions, "onUpdates" | "onNewSession">;

const silent: Listener = { onUpdates: () => undefined, onNewSession: () => undefined };

export interface Opened {
  readonly config: TelegramConfig;
  readonly account: TelegramAccount;
  readonly session: Session<TelegramAccount>;
  readonly listener: Listener;
}

/** A wire that is authorised for the account: by its session, or by its bot token. */
export const openSession = async (
  { config, account, session, listener }: Opened,
  signal: AbortSignal,
): Promise<Wire> => {
  const dialer = dialerOf(config, listener);
  const { token } = account;
  if (token === undefined) {
    const key = account.session === undefined ? undefined : decodeSession(account.session);
    if (key === undefined) throw noCredential();
    return dialer.open(targetFor(key, config.server), signal);
  }
  const stored =
    (await storedSession(session.store, token)) ?? decodeSession(account.session ?? "");
  if (stored !== undefined) {
    const wire = await openAuthorised(dialer, targetFor(stored, config.server), signal);
    if (wire !== undefined) return wire;
  }
  const { wire, key } = await logInBot(config, { token, listener }, signal);
  await session.store.set(sessionKey(token), encodeSession(key), { secret: true });
  return wire;
};

const noCredential = (): BridgeError =>
  new BridgeError("auth", "This login has neither a session nor a token: log in again.", {
    reached: "no",
    scope: "login",
  });

/** A new token is a new session, and no token is in a key's name. */
const sessionKey = (token: string): string =>
  `session:${createHash("sha256").update(token).digest("base64url").slice(0, 16)}`;

const storedSession = async (store: KeyValue, token: string): Promise<SessionKey | undefined> => {
  const text = await store.get(sessionKey(token));
  return typeof text === "string" ? decodeSession(text) : undefined;
};

/** Nothing where the session is over; a token can make a new one. */
const openAuthorised = async (
  dialer: ReturnType<typeof dialerOf>,
  target: WireTarget,
  signal: AbortSignal,
): Promise<Wire | undefined> => {
  let wire: Wire | undefined;
  try {
    wire = await dialer.open(target, signal);
    await wire.invoke(new Api.updates.GetState(), signal);
    return wire;
  } catch (error) {
    await wire?.close();
    const forgotten = error instanceof NoAnswer && error.why === "forgotten";
    if (forgotten || rpcName(error)?.status === 401) return undefined;
    throw error;
  }
};

/** Opens wires for a config, which may name a server of its own. */
export const dialerOf = (config: TelegramConfig, listener: Listener = silent) => {
  if (config.server !== undefined) trustServerKey(config.server.public_key);
  const options: WireOptions = {
    ...listener,
    apiId: config.api_id,
    deviceName: config.device_name,
    pingEvery: config.ping_seconds * 1000,
  };
  return {
    open: (target: WireTarget, signal: AbortSignal): Promise<Wire> => dial(target, options, signal),
  };
};

/**
 * A new authorisation: runs `step` until it is done, in the data centre that Telegram sends it to
 * (core.telegram.org/api/datacenter).
 */
export class Entry {
  readonly #config: TelegramConfig;
  readonly #listener: Listener | undefined;
  #target: WireTarget;
  #wire: Wire | undefined;

  constructor(config: TelegramConfig, listener?: Listener) {
    this.#config = config;
    this.#listener = listener;
    this.#target = targetFor(undefined, config.server);
  }

  async call<R>(request: Rpc<R>, signal: AbortSignal): Promise<R> {
    for (let moves = 0; ; moves += 1) {
      const wire = await this.#open(signal);
      try {
        return await wire.invoke(request, signal);
      } catch (error) {
        const rpc = rpcName(error);
        const dc = rpc?.status === 303 ? rpc.number : undefined;
        const target = dc && targetAfterMigration(wire, dc, this.#config.server);
        if (!target || moves >= 3) throw error;
        await wire.close();
        this.#wire = undefined;
        this.#target = target;
      }
    }
  }

  /** Goes on in another data centre. */
  async moveTo(dc: number, signal: AbortSignal): Promise<void> {
    const wire = await this.#open(signal);
    const target = targetAfterMigration(wire, dc, this.#config.server);
    if (target === undefined) throw new Error(`There is no data centre ${dc}.`);
    await wire.close();
    this.#wire = undefined;
    this.#target = target;
  }

  /** The wire as it stands, with what has to be kept to open it again. */
  async finish(signal: AbortSignal): Promise<{ readonly wire: Wire; readonly key: SessionKey }> {
    const wire = await this.#open(signal);
    const { host, port } = this.#target;
    return { wire, key: { dc: wire.dc, host, port, key: wire.key } };
  }

  async close(): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.close();
  }

  /** A person takes their time: what was cut off meanwhile is opened again, with the same key. */
  async #open(signal: AbortSignal): Promise<Wire> {
    if (this.#wire !== undefined) return this.#wire;
    const wire = await dialerOf(this.#config, this.#listener).open(this.#target, signal);
    this.#wire = wire;
    void this.#watch(wire);
    return wire;
  }

  async #watch(wire: Wire): Promise<void> {
    const why = await wire.closed;
    if (this.#wire !== wire) return;
    this.#wire = undefined;
    if (why === "lost") this.#target = { ...this.#target, key: wire.key };
  }
}

/** Signs a bot in by its token. */
export const logInBot = async (
  config: TelegramConfig,
  { token, listener }: { readonly token: string; readonly listener?: Listener },
  signal: AbortSignal,
): Promise<{ readonly wire: Wire; readonly key: SessionKey; readonly user: Api.TypeUser }> => {
  const entry = new Entry(config, listener);
  const request = new Api.auth.ImportBotAuthorization({
    flags: 0,
    apiId: config.api_id,
    apiHash: config.api_hash,
    botAuthToken: token,
  });
  try {
    const answer = await entry.call(request, signal);
    if (!(answer instanceof Api.auth.Authorization)) throw noCredential();
    return { ...(await entry.finish(signal)), user: answer.user };
  } catch (error) {
    await entry.close();
    throw error;
  }
};
