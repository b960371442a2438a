import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** The labels that there are, and where their values come from: each has a bound, and none names a person. */
export const labels = {
  network: "the names of the config's `networks`; `unknown` for a chat that is forgotten already",
  direction: "`in` from the network, `out` to it",
  outcome:
    "`delivered`, `retrying`, `failed`, `not_bridged`, `doubtful`; of `…_request_seconds` the words of other bridges: `success`, `fail`, `dropped`",
  method: "what was asked: of the homeserver, as `send_an_event`; of a network, as `send`",
  state: "`connecting`, `connected`, `reconnecting`, `needs-login`, `logged-out`",
  code: "the codes of [Errors](errors.md)",
  age: "`1h`, `1d`, `7d`, of Matrix users `31d`, of 20000 at most: active within that time; `all`: whenever",
  remote: "`true`: people of networks, `false`: Matrix users",
  version: "the one version that runs",
} as const satisfies Readonly<Record<string, string>>;

export type LabelName = keyof typeof labels;

interface Told {
  readonly type: "gauge" | "counter" | "histogram";
  readonly name: `bridge_${string}` | "app_version";
  readonly help: string;
  readonly labels: readonly LabelName[];
}

/** Every number of the box's own: what is registered, and what the docs say of it. */
export const catalogue = {
  version: {
    type: "gauge",
    name: "app_version",
    help: "The version of bridgebox, as a label.",
    labels: ["version"],
  },
  logins: {
    type: "gauge",
    name: "bridge_login_state",
    help: "Logins by state.",
    labels: ["network", "state"],
  },
  reconnects: {
    type: "counter",
    name: "bridge_reconnects_total",
    help: "Connections that were lost and are made again.",
    labels: ["network"],
  },
  messages: {
    type: "counter",
    name: "bridge_messages_total",
    help: "Events by what became of them; one that is retried counts as retrying each time.",
    labels: ["network", "direction", "outcome"],
  },
  delivery: {
    type: "histogram",
    name: "bridge_delivery_seconds",
    help: "From accepted to delivered.",
    labels: ["network", "direction"],
  },
  wait: {
    type: "histogram",
    name: "bridge_wait_seconds",
    help: "From accepted to the first call: the time that the box itself adds.",
    labels: ["network", "direction"],
  },
  calls: {
    type: "counter",
    name: "bridge_matrix_api_calls",
    help: "Calls to the homeserver.",
    labels: ["method"],
  },
  callsFailed: {
    type: "counter",
    name: "bridge_matrix_api_calls_failed",
    help: "Calls to the homeserver that were refused or got no answer; that there is nothing where it was asked whether there is counts as an answer.",
    labels: ["method"],
  },
  remoteCalls: {
    type: "counter",
    name: "bridge_remote_api_calls",
    help: "What logins were asked to do on their networks; one of these may be several calls on the wire.",
    labels: ["network", "method"],
  },
  remoteCallsFailed: {
    type: "counter",
    name: "bridge_remote_api_calls_failed",
    help: "Of these, what was refused or got no answer.",
    labels: ["network", "method"],
  },
  fromMatrix: {
    type: "histogram",
    name: "bridge_matrix_request_seconds",
    help: "From an event of Matrix to its outcome on a network.",
    labels: ["outcome"],
  },
  fromRemote: {
    type: "histogram",
    name: "bridge_remote_request_seconds",
    help: "From an event of a network to its outcome in Matrix.",
    labels: ["outcome"],
  },
  depth: {
    type: "gauge",
    name: "bridge_queue_depth",
    help: "What waits in the box.",
    labels: ["network", "direction"],
  },
  errors: {
    type: "counter",
    name: "bridge_errors_total",
    help: "Errors by the code of the table in the docs.",
    labels: ["code"],
  },
  rooms: {
    type: "gauge",
    name: "bridge_matrix_configured_rooms",
    help: "Matrix rooms that are bridged.",
    labels: [],
  },
  chats: {
    type: "gauge",
    name: "bridge_remote_configured_rooms",
    help: "Chats of networks that are bridged.",
    labels: [],
  },
  ghosts: {
    type: "gauge",
    name: "bridge_matrix_ghosts",
    help: "Matrix users that stand for people of networks.",
    labels: [],
  },
  accounts: {
    type: "gauge",
    name: "bridge_remote_ghosts",
    help: "Accounts of networks that the box uses.",
    labels: [],
  },
  active: {
    type: "gauge",
    name: "bridge_remote_monthly_active_users",
    help: "Matrix users who spoke on several days of the last month.",
    labels: [],
  },
  activeUsers: {
    type: "gauge",
    name: "bridge_active_users",
    help: "People something of whom was bridged within the last three days, 20000 at most.",
    labels: ["remote"],
  },
  matrixRooms: {
    type: "gauge",
    name: "bridge_matrix_rooms_by_age",
    help: "Matrix rooms that are bridged, by when something was last bridged from them.",
    labels: ["age"],
  },
  remoteRooms: {
    type: "gauge",
    name: "bridge_remote_rooms_by_age",
    help: "Chats of networks that are bridged, by when something was last bridged from them.",
    labels: ["age"],
  },
  matrixUsers: {
    type: "gauge",
    name: "bridge_matrix_users_by_age",
    help: "Matrix users, by when something of them was last bridged.",
    labels: ["age"],
  },
  remoteUsers: {
    type: "gauge",
    name: "bridge_remote_users_by_age",
    help: "People of networks, by when something of them was last bridged.",
    labels: ["age"],
  },
} as const satisfies Readonly<Record<string, Told>>;

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600];

/** All of the catalogue, in that register; `app_version` is the register's own. */
export const instruments = (register: Registry) => {
  const of = <L extends LabelName>(told: Told & { readonly labels: readonly L[] }) => ({
    name: told.name,
    help: told.help,
    labelNames: [...told.labels],
    registers: [register],
  });
  return {
    logins: new Gauge(of(catalogue.logins)),
    reconnects: new Counter(of(catalogue.reconnects)),
    messages: new Counter(of(catalogue.messages)),
    delivery: new Histogram({ ...of(catalogue.delivery), buckets: seconds }),
    wait: new Histogram({ ...of(catalogue.wait), buckets: seconds }),
    calls: new Counter(of(catalogue.calls)),
    callsFailed: new Counter(of(catalogue.callsFailed)),
    remoteCalls: new Counter(of(catalogue.remoteCalls)),
    remoteCallsFailed: new Counter(of(catalogue.remoteCallsFailed)),
    fromMatrix: new Histogram({ ...of(catalogue.fromMatrix), buckets: seconds }),
    fromRemote: new Histogram({ ...of(catalogue.fromRemote), buckets: seconds }),
    depth: new Gauge(of(catalogue.depth)),
    errors: new Counter(of(catalogue.errors)),
    rooms: new Gauge(of(catalogue.rooms)),
    chats: new Gauge(of(catalogue.chats)),
    ghosts: new Gauge(of(catalogue.ghosts)),
    accounts: new Gauge(of(catalogue.accounts)),
    active: new Gauge(of(catalogue.active)),
    activeUsers: new Gauge(of(catalogue.activeUsers)),
    matrixRooms: new Gauge(of(catalogue.matrixRooms)),
    remoteRooms: new Gauge(of(catalogue.remoteRooms)),
    matrixUsers: new Gauge(of(catalogue.matrixUsers)),
    remoteUsers: new Gauge(of(catalogue.remoteUsers)),
  };
};

export type Instruments = ReturnType<typeof instruments>;

/** What every program tells of itself, under the names that operators' boards know. */
export const registerOf = (version: string): Registry => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const { name, help, labels: labelNames } = catalogue.version;
  new Gauge({ name, help, labelNames: [...labelNames], registers: [register] }).set({ version }, 1);
  return register;
};
