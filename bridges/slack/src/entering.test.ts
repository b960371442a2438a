import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryHost, until } from "@bridgebox/core/testing";
import { listenerFor, openHub, textsOf } from "./testing/listening.ts";
import { chatOf, openFixture } from "./testing/world.ts";

for (const back of [false, true])
  test(`who comes in while the connection ends is let in by the next one (${back ? "which is there" : "which is on its way"})`, async () => {
    const fixture = await openFixture();
    const { server, app, bob, general } = fixture;
    const { core, hub, close } = openHub(fixture, new MemoryHost());
    try {
      const first = listenerFor(fixture, app.botToken, [chatOf(general)]);
      await hub.add(first);
      await first.reached("connected");
      const asked = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const second = listenerFor(fixture, server.addToken("user", bob, app.app));
      let times = 0;
      const chats: typeof second.chats = async () => {
        times += 1;
        asked.resolve();
        if (times === 1) await held.promise;
        return [];
      };
      const entering = hub.add({ ...second, chats });
      await asked.promise;
      const release = server.hang("apps.connections.open");
      server.dropConnections();
      await first.reached("reconnecting");
      if (back) {
        release();
        await first.reached("connected", 2);
      }
      held.resolve();
      await entering;
      if (!back) assert.deepEqual(second.states, [], "there is no connection");
      release();
      await second.reached("connected");
      server.say(bob, general, "live");
      await until("the message", () => textsOf(core).includes("live"));
    } finally {
      await close();
      await fixture.close();
    }
  });
