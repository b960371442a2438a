import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryHost } from "@bridgebox/core/testing";
import { listenerFor, openHub, textsOf, type Heard } from "./testing/listening.ts";
import { chatOf, openFixture, type Fixture } from "./testing/world.ts";

/** A login to which some messages make no sense. */
const puzzled = (fixture: Fixture): Heard => {
  const heard = listenerFor(fixture, fixture.app.botToken, [chatOf(fixture.general)]);
  const confirms: Heard["view"]["confirms"] = ({ text }) => {
    if (text.startsWith("odd")) throw new TypeError("it makes no sense");
    return undefined;
  };
  return { ...heard, view: { ...heard.view, confirms } };
};

test("a message that makes no sense keeps no other away, missed or live", async () => {
  const fixture = await openFixture();
  try {
    const { server, bob, general } = fixture;
    const first = openHub(fixture, new MemoryHost());
    const listener = listenerFor(fixture, fixture.app.botToken, [chatOf(general)]);
    await first.hub.add(listener);
    await listener.reached("connected");
    await first.close();
    server.say(bob, general, "odd and missed");
    server.say(bob, general, "missed");
    const { core, hub, close } = openHub(fixture, new MemoryHost(first.core.kept));
    try {
      const again = puzzled(fixture);
      await hub.add(again);
      await again.reached("connected");
      server.say(bob, general, "odd and live");
      server.say(bob, general, "live");
      await core.until(() => textsOf(core).includes("live"));
      assert.deepEqual(textsOf(core), ["missed", "live"]);
      assert.equal(again.states.length, 1, "the connection stays");
    } finally {
      await close();
    }
  } finally {
    await fixture.close();
  }
});
