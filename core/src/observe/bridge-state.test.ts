import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { networkId } from "../adapter/index.ts";
import { postedTo } from "../testing/post-place.ts";
import { until } from "../testing/until.ts";
import { stateReporter } from "./bridge-state.ts";
import type { LoginReport } from "./bridge-state.ts";

const open = async (t: TestContext) => {
  const { posting, ...place } = await postedTo(t);
  const reporter = stateReporter({ ...posting, key: "status.endpoint", bot: "@bridgebox:hs.test" });
  return { ...place, reporter };
};

const login: LoginReport = {
  network: networkId("irc"),
  login: "irc:ana",
  owner: "@ana:hs.test",
  name: "ana",
  state: "connected",
  why: undefined,
  catchesUp: false,
};
const why = { code: "auth", message: "The password is wrong." } as const;

test("each login's state is posted in the words that hosts of bridges know, by the box's token", async (t) => {
  const { posted, clock, reporter } = await open(t);
  reporter.box("RUNNING");
  reporter.login({ ...login, state: "needs-login", why });
  await until("both are posted", () => posted.length === 2);
  const timestamp = Math.floor(clock.now() / 1000);
  assert.deepEqual(posted, [
    {
      token: "Bearer secret",
      body: { state_event: "RUNNING", timestamp, ttl: 3600, user_id: "@bridgebox:hs.test" },
    },
    {
      token: "Bearer secret",
      body: {
        state_event: "BAD_CREDENTIALS",
        timestamp,
        ttl: 3600,
        source: "bridge",
        user_id: "@ana:hs.test",
        remote_id: "irc:ana",
        remote_name: "ana",
        info: { network: "irc" },
        error: "auth",
        message: "The password is wrong.",
        user_action: "RELOGIN",
      },
    },
  ]);
});

test("a login that brings what was missed is told as such, while it is connected", async (t) => {
  const { posted, reporter } = await open(t);
  for (const state of ["connecting", "connected", "reconnecting"] as const)
    reporter.login({ ...login, login: state, state, catchesUp: true });
  await until("all are posted", () => posted.length === 3);
  assert.deepEqual(
    posted.map(({ body }) => body["state_event"]),
    ["CONNECTING", "BACKFILLING", "TRANSIENT_DISCONNECT"],
  );
});

test("what is not taken is posted again, then as it is by now, and said once", async (t) => {
  const { posted, answers, clock, warned, reporter } = await open(t);
  answers.push(502, 503);
  reporter.login({ ...login, state: "reconnecting" });
  await until("it was refused", () => posted.length === 1 && warned.length === 1);
  reporter.login(login);
  await until("it is posted until it is taken", () => {
    clock.advance(1000);
    return posted.length === 3;
  });
  assert.deepEqual(
    posted.map(({ body }) => body["state_event"]),
    ["TRANSIENT_DISCONNECT", "CONNECTED", "CONNECTED"],
  );
  assert.equal(warned.length, 1);
});

test("a mistake of ours is not told as trouble of the network's", async (t) => {
  const { posted, reporter } = await open(t);
  const mistake = { code: "internal", message: "It failed inside bridgebox." } as const;
  reporter.login({ ...login, state: "reconnecting", why: mistake });
  await until("it is posted", () => posted.length === 1);
  assert.equal(posted[0]?.body["state_event"], "UNKNOWN_ERROR");
});

test("what holds is told again before it is taken for unknown; who logged out is not", async (t) => {
  const { posted, clock, reporter } = await open(t);
  reporter.login(login);
  reporter.login({ ...login, login: "irc:bob", state: "logged-out" });
  await until("both are posted", () => posted.length === 2);
  clock.advance(1_800_000);
  await until("it is told again", () => posted.length === 3);
  assert.deepEqual(posted[2]?.body["remote_id"], "irc:ana");
  assert.equal(Number(posted[2]?.body["timestamp"]) - Number(posted[0]?.body["timestamp"]), 1800);
});
