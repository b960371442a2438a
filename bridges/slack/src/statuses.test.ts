import assert from "node:assert/strict";
import { test } from "node:test";
import type { RemoteEvent } from "@bridgebox/core/adapter";
import { until } from "@bridgebox/core/testing";
import { Statuses } from "./statuses.ts";
import { openFixture } from "./testing/world.ts";

const id = "U0STRANGER1";

const person = (text: unknown, emoji: unknown = "", expiration: unknown = 0) => ({
  id,
  profile: { status_text: text, status_emoji: emoji, status_expiration: expiration },
});

const shown = (events: readonly RemoteEvent[]) =>
  events.map((event) => (event.kind === "presence" ? [event.state, event.text] : [event.kind]));

test("words are shown of whoever is known to be there or away, and told once", () => {
  const statuses = new Statuses();
  assert.deepEqual(statuses.learn(person("at lunch", ":tada:")), [], "nobody knows whether");
  assert.deepEqual(shown(statuses.appeared(id, "away")), [["away", "🎉 at lunch"]]);
  assert.deepEqual(statuses.learn(person("at lunch", ":tada:")), []);
  assert.deepEqual(shown(statuses.learn(person("tea &amp;\n cake", ":our_own:"))), [
    ["away", ":our_own: tea & cake"],
  ]);
  assert.deepEqual(shown(statuses.appeared(id, "online")), [["online", ":our_own: tea & cake"]]);
  assert.deepEqual(shown(statuses.learn(person("over", "", 1))), [["online", undefined]]);
  assert.deepEqual(statuses.learn(person("")), []);
  const [long] = statuses.learn(person("x".repeat(100_000)));
  assert.equal(long?.kind === "presence" && long.text?.length, 200);
  for (const odd of [person({}, [], "soon"), { id, profile: 7 }, { id: "../x" }, {}])
    for (const event of statuses.learn(odd))
      assert.deepEqual(shown([event]), [["online", undefined]]);
});

test("a browser's stream tells who is there with their words", async () => {
  const fixture = await openFixture();
  try {
    const { server, ana, bob } = fixture;
    server.direct(ana, bob);
    const live = await fixture.alone(server.addToken("session", ana));
    const last = () => shown(live.core.of("presence")).at(-1);
    await until("who is there", () => last() !== undefined);
    server.changeUser(bob, { status: { text: "on the train", emoji: ":tada:", until: 0 } });
    await until("their words", () => last()?.[1] === "🎉 on the train");
    server.appear(bob, "away");
    await until("who went away", () => last()?.[0] === "away");
    assert.deepEqual(last(), ["away", "🎉 on the train"]);
    const count = live.core.of("presence").length;
    server.changeUser(bob, { displayName: "Bob the Great" });
    await live.core.event("the new name", (it) => it.kind === "user" && /Great/.test(it.info.name));
    assert.equal(live.core.of("presence").length, count);
  } finally {
    await fixture.close();
  }
});
