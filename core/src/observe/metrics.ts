import type { Registry } from "prom-client";

import type { ErrorCode, NetworkId } from "../adapter/index.ts";
import type { Direction, OutcomeState, PortalId } from "../store/types.ts";
import { actives, ages, lately, longest } from "./activity.ts";
import type { Activity } from "./activity.ts";
import type { CallCount, NetworkCallCount } from "./calls.ts";
import { instruments, registerOf } from "./instruments.ts";
import type { Instruments } from "./instruments.ts";

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
        readonly room: string | undefined;
      };
      /** Milliseconds from accepted to this outcome. */
      readonly took: number;
      /** Who did it just now. */
      readonly by?: string | undefined;
    }
  | { readonly what: "queued" | "depth"; readonly lane: Place }
  | {
      readonly what: "login";
      readonly network: NetworkId;
      readonly login: string;
      readonly state: string;
      /** There is no such login any more. */
      readonly ended?: true;
    }
  | { readonly what: "link" }
  | { readonly what: "network"; readonly network: NetworkId }
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
  /** What there is, also read when somebody looks. */
  census(): Promise<Census>;
  /** What was asked of the homeserver since the start. */
  calls(): readonly CallCount[];
  /** What was asked of networks since the start. */
  remoteCalls(): readonly NetworkCallCount[];
  /** Where it is remembered who was active; told here of what is observed. */
  readonly activity: Activity;
  /** Whether that Matrix user is the bot or a ghost, whose words on another network are nobody's of Matrix. */
  readonly isOurs: (mxid: string) => boolean;
}

/** How many of each there are. */
export interface Census {
  readonly rooms: number;
  readonly chats: number;
  readonly ghosts: number;
  readonly accounts: number;
  /** Matrix users who spoke on several days of the last month. */
  readonly active: number;
}

export interface Metrics {
  observe(news: News): void;
  /** The page for Prometheus. Counts everything that was observed before it was asked for. */
  text(): Promise<string>;
  readonly contentType: string;
}

const remembered = 20_000;

/** The words of boards that know other bridges; what is tried again has not ended. */
const words: Readonly<Record<OutcomeState, string | undefined>> = {
  delivered: "success",
  retrying: undefined,
  failed: "fail",
  doubtful: "fail",
  not_bridged: "dropped",
};

const countOutcome = (
  to: Instruments,
  network: string,
  { outcome, took }: Extract<News, { what: "outcome" }>,
): void => {
  const { direction, state, code } = outcome;
  to.messages.inc({ network, direction, outcome: state });
  const word = words[state];
  if (word !== undefined)
    (direction === "out" ? to.fromMatrix : to.fromRemote).observe({ outcome: word }, took / 1000);
  if (state === "delivered") to.delivery.observe({ network, direction }, took / 1000);
  if (code !== undefined) to.errors.inc({ code });
};

/** Where something was bridged from, and who did it. */
const remember = (
  { activity, isOurs }: MetricsSources,
  network: string,
  { outcome, by }: Extract<News, { what: "outcome" }>,
): void => {
  if (outcome.state !== "delivered" || by === undefined) return;
  if (outcome.direction === "out") {
    if (isOurs(by)) return;
    activity.saw("matrixUsers", by);
    if (outcome.room !== undefined) activity.saw("matrixRooms", outcome.room);
  } else {
    activity.saw("remoteUsers", `${network} ${by}`);
    activity.saw("remoteRooms", String(outcome.portal));
  }
};

const countActive = (to: Instruments, activity: Activity, census: Census): void => {
  const all = {
    matrixRooms: { all: census.rooms },
    remoteRooms: { all: census.chats },
    // Nobody counts whom of Matrix the box has ever heard: those it remembers, for as long as it does.
    matrixUsers: { "31d": activity.within("matrixUsers", [longest])[0] ?? 0 },
    remoteUsers: { all: census.ghosts },
  };
  for (const what of actives) {
    const [now = 0, ...counts] = activity.within(what, [lately, ...Object.values(ages)]);
    for (const [index, age] of Object.keys(ages).entries())
      to[what].set({ age }, counts[index] ?? 0);
    for (const [age, count] of Object.entries(all[what])) to[what].set({ age }, count);
    if (what === "matrixUsers") to.activeUsers.set({ remote: "false" }, now);
    if (what === "remoteUsers") to.activeUsers.set({ remote: "true" }, now);
  }
};

const countCalls = (to: Instruments, sources: MetricsSources): void => {
  for (const counter of [to.calls, to.callsFailed, to.remoteCalls, to.remoteCallsFailed])
    counter.reset();
  for (const { method, calls, failed } of sources.calls()) {
    to.calls.inc({ method }, calls);
    to.callsFailed.inc({ method }, failed);
  }
  for (const { network, method, calls, failed } of sources.remoteCalls()) {
    to.remoteCalls.inc({ network, method }, calls);
    to.remoteCallsFailed.inc({ network, method }, failed);
  }
};

/** Logins are counted by state, so that no account's name becomes a label. */
const loginCounter = (to: Instruments) => {
  const states = new Map<string, string>();
  return ({ network, login, state, ended }: Extract<News, { what: "login" }>): void => {
    const key = `${network} ${login}`;
    const before = states.get(key);
    if (before === state && !ended) return;
    if (before !== undefined) to.logins.dec({ network, state: before });
    if (ended) {
      states.delete(key);
      return;
    }
    states.set(key, state);
    to.logins.inc({ network, state });
    if (state === "reconnecting" && before === "connected") to.reconnects.inc({ network });
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
        after(news.outcome.portal, (network) => {
          countOutcome(to, network, news);
          remember(sources, network, news);
        });
      }
      // The box's own work, such as answers of the bot, is in lanes of no chat: these are below zero.
      if (news.what === "latency" && news.lane.portal >= 0) {
        const { portal, direction } = news.lane;
        after(portal, (network) => to.wait.observe({ network, direction }, news.ms / 1000));
      }
    },
    text: async () => {
      await Promise.all(pending);
      const [depth, census] = await Promise.all([sources.queueDepth(), sources.census()]);
      to.rooms.set(census.rooms);
      to.chats.set(census.chats);
      to.ghosts.set(census.ghosts);
      to.accounts.set(census.accounts);
      to.active.set(census.active);
      countActive(to, sources.activity, census);
      countCalls(to, sources);
      to.depth.reset();
      for (const { network, direction, count } of depth)
        to.depth.set({ network, direction }, count);
      return register.metrics();
    },
  };
};
