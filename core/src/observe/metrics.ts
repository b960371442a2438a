import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

import type { ErrorCode, NetworkId } from "../adapter/index.ts";
import type { Direction, OutcomeState, PortalId } from "../store/types.ts";

interface Place {
  readonly portal: PortalId;
  readonly direction: Direction;
}

/** What metrics are made of: the part of the engine's news that they count. */
export type News =
  | {
      readonly what: "outcome";
      readonly outcome: Place & {
        readonly state: OutcomeState;
        readonly code: ErrorCode | undefined;
      };
      /** Milliseconds from accepted to this outcome. */
      readonly took: number;
    }
  | { readonly what: "queued" | "depth"; readonly lane: Place }
  | {
      readonly what: "login";
      readonly network: NetworkId;
      readonly login: string;
      readonly state: string;
    }
  | { readonly what: "link" }
  /** Milliseconds from accepted to the first call. */
  | { readonly what: "latency"; readonly lane: Place; readonly ms: number };

export interface MetricsSources {
  readonly version: string;
  /** One that has numbers of the process and `app_version` already: ours join it. */
  readonly register?: Registry;
  /** Whose portal it is; asked once per portal as long as it is remembered. */
  networkOf(portal: PortalId): Promise<NetworkId | undefined>;
  /** What is queued, read from the store when somebody looks. */
  queueDepth(): Promise<
    readonly {
      readonly network: NetworkId;
      readonly direction: Direction;
      readonly count: number;
    }[]
  >;
}

export interface Metrics {
  observe(news: News): void;
  /** The page for Prometheus. Counts everything that was observed before it was asked for. */
  text(): Promise<string>;
  readonly contentType: string;
}

const remembered = 20_000;
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

const instruments = (register: Registry) => {
  const registers = [register];
  const place = ["network", "direction"] as const;
  return {
    logins: new Gauge({
      name: "bridge_login_state",
      help: "Logins by state.",
      labelNames: ["network", "state"],
      registers,
    }),
    reconnects: new Counter({
      name: "bridge_reconnects_total",
      help: "Connections that were lost and are made again.",
      labelNames: ["network"],
      registers,
    }),
    messages: new Counter({
      name: "bridge_messages_total",
      help: "Events by what became of them; one that is retried counts as retrying each time.",
      labelNames: [...place, "outcome"],
      registers,
    }),
    delivery: new Histogram({
      name: "bridge_delivery_seconds",
      help: "From accepted to delivered.",
      labelNames: place,
      buckets: seconds,
      registers,
    }),
    wait: new Histogram({
      name: "bridge_wait_seconds",
      help: "From accepted to the first call: the time that the box itself adds.",
      labelNames: place,
      buckets: seconds,
      registers,
    }),
    depth: new Gauge({
      name: "bridge_queue_depth",
      help: "What waits in the box.",
      labelNames: place,
      registers,
    }),
    errors: new Counter({
      name: "bridge_errors_total",
      help: "Errors by the code of the table in the docs.",
      labelNames: ["code"],
      registers,
    }),
  };
};

/** What every program tells of itself, under the names that operators' boards know. */
const registerOf = (version: string): Registry => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  new Gauge({
    name: "app_version",
    help: "The version of bridgebox, as a label.",
    labelNames: ["version"],
    registers: [register],
  }).set({ version }, 1);
  return register;
};

type Instruments = ReturnType<typeof instruments>;

const countOutcome = (
  to: Instruments,
  network: string,
  { outcome, took }: Extract<News, { what: "outcome" }>,
): void => {
  const { direction, state, code } = outcome;
  to.messages.inc({ network, direction, outcome: state });
  if (state === "delivered") to.delivery.observe({ network, direction }, took / 1000);
  if (code !== undefined) to.errors.inc({ code });
};

/** Logins are counted by state, so that no account's name becomes a label. */
const loginCounter = (to: Instruments) => {
  const states = new Map<string, string>();
  return ({ network, login, state }: Extract<News, { what: "login" }>): void => {
    const key = `${network} ${login}`;
    const before = states.get(key);
    if (before === state) return;
    states.set(key, state);
    if (before !== undefined) to.logins.dec({ network, state: before });
    to.logins.inc({ network, state });
    if (state === "reconnecting") to.reconnects.inc({ network });
  };
};

/** The box's numbers, fed with the engine's news; names are those of the design, units are seconds. */
export const metricsOf = (sources: MetricsSources): Metrics => {
  const register = sources.register ?? registerOf(sources.version);
  const to = instruments(register);
  const countLogin = loginCounter(to);
  const networks = new Map<PortalId, Promise<string>>();
  const pending = new Set<Promise<void>>();

  const networkOf = (portal: PortalId): Promise<string> => {
    const known = networks.get(portal);
    if (known) return known;
    const asked = sources
      .networkOf(portal)
      .catch(() => undefined)
      .then((network) => {
        if (network === undefined) networks.delete(portal);
        return network ?? "unknown";
      });
    if (networks.size >= remembered) networks.clear();
    networks.set(portal, asked);
    return asked;
  };

  const after = (portal: PortalId, count: (network: string) => void): void => {
    const counted: Promise<void> = networkOf(portal)
      .then(count)
      .finally(() => pending.delete(counted));
    pending.add(counted);
  };

  return {
    contentType: register.contentType,
    observe: (news) => {
      if (news.what === "login") countLogin(news);
      if (news.what === "outcome") {
        after(news.outcome.portal, (network) => countOutcome(to, network, news));
      }
      if (news.what === "latency") {
        const { portal, direction } = news.lane;
        after(portal, (network) => to.wait.observe({ network, direction }, news.ms / 1000));
      }
    },
    text: async () => {
      await Promise.all(pending);
      const depth = await sources.queueDepth();
      to.depth.reset();
      for (const { network, direction, count } of depth)
        to.depth.set({ network, direction }, count);
      return register.metrics();
    },
  };
};
