import assert from "node:assert/strict";
import { until } from "@bridgebox/core/testing";
import { onHub } from "./testing/boxes.ts";
import { listenerFor, textsOf } from "./testing/listening.ts";
import { chatOf } from "./testing/world.ts";

for (const back of [false, true])
  onHub(
    `who comes in while the connection ends is let in by the next one (${back ? "which is there" : "which is on its way"})`,
    async (scene) => {
      const { server, app, bob, general } = scene;
      const { core, hub } = scene.box();
      const first = listenerFor(scene, app.botToken, [chatOf(general)]);
      await hub.add(first);
      await first.reached("connected");
      const asked = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const second = listenerFor(scene, server.addToken("user", bob, app.app));
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
    },
  );
