import assert from "node:assert/strict";
import { test } from "node:test";
import { userId, type RemoteEvent } from "@bridgebox/core/adapter";
import { until } from "@bridgebox/core/testing";
import { Api, long } from "./api/tl.ts";
import { presenceEvents, Watch } from "./presence.ts";
import { openFixture } from "./testing/world.ts";

const now = 1_700_000_000_000;
const seconds = now / 1000;
const statuses: readonly (readonly [string, Api.TypeUserStatus, "online" | "offline"])[] = [
  ["there", new Api.UserStatusOnline({ expires: seconds + 60 }), "online"],
  ["there until a moment that is over", new Api.UserStatusOnline({ expires: seconds }), "offline"],
  ["gone", new Api.UserStatusOffline({ wasOnline: seconds - 5 }), "offline"],
  ["there lately, as far as they show it", new Api.UserStatusRecently({}), "offline"],
  ["unknown", new Api.UserStatusEmpty(), "offline"],
];
for (const [what, status, state] of statuses)
  test(`somebody who is ${what} is ${state}`, () => {
    const noted: (number | undefined)[] = [];
    const update = new Api.UpdateUserStatus({ userId: long(7), status });
    const told = presenceEvents(update, (_user, until) => noted.push(until), now);
    assert.deepEqual(told, [{ kind: "presence", user: "7", state, at: now }]);
    assert.deepEqual(noted, [state === "online" ? now + 60_000 : undefined]);
  });

test("who says nothing more is gone when their time is over, and not before", async () => {
  const told: RemoteEvent[] = [];
  const end = new AbortController();
  const watch = new Watch(end.signal, (events) => told.push(...events));
  const [ana, bob, carl] = ["1", "2", "3"].map((id) => userId(id));
  assert.ok(ana && bob && carl);
  watch.note(carl, Date.now() + 3_600_000);
  watch.note(bob, Date.now());
  watch.note(bob, undefined);
  watch.note(ana, Date.now() + 10);
  await until("she is gone", () => told.length > 0);
  assert.deepEqual(
    told.map((event) => event.kind === "presence" && [event.user, event.state]),
    [[ana, "offline"]],
  );
  end.abort();
});

test("once the login is over nobody's time is waited for", async () => {
  const told: string[] = [];
  const [over, going] = [new AbortController(), new AbortController()];
  const ended = new Watch(over.signal, () => told.push("ended"));
  const other = new Watch(going.signal, () => told.push("going"));
  over.abort();
  ended.note(userId("1"), Date.now());
  other.note(userId("1"), Date.now() + 1);
  await until("the other is told", () => told.includes("going"));
  assert.deepEqual(told, ["going"]);
  going.abort();
});

test("who is there is shown both ways", async () => {
  const world = await openFixture();
  const { server, alice, bob, bot } = world;
  try {
    server.say(bob, alice, "hi");
    const live = await world.goLive(alice);
    const state = () => live.core.of("presence").at(-1);
    server.people.appear(bob, Math.floor(Date.now() / 1000) + 300);
    await live.core.until(() => state()?.state === "online");
    assert.equal(state()?.user, String(bob.id));
    server.people.appear(bob);
    await live.core.until(() => state()?.state === "offline");
    live.connection.presence?.("online");
    await server.until(() => alice.onlineUntil > 0);
    live.connection.presence?.("away");
    await server.until(() => alice.onlineUntil === 0);
    const said = () => server.calls.filter(({ name }) => name === "account.UpdateStatus").length;
    for (const again of ["offline", "away", "online", "online"] as const)
      live.connection.presence?.(again);
    await server.until(() => alice.onlineUntil > 0);
    assert.equal(said(), 3, "what Telegram knows is not said again");
    server.fail("account.UpdateStatus", { code: 400, message: "NOT_NOW" });
    live.connection.presence?.("offline");
    await until("it was refused", () => live.core.log.includes("The presence was not shown"));
    live.connection.presence?.("offline");
    await server.until(() => alice.onlineUntil === 0);
    const robot = await world.goLive(bot);
    assert.ok(!("presence" in robot.connection), "Telegram shows no bot as there");
  } finally {
    await world.close();
  }
});
