import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { openWorld } from "./open-world.ts";
import type { World } from "./world.ts";

const places = [
  "room.before-create",
  "room.after-create",
  "room.committed",
  "ghost.before-register",
  "ghost.after-register",
  "ghost.before-commit",
  "join.before-call",
  "join.after-call",
] as const;

/** One test for each place at which a room or a ghost is half made. */
export const killedWhileMade = (store: StorePlace = inItsFolder): void => {
  describe("killed while a room or a person is made", () => {
    let world: World;
    before(async () => {
      world = await openWorld({ networks: ["irc"], config: await store() });
    });
    after(() => world.close());

    for (const [number, place] of places.entries()) {
      test(place, { timeout: 30_000 }, async () => {
        const { irc, homeserver, box, domain } = world.stage;
        const channel = `#made${number}`;
        const speaker = await irc.user(`maker${number}`);
        await speaker.join(channel);
        const alias = `#irc_${channel}:${domain}`;
        const join = (): Promise<string> =>
          until(
            `${alias} can be joined`,
            () => world.ana.join(alias).catch(() => undefined),
            20_000,
          );
        if (place.startsWith("room.")) {
          world.arm(`${place}=kill`);
          await world.ana.join(alias).catch(() => undefined);
          await box.ended();
          world.disarm();
          await world.start();
          await irc.until(() => irc.lookup("bridgebox") !== undefined, 15_000);
        }
        const room = await join();
        const shown = (text: string): number =>
          homeserver.room(room).timeline.filter(({ content }) => content["body"] === text).length;
        await until("the box is in the channel", () =>
          irc.channel(channel)?.members.has("bridgebox"),
        );
        if (!place.startsWith("room.")) {
          world.arm(`${place}=kill`);
          speaker.say(channel, "killed while I came");
          await box.ended();
          world.disarm();
          await world.start();
          await until("it has arrived", () => shown("killed while I came") === 1, 15_000);
          await until("the box is back", () => irc.channel(channel)?.members.has("bridgebox"));
        }
        speaker.say(channel, "and now");
        await until("it goes on", () => shown("and now") === 1, 15_000);
        assert.ok(shown("killed while I came") <= 1);
        const rooms = homeserver
          .rooms()
          .filter((id) => homeserver.room(id).aliases.includes(alias) || id === room);
        assert.deepEqual(rooms, [room], "one chat has one room");
        const named = homeserver
          .rooms()
          .filter((id) =>
            homeserver
              .room(id)
              .timeline.some(
                ({ type, content }) => type === "m.room.name" && content["name"] === channel,
              ),
          );
        assert.deepEqual(named, [room], "no room was made twice");
      });
    }
  });
};
