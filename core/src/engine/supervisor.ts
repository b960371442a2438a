import { asBridgeError, BridgeError } from "../adapter/index.ts";
import type { Connection, Json, LoginId, LoginState, Network, Session } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { deadlineWithin } from "../flow/deadline.ts";
import { Gate } from "../flow/gate.ts";
import type { Login } from "../store/types.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import { accountOf, hostFor, sessionFor } from "./session.ts";
import { signOut } from "./sign-out.ts";
import { standingRow } from "./standing.ts";
import { hearsNoMore } from "./hearing.ts";
import type { Works } from "./works.ts";

/** Between attempts to open a network or connect a login, in milliseconds. */
const backoff = { first: 500, most: 60_000 };

/** How long a network may take to open, in milliseconds; its logins connect by themselves then. */
const patience = 300_000;

/** How long a connection may take to close, in milliseconds; then it is left to itself. */
const closing = 700;

/** Called when a login is connected and can be used. */
export type Connected = (live: LiveNetwork, login: LiveLogin) => void;

/** Keeps every configured network open and every login connected; one that fails stops no other. */
export class Supervisor {
  readonly #works: Works;
  readonly #connected: Connected;
  readonly #stops = new Map<LoginId, AbortController>();
  /** Attempts to connect that are under way. */
  readonly #connecting = new Map<LoginId, Promise<void>>();
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

  /** The same for good: its session on the network ends too. What its person has to know if it did not. */
  async end(id: LoginId): Promise<string | undefined> {
    const unfinished = await signOut(this.#works.box, id);
    await this.disconnect(id);
    return unfinished;
  }

  /** Ends the login's connection, or the attempt to make one; its row stays. */
  async disconnect(id: LoginId): Promise<void> {
    this.#stops.get(id)?.abort();
    this.#stops.delete(id);
    const connecting = this.#connecting.get(id);
    for (const live of this.#works.box.networks.values()) {
      const login = live.logins.get(id);
      if (!login) continue;
      live.logins.delete(id);
      hearsNoMore(live, id);
      await this.#closed(login.connection);
    }
    await this.#soon(connecting);
  }

  /** Its network does not take that login any more, though its connection stands. */
  refused(login: LiveLogin, why: BridgeError): void {
    const live = this.#works.box.networks.get(login.row.network);
    if (live?.logins.get(login.row.id) === login)
      this.#state(live, login, { state: "needs-login", why });
  }

  /** After the box's signal: every connection and network is closed. */
  async stopped(): Promise<void> {
    await Promise.all(
      [...this.#works.box.networks.values()].map(async (live) => {
        await Promise.all([...live.logins.values()].map((login) => this.#closed(login.connection)));
        await this.#closed(live.network);
      }),
    );
    await this.#soon(Promise.all(this.#running));
  }

  #closed(what: { close(): Promise<void> } | undefined): Promise<void> {
    return this.#soon(what?.close());
  }

  /** What does not end holds nobody up. */
  async #soon(end: Promise<unknown> | undefined): Promise<void> {
    if (end === undefined) return;
    const patience = deadlineWithin(closing, new AbortController().signal);
    const over = new Promise((resolve) => patience.signal.addEventListener("abort", resolve));
    await Promise.race([end.catch(this.#ignore), over]).finally(patience.end);
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
        if (box.signal.aborted) return;
        const error = asBridgeError(thrown);
        live.gate.close({ until: undefined, why: error.message });
        await this.#undo(live);
        box.log.error("A network could not be opened; it is tried again", {
          network: live.settings.id,
          why: error.message,
        });
        box.observe({ what: "network", network: live.settings.id });
        await box.clock.sleep(delayAfter(failures, backoff), box.signal);
      }
    }
  }

  /** Nothing of an opening that failed half way is left beside the next one. */
  async #undo(live: LiveNetwork): Promise<void> {
    for (const id of live.logins.keys()) await this.disconnect(id);
    await this.#closed(live.network);
    live.network = undefined;
  }

  async #open(live: LiveNetwork): Promise<void> {
    const { box } = this.#works;
    const { id } = live.settings;
    const network = await this.#opened(live);
    live.network = network;
    const standing = network.standing ?? [];
    for (const login of standing) {
      await this.#begin(live, await standingRow(this.#works, live, login));
    }
    const names = new Set(standing.map((login) => `${id}:${login.id}`));
    for (const row of await box.store.read.logins.all(id)) {
      if (row.owner !== undefined) await this.#begin(live, row);
      else if (!names.has(row.id)) await box.store.commit((tx) => tx.logins.remove(row.id));
    }
    live.gate.open();
    box.observe({ what: "network", network: id });
  }

  /** In time: what comes later is closed. */
  async #opened(live: LiveNetwork): Promise<Network<Json>> {
    const { box } = this.#works;
    const { id, adapter, config } = live.settings;
    const attempt = new AbortController();
    const over = new AbortController();
    const signal = AbortSignal.any([box.signal, attempt.signal]);
    const host = await hostFor(this.#works, live, { scope: id, signal });
    const opening = adapter.open(host, config);
    const late = box.clock
      .sleep(patience, AbortSignal.any([box.signal, over.signal]))
      .then(() => Promise.reject(tooLate(id)));
    try {
      return await Promise.race([opening, late]);
    } catch (error) {
      attempt.abort(error);
      void opening.then((network) => this.#closed(network), this.#ignore);
      throw error;
    } finally {
      late.catch(() => undefined);
      over.abort();
    }
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
    box.observe({ what: "login", network: live.settings.id, login: row.id, state: login.state });
    const run = this.#connect(live, login, AbortSignal.any([box.signal, stop.signal]));
    this.#connecting.set(row.id, run);
    this.#track(
      run.finally(() => {
        if (this.#connecting.get(row.id) === run) this.#connecting.delete(row.id);
      }),
    );
    return login;
  }

  async #connect(live: LiveNetwork, login: LiveLogin, signal: AbortSignal): Promise<void> {
    const { box } = this.#works;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const attempt = new AbortController();
      try {
        await this.#connectOnce(live, login, AbortSignal.any([signal, attempt.signal]));
        return;
      } catch (thrown) {
        // Nothing of it runs beside the next one.
        attempt.abort(thrown);
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
    const state: Session<Json>["state"] = (now, why) => {
      if (!signal.aborted) this.#state(live, login, { state: now, why });
    };
    const session = await sessionFor(this.#works, live, { row: login.row, state, signal });
    const { id, user, role } = login.row;
    const row = (await this.#works.box.store.read.logins.get(id)) ?? login.row;
    const account = accountOf(live, row);
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
    const isNews = login.state !== state || login.why?.message !== why?.message;
    const level = !isNews ? "debug" : why === undefined ? "info" : "warn";
    if (login.state !== state) login.since = box.clock.now();
    login.state = state;
    login.why = why;
    box.log[level]("A login changed state", {
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
    hearsNoMore(live, login.row.id);
    login.gate.close({
      until: undefined,
      why: why?.message ?? `${login.row.name} is not connected.`,
    });
  }
}

const openNetwork = (live: LiveNetwork): Network<Json> => {
  if (live.network) return live.network;
  throw new BridgeError("network", `${live.settings.id} is not open yet.`, {
    reached: "no",
    scope: "network",
  });
};

const tooLate = (id: string): BridgeError =>
  new BridgeError("timeout", `${id} was not opened: it did not answer in time.`, {
    reached: "no",
    scope: "network",
  });
