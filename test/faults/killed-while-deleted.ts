import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { openWorld } from "./open-world.ts";
import type { World } from "./world.ts";

const places = ["dissolve.before-rows", "dissolve.before-leave", "dissolve.before-bot"] as const;

/** One test for each place at which a room is half deleted. */
export const killedWhileDeleted = (store: StorePlace = inItsFolder): void => {
  describe("killed while a room is deleted", () => {
    let world: World;
    before(async () => {
      const permissions = { "*": "relay", "@ana:sandbox.test": "admin" };
      world = await openWorld({ networks: ["irc"], config: { ...(await store()), permissions } });
    });
    after(() => world.close());

    for (const [number, place] of places.entries()) {
      test(place, { timeout: 60_000 }, async () => {
        const { ana } = world;
        const { irc, homeserver, box, domain } = world.stage;
        const channel = `#gone${number}`;
        const speaker = await irc.user(`leaver${number}`);
        await speaker.join(channel);
        const alias = `#irc_${channel}:${domain}`;
        const room = await ana.join(alias);
        await until("the box is in it", () => irc.channel(channel)?.members.has("bridgebox"));
        speaker.say(channel, "before");
        await ana.untilText(room, "before");
        world.arm(`${place}=kill`);
        await ana.send(room, "!bridgebox delete-portal");
        await box.ended();
        world.disarm();
        await world.start();
        await until("all have left", () => homeserver.room(room).joined.length === 0, 20_000);
        await irc.until(() => irc.lookup("bridgebox") !== undefined, 15_000);
        const anew = await until(
          "the chat has a room again",
          () => ana.join(alias).catch(() => undefined),
          20_000,
        );
        assert.notEqual(anew, room);
        await until("the box is in it", () => irc.channel(channel)?.members.has("bridgebox"));
        speaker.say(channel, "afterwards");
        await ana.untilText(anew, "afterwards");
      });
    }
  });
};
