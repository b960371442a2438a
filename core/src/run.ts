import { dirname } from "node:path";
import type { Log } from "./adapter/index.ts";
import { commandHandler } from "./commands/index.ts";
import { reloaded } from "./config/index.ts";
import type { BoxConfig, Reloaded } from "./config/index.ts";
import { createEngine, givenBy } from "./engine/index.ts";
import type { AnyAdapter, Engine } from "./engine/index.ts";
import { firstContact } from "./first-contact.ts";
import { systemClock } from "./flow/gate.ts";
import { keepActivity, keptActivity } from "./keep-activity.ts";
import { activityOf, callCounter, networkCallCounter } from "./observe/index.ts";
import { startAppservice } from "./matrix/appservice-bridge.ts";
import { connectHomeserver, createIngress } from "./matrix/index.ts";
import type { ConnectedHomeserver, PuppetOptions } from "./matrix/index.ts";
import { keepForgetting, loadBoxKey, openStore } from "./store/index.ts";
import type { Store } from "./store/index.ts";
import { boxSettings, homesOf, networkSettings } from "./live-settings.ts";
import type { Live } from "./live-settings.ts";
import { startReports } from "./reports.ts";
import { listen } from "./surfaces.ts";

/** The parts of registration.yaml that the box runs with. */
export interface Tokens {
  readonly id: string;
  readonly as_token: string;
  readonly hs_token: string;
  readonly sender_localpart: string;
}

export interface RunOptions<R extends Tokens> {
  readonly version: string;
  readonly config: BoxConfig;
  readonly registration: R;
  /** By which people who are logged in speak as themselves; absent: their ghosts speak. */
  readonly puppetToken?: string;
  /** Loaded already, by type. */
  readonly adapters: ReadonlyMap<string, AnyAdapter>;
  readonly log: Log;
  readonly failpoint?: (name: string) => Promise<void>;
}

/** A running box. */
export interface Running {
  readonly engine: Engine;
  readonly port: number;
  /** Takes of that config what can change while the box runs. */
  reload(fresh: BoxConfig): Reloaded;
  stop(): Promise<void>;
}

const day = 24 * 3_600_000;
/** How long what only recognises repetitions, and what became of messages, is kept. */
const retention = { dedupe: 30 * day, outcomes: 30 * day };

/** Config → store → homeserver → engine → listener: the order in which one stands on the other. */
export const runBox = async <
  R extends Parameters<typeof startAppservice>[0]["registration"] & Tokens,
>(
  options: RunOptions<R>,
): Promise<Running> => {
  const { config, registration, log } = options;
  const live: Live = { config };
  const boxKey = await loadBoxKey(config.database.keyFile);
  const store = await openStore(config.database, { boxKey, log });
  const bot = `@${registration.sender_localpart}:${config.homeserver.domain}`;
  const parts = partsOf(options, bot, live);
  const calls = callCounter();
  const remoteCalls = networkCallCounter();
  const homeserver = connectHomeserver({
    address: config.homeserver.address,
    domain: config.homeserver.domain,
    bot,
    asToken: registration.as_token,
    asId: registration.id,
    admit: parts.isInNamespace,
    puppets: puppetsOf(options, store, live),
    spool: dirname(config.database.path),
    called: calls.count,
    log,
    deadline: { call: config.limits.call, media: 20 * config.limits.call },
  });
  const engine = createEngine({
    ...parts,
    store,
    homeserver,
    homeserverGate: homeserver.gate,
    boxKey: boxKey.bytes,
    clock: systemClock,
    commands: commandHandler,
    called: remoteCalls.count,
  });
  const stopping = new AbortController();
  const reportStarted = startReports(options, { engine, bot, signal: stopping.signal });
  const ingress = createIngress({
    store,
    hsToken: registration.hs_token,
    queries: engine.queries,
    log,
    isSpent: (event) => {
      homeserver.heard();
      return engine.isSpent(event);
    },
    gathered: () => engine.gathered(),
    straight: engine.straight,
    onHole: () => void wake(homeserver, log, stopping.signal),
    ...(options.failpoint ? { failpoint: options.failpoint } : {}),
  });
  ingress.onEphemeral((list, behind) => engine.ephemeral(list, behind));
  ingress.onCommitted(() => {
    homeserver.heard();
    engine.inboxChanged();
  });
  const library = await startAppservice({
    registration,
    homeserver,
    address: config.homeserver.address,
    ingress,
    log,
    active: await keptActivity(store, "speakers"),
  });
  const activity = activityOf(Date.now, await keptActivity(store, "ages"));
  let started = false;
  const listening = await listen(options, {
    engine,
    ingress,
    homeserver,
    calls,
    remoteCalls,
    activity,
    isInNamespace: parts.isInNamespace,
    activeUsers: () => library.activeUsers(),
    phase: () => (stopping.signal.aborted ? "stopping" : started ? "works" : "starting"),
    signal: stopping.signal,
  });
  log.info("The box listens", { host: config.appservice.hostname, port: listening.port });
  await engine.start();
  started = true;
  reportStarted();
  void firstContact({
    homeserver,
    name: config.appservice.bot.displayname,
    log,
    store,
    clock: systemClock,
    signal: stopping.signal,
  });
  const forgetting = keepForgetting(store, retention, {
    clock: systemClock,
    log,
    signal: stopping.signal,
  });
  const keeping = keepActivity(
    store,
    { ages: () => activity.state(), speakers: () => library.activeState() },
    { clock: systemClock, log, signal: stopping.signal },
  );
  return {
    engine,
    port: listening.port,
    reload: (fresh) => {
      const taken = reloaded(live.config, fresh);
      live.config = taken.config;
      return taken;
    },
    stop: async () => {
      stopping.abort();
      await listening.close();
      await engine.stop();
      await library.close();
      await homeserver.close();
      const kept = keeping.end();
      await store.close();
      await kept;
      await forgetting;
    },
  };
};

/** Logged in, or linked to an account that they have proved to be theirs. */
const hasAccount = async ({ logins, links }: Store["read"], mxid: string): Promise<boolean> =>
  (await logins.ofOwner(mxid)).length > 0 || (await links.of(mxid)).length > 0;

/** The store says who that is, at every call: whoever logs out or unlinks is nobody's puppet any more. */
const puppetsOf = <R extends Tokens>(
  { puppetToken: asToken }: RunOptions<R>,
  store: Store,
  live: Live,
): PuppetOptions => ({
  asToken,
  owns: (mxid) => hasAccount(store.read, mxid),
  given: (mxid) => givenBy(store.read, mxid, homesOf(live)),
});

const partsOf = <R extends Tokens>(
  { config, adapters, log, failpoint, puppetToken }: RunOptions<R>,
  bot: string,
  live: Live,
) => {
  const networks = config.networks
    .filter((network) => network.enabled)
    .map((network) => networkSettings(network, adapters, live));
  const { domain } = config.homeserver;
  const prefixes = networks.map((network) => `@${network.ghostPrefix}`);
  return {
    log,
    networks,
    rooms: config.rooms,
    isInNamespace: (mxid: string): boolean =>
      mxid === bot ||
      (mxid.endsWith(`:${domain}`) && prefixes.some((prefix) => mxid.startsWith(prefix))),
    settings: boxSettings(live, { doublePuppet: puppetToken !== undefined }),
    ...(failpoint ? { failpoint } : {}),
  };
};

/** How long a homeserver takes to see that a transaction was refused, in milliseconds. */
const refusalSeen = 150;

/** Ends the homeserver's back-off after a transaction that we refused ourselves. */
const wake = async (
  homeserver: ConnectedHomeserver,
  log: Log,
  signal: AbortSignal,
): Promise<void> => {
  await systemClock.sleep(refusalSeen, signal);
  await homeserver.ping({ class: "live", signal }).catch((error: unknown) => {
    log.debug("The homeserver was not woken; it comes back by itself", { why: String(error) });
  });
};
