import { asBridgeError, BridgeError, loginId, sourceId } from "../adapter/index.ts";
import type {
  Connection,
  Host,
  Json,
  KeyValue,
  LoginId,
  LoginState,
  Network,
  NewLogin,
  Session,
} from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { Gate } from "../flow/gate.ts";
import type { Login } from "../store/types.ts";
import { openSource } from "./accept.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import type { Works } from "./works.ts";

/** Between attempts to open a network or connect a login, in milliseconds. */
const backoff = { first: 500, most: 60_000 };

/** Called when a login is connected and can be used. */
export type Connected = (live: LiveNetwork, login: LiveLogin) => void;

/** Keeps every configured network open and every login connected; one that fails stops no other. */
export class Supervisor {
  readonly #works: Works;
  readonly #connected: Connected;
  readonly #stops = new Map<LoginId, AbortController>();
  readonly #running = new Set<Promise<void>>();

  constructor(works: Works, connected: Connected) {
    this.#works = works;
    this.#connected = connected;
  }

  start(): void {
    for (const live of this.#works.box.networks.values()) this.#track(this.#keepOpen(live));
  }

  /** A new login, or one whose account is new. */
  async add(live: LiveNetwork, row: Login): Promise<LiveLogin> {
    await this.disconnect(row.id);
    return this.#begin(live, row);
  }

  /** Ends the login's connection; its row stays. */
  async disconnect(id: LoginId): Promise<void> {
    this.#stops.get(id)?.abort();
    this.#stops.delete(id);
    for (const live of this.#works.box.networks.values()) {
      const login = live.logins.get(id);
      if (!login) continue;
      live.logins.delete(id);
      await login.connection?.close();
    }
  }

  /** After the box's signal: every connection and network is closed. */
  async stopped(): Promise<void> {
    for (const live of this.#works.box.networks.values()) {
      for (const login of live.logins.values()) await login.connection?.close().catch(this.#ignore);
      await live.network?.close().catch(this.#ignore);
    }
    while (this.#running.size > 0) await Promise.all([...this.#running]);
  }

  readonly #ignore = (error: unknown): void => {
    this.#works.box.log.debug("Something did not close cleanly", { error: String(error) });
  };

  #track(run: Promise<void>): void {
    const tracked = run.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #keepOpen(live: LiveNetwork): Promise<void> {
    const { box } = this.#works;
    for (let failures = 1; !box.signal.aborted; failures += 1) {
      try {
        await this.#open(live);
        return;
      } catch (thrown) {
        const error = asBridgeError(thrown);
        live.gate.close({ until: undefined, why: error.message });
        box.log.error("A network could not be opened; it is tried again", {
          network: live.settings.id,
          why: error.message,
        });
        await box.clock.sleep(delayAfter(failures, backoff), box.signal);
      }
    }
  }

  async #open(live: LiveNetwork): Promise<void> {
    const { box } = this.#works;
    const { id, adapter, config } = live.settings;
    const host = await this.#host(live, id, box.signal);
    const network = await adapter.open(host, config);
    live.network = network;
    const standing = network.standing ?? [];
    for (const login of standing) await this.#begin(live, await this.#standing(live, login));
    const names = new Set(standing.map((login) => `${id}:${login.id}`));
    for (const row of await box.store.read.logins.all(id)) {
      if (row.owner !== undefined) await this.#begin(live, row);
      else if (!names.has(row.id)) await box.store.commit((tx) => tx.logins.remove(row.id));
    }
    live.gate.open();
  }

  /** A login that the config declares: its row follows the config. */
  async #standing(live: LiveNetwork, login: NewLogin<Json>): Promise<Login> {
    const { box } = this.#works;
    const id = loginId(`${live.settings.id}:${login.id}`);
    const before = await box.store.read.logins.get(id);
    const row: Login = {
      id,
      network: live.settings.id,
      owner: undefined,
      user: login.user,
      name: login.name,
      role: login.role,
      account: before?.owner === undefined ? (before?.account ?? login.account) : login.account,
      accountVersion: live.settings.adapter.account.version,
      since: before?.since ?? box.clock.now(),
    };
    await box.store.commit((tx) => tx.logins.put(row));
    return row;
  }

  async #begin(live: LiveNetwork, row: Login): Promise<LiveLogin> {
    const { box } = this.#works;
    const login: LiveLogin = {
      row,
      gate: new Gate(),
      connection: undefined,
      state: "connecting",
      since: box.clock.now(),
      why: undefined,
    };
    login.gate.close({ until: undefined, why: `${row.name} is connecting.` });
    live.logins.set(row.id, login);
    const stop = new AbortController();
    this.#stops.set(row.id, stop);
    this.#track(this.#connect(live, login, AbortSignal.any([box.signal, stop.signal])));
    return login;
  }

  async #connect(live: LiveNetwork, login: LiveLogin, signal: AbortSignal): Promise<void> {
    const { box } = this.#works;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await this.#connectOnce(live, login, signal);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = asBridgeError(thrown);
        const final = error.code === "auth" || error.code === "banned";
        this.#state(live, login, { state: final ? "needs-login" : "reconnecting", why: error });
        if (final) return;
        const delay = error.retryAfter ?? delayAfter(failures, backoff);
        await box.clock.sleep(delay, signal);
      }
    }
  }

  async #connectOnce(live: LiveNetwork, login: LiveLogin, signal: AbortSignal): Promise<void> {
    const network = openNetwork(live);
    const session = await this.#session(live, login, signal);
    const { id, user, role } = login.row;
    const account = accountOf(live, login.row);
    const connection = await network.connect({ id, user, role, account }, session);
    if (signal.aborted) {
      await connection.close();
      return;
    }
    this.#use(live, login, connection);
  }

  #use(live: LiveNetwork, login: LiveLogin, connection: Connection): void {
    login.connection = connection;
    if (login.state === "connected") this.#ready(live, login);
  }

  #ready(live: LiveNetwork, login: LiveLogin): void {
    login.gate.open();
    this.#connected(live, login);
  }

  #state(
    live: LiveNetwork,
    login: LiveLogin,
    { state, why }: { state: LoginState; why: BridgeError | undefined },
  ): void {
    const { box } = this.#works;
    if (login.state !== state) login.since = box.clock.now();
    login.state = state;
    login.why = why;
    box.log.info("A login changed state", {
      network: live.settings.id,
      login: login.row.id,
      state,
      why: why?.message,
    });
    box.observe({ what: "login", network: live.settings.id, login: login.row.id, state });
    if (state === "connected") {
      if (login.connection) this.#ready(live, login);
      return;
    }
    login.gate.close({
      until: undefined,
      why: why?.message ?? `${login.row.name} is not connected.`,
    });
  }

  async #host(live: LiveNetwork, scope: string, signal: AbortSignal): Promise<Host> {
    const works = this.#works;
    const source = sourceId(scope);
    const cursors = new Map(Object.entries(await works.box.store.read.cursors.of(source)));
    return {
      source: (name) => openSource(works, { live, scope: source, name, cursors }),
      store: this.#keyValue(scope),
      log: works.box.log,
      signal,
    };
  }

  async #session(live: LiveNetwork, login: LiveLogin, signal: AbortSignal): Promise<Session<Json>> {
    const { box } = this.#works;
    return {
      ...(await this.#host(live, login.row.id, signal)),
      state: (state, why) => {
        if (!signal.aborted) this.#state(live, login, { state, why });
      },
      saveAccount: async (account) => {
        const row = { ...login.row, account };
        await box.store.commit((tx) => tx.logins.put(row));
      },
      chats: async () => {
        const portals = await box.store.read.portals.ofLogin(login.row.id);
        return portals.filter((portal) => !portal.dead).map((portal) => portal.chat);
      },
      media: {
        open: () => Promise.reject(noMedia()),
        publicUrl: () => undefined,
      },
    };
  }

  #keyValue(scope: string): KeyValue {
    const { store } = this.#works.box;
    return {
      get: (key) => store.read.keys.get(scope, key),
      set: (key, value, options) =>
        store.commit((tx) => tx.keys.set(scope, key, value, options?.secret ?? false)),
    };
  }
}

const openNetwork = (live: LiveNetwork): Network<Json> => {
  if (live.network) return live.network;
  throw new BridgeError("network", `${live.settings.id} is not open yet.`, {
    reached: "no",
    scope: "network",
  });
};

const accountOf = (live: LiveNetwork, row: Login): Json => {
  const schema = live.settings.adapter.account;
  const stored =
    row.accountVersion < schema.version && schema.migrate
      ? schema.migrate(row.account, row.accountVersion)
      : row.account;
  const parsed = schema.parse(stored);
  if (parsed.ok) return parsed.value;
  throw new BridgeError(
    "auth",
    `${row.name} was not connected: what is stored of it cannot be read. Log in again.`,
    {
      reached: "no",
      scope: "login",
    },
  );
};

const noMedia = (): BridgeError =>
  new BridgeError("unsupported", "Files are not bridged yet.", { reached: "no", scope: "item" });
