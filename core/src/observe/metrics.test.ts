import assert from "node:assert/strict";
import { test } from "node:test";

import { Gauge, Registry, collectDefaultMetrics } from "prom-client";

import { networkId } from "../adapter/index.ts";
import type { NetworkId } from "../adapter/index.ts";
import type { Direction, OutcomeState, PortalId } from "../store/types.ts";
import { activityOf } from "./activity.ts";
import { catalogue } from "./instruments.ts";
import { metricsOf } from "./metrics.ts";
import type { News } from "./metrics.ts";

const one = networkId("one");
const portal = (id: number): PortalId => id as PortalId;

interface Given {
  readonly took?: number;
  readonly portal?: number;
  readonly direction?: Direction;
  readonly by?: string;
}

const outcome = (state: OutcomeState, given: Given = {}): News => ({
  what: "outcome",
  outcome: {
    portal: portal(given.portal ?? 1),
    direction: given.direction ?? "out",
    state,
    code: state === "failed" ? "forbidden" : undefined,
    room: "!r:hs.test",
  },
  took: given.took ?? 1,
  by: given.by,
});

const login = (state: string, id = "one:alice"): News & { what: "login" } => ({
  what: "login",
  network: one,
  login: id,
  state,
});

const census = { rooms: 3, chats: 4, ghosts: 50, accounts: 2, active: 1 };

const started = () => {
  const asked: number[] = [];
  const depth: { network: NetworkId; direction: Direction; count: number }[] = [];
  const metrics = metricsOf({
    version: "1.2.3",
    networkOf: async (id) => {
      asked.push(id);
      if (id === 13) throw new Error("the store is closed");
      return id === 1 ? one : undefined;
    },
    queueDepth: async () => depth,
    census: async () => census,
    calls: () => [{ method: "send_an_event", calls: 5, failed: 2 }],
    remoteCalls: () => [{ network: one, method: "send", calls: 4, failed: 1 }],
    activity: activityOf(Date.now),
    isOurs: (mxid) => mxid.startsWith("@net_"),
  });
  return { metrics, asked, depth };
};

const value = (page: string, name: string): string | undefined =>
  page
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

test("what became of messages is counted by network, direction and outcome, with its time and error", async () => {
  const { metrics, asked } = started();
  for (const took of [4, 40]) metrics.observe(outcome("delivered", { took }));
  metrics.observe(outcome("retrying"));
  metrics.observe(outcome("failed"));
  metrics.observe({ what: "latency", lane: { portal: portal(1), direction: "out" }, ms: 2 });
  metrics.observe({ what: "queued", lane: { portal: portal(1), direction: "out" } });
  const page = await metrics.text();
  const labels = 'network="one",direction="out"';
  assert.equal(value(page, `bridge_messages_total{${labels},outcome="delivered"}`), "2");
  assert.equal(value(page, `bridge_messages_total{${labels},outcome="retrying"}`), "1");
  assert.equal(value(page, `bridge_delivery_seconds_bucket{le="0.005",${labels}}`), "1");
  assert.equal(value(page, `bridge_delivery_seconds_count{${labels}}`), "2");
  assert.equal(value(page, `bridge_wait_seconds_sum{${labels}}`), "0.002");
  assert.equal(value(page, 'bridge_errors_total{code="forbidden"}'), "1");
  assert.equal(value(page, 'app_version{version="1.2.3"}'), "1");
  assert.match(page, /^process_resident_memory_bytes \d+/m);
  assert.deepEqual(asked, [1]);
});

test("a portal that nobody knows, or a store that fails, loses no count and is asked again", async () => {
  const { metrics, asked } = started();
  metrics.observe(outcome("delivered", { portal: 13 }));
  await metrics.text();
  metrics.observe(outcome("delivered", { portal: 13 }));
  metrics.observe(outcome("delivered", { portal: 14 }));
  const page = await metrics.text();
  const name = 'bridge_messages_total{network="unknown",direction="out",outcome="delivered"}';
  assert.equal(value(page, name), "3");
  assert.deepEqual(asked, [13, 13, 14]);
});

test("boards of other bridges find what they ask for: calls to the homeserver, and how long things took", async () => {
  const { metrics } = started();
  metrics.observe(outcome("delivered", { took: 40 }));
  metrics.observe(outcome("retrying"));
  metrics.observe(outcome("failed"));
  metrics.observe(outcome("not_bridged"));
  for (let times = 0; times < 2; times += 1) {
    const page = await metrics.text();
    assert.equal(value(page, 'bridge_matrix_api_calls{method="send_an_event"}'), "5");
    assert.equal(value(page, 'bridge_matrix_api_calls_failed{method="send_an_event"}'), "2");
    const asked = '{network="one",method="send"}';
    assert.equal(value(page, `bridge_remote_api_calls${asked}`), "4");
    assert.equal(value(page, `bridge_remote_api_calls_failed${asked}`), "1");
    for (const [word, count] of [
      ["success", "1"],
      ["fail", "1"],
      ["dropped", "1"],
    ])
      assert.equal(value(page, `bridge_matrix_request_seconds_count{outcome="${word}"}`), count);
  }
});

test("who was active, and where, is counted by age; whoever only tried was not, nor is a ghost somebody of Matrix", async () => {
  const { metrics } = started();
  for (const by of ["@ana:hs.test", "@ben:hs.test", "@ana:hs.test"])
    metrics.observe(outcome("delivered", { by }));
  metrics.observe(outcome("failed", { by: "@eve:hs.test" }));
  metrics.observe(outcome("delivered", { by: "@net_dora:hs.test" }));
  metrics.observe(outcome("delivered", { direction: "in", by: "carl" }));
  metrics.observe(outcome("delivered", { direction: "in", by: "carl", portal: 13 }));
  metrics.observe(outcome("delivered", { direction: "in" }));
  const page = await metrics.text();
  const now = { matrix_rooms: "1", remote_rooms: "2", matrix_users: "2", remote_users: "2" };
  const all = { matrix_rooms: "3", remote_rooms: "4", remote_users: "50" };
  for (const age of ["1h", "1d", "7d"])
    for (const [what, count] of Object.entries(now))
      assert.equal(value(page, `bridge_${what}_by_age{age="${age}"}`), count, `${what} ${age}`);
  for (const [what, count] of Object.entries(all))
    assert.equal(value(page, `bridge_${what}_by_age{age="all"}`), count, what);
  assert.equal(value(page, 'bridge_matrix_users_by_age{age="31d"}'), "2");
  assert.doesNotMatch(page, /bridge_matrix_users_by_age\{age="all"/);
  assert.equal(value(page, 'bridge_active_users{remote="false"}'), "2");
  assert.equal(value(page, 'bridge_active_users{remote="true"}'), "2");
  assert.doesNotMatch(page, /ana|carl|!r/);
});

test("what belongs to no chat is not counted as a message's wait", async () => {
  const { metrics, asked } = started();
  metrics.observe({ what: "latency", lane: { portal: portal(-7), direction: "in" }, ms: 2 });
  assert.doesNotMatch(await metrics.text(), /bridge_wait_seconds_count/);
  assert.deepEqual(asked, []);
});

test("a first connection is no reconnect", async () => {
  const { metrics } = started();
  for (const state of ["connecting", "reconnecting", "connected"]) metrics.observe(login(state));
  assert.equal(value(await metrics.text(), 'bridge_reconnects_total{network="one"}'), undefined);
});

test("logins are counted by state without naming them, reconnects once each", async () => {
  const { metrics } = started();
  for (const state of ["connecting", "connected", "reconnecting", "reconnecting", "connected"]) {
    metrics.observe(login(state));
  }
  metrics.observe(login("needs-login", "one:bob"));
  const page = await metrics.text();
  assert.equal(value(page, 'bridge_login_state{network="one",state="connected"}'), "1");
  assert.equal(value(page, 'bridge_login_state{network="one",state="reconnecting"}'), "0");
  assert.equal(value(page, 'bridge_login_state{network="one",state="needs-login"}'), "1");
  metrics.observe({ ...login("logged-out", "one:bob"), ended: true });
  const after = await metrics.text();
  assert.equal(value(after, 'bridge_login_state{network="one",state="needs-login"}'), "0");
  assert.doesNotMatch(after, /state="logged-out"/, "it is no login any more");
  assert.equal(value(page, 'bridge_reconnects_total{network="one"}'), "1");
  assert.doesNotMatch(page, /alice|bob/);
});

test("the queue is what the store says when it is looked at", async () => {
  const { metrics, depth } = started();
  depth.push({ network: one, direction: "in", count: 7 });
  const name = 'bridge_queue_depth{network="one",direction="in"}';
  assert.equal(value(await metrics.text(), name), "7");
  depth.length = 0;
  assert.equal(value(await metrics.text(), name), undefined);
});

test("a register that has the program's own numbers is joined, not repeated", async () => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const version = {
    name: "app_version",
    help: "x",
    labelNames: ["version"],
    registers: [register],
  };
  new Gauge(version).set({ version: "9" }, 1);
  const metrics = metricsOf({
    version: "1.2.3",
    register,
    networkOf: async () => one,
    queueDepth: async () => [],
    census: async () => census,
    calls: () => [],
    remoteCalls: () => [],
    activity: activityOf(Date.now),
    isOurs: () => false,
  });
  metrics.observe(login("connected"));
  const page = await metrics.text();
  assert.equal(value(page, 'app_version{version="9"}'), "1");
  assert.equal(value(page, 'bridge_login_state{network="one",state="connected"}'), "1");
});

test("what there is has the names that boards of other bridges know", async () => {
  const page = await started().metrics.text();
  assert.equal(value(page, "bridge_matrix_configured_rooms"), "3");
  assert.equal(value(page, "bridge_remote_configured_rooms"), "4");
  assert.equal(value(page, "bridge_matrix_ghosts"), "50");
  assert.equal(value(page, "bridge_remote_ghosts"), "2");
  assert.equal(value(page, "bridge_remote_monthly_active_users"), "1");
});

test("every number of the catalogue is on the page under its name, type and help", async () => {
  const page = await started().metrics.text();
  for (const { name, type, help } of Object.values(catalogue)) {
    assert.ok(page.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), name);
  }
  const ours = [...page.matchAll(/^# TYPE (bridge_\w+|app_\w+) /gm)].map(([, name]) => name);
  assert.deepEqual(new Set(ours), new Set(Object.values(catalogue).map(({ name }) => name)));
});
