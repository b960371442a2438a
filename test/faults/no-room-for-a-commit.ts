import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { openWorld } from "./open-world.ts";
import type { NetworkSide, Side, World } from "./world.ts";

/** Commits, which a full disk or a broken store makes fail, each with what goes through it. */
const places = {
  in: ["accept.before-commit", "in.before-settle"],
  out: ["ingress.before-commit", "inbox.before-commit", "out.before-settle"],
} as const;

/** One test for each commit that the store cannot make, and one for a mistake of ours. */
export const noRoomForACommit = (network: NetworkSide, store: StorePlace = inItsFolder): void => {
  describe(`there is no room for a commit, once: ${network}`, () => {
    let world: World;
    before(async () => {
      world = await openWorld({ networks: [network], config: await store() });
      await world.say("matrix", "hello from Matrix");
      await world.say(network, `hello from ${network}`);
      await world.settle();
    });
    after(() => world.close());

    test("an event that we fail on ourselves is told of", { timeout: 30_000 }, async () => {
      world.arm("straight.before-commit=fail,inbox.before-commit=fail");
      await world.ana.send(world.room, "a mistake of ours");
      await until("it is set aside", () => world.stage.box.log.includes("it is set aside"));
      world.disarm();
      await until("the room is told", () => world.failures().length > 0);
      assert.deepEqual(world.failures(), ["a mistake of ours"]);
    });

    for (const direction of ["in", "out"] as const) {
      const side: Side = direction === "in" ? network : "matrix";
      for (const place of places[direction]) {
        test(`${direction} ${place}`, { timeout: 30_000 }, async () => {
          const doubts = world.doubts().length;
          const number = world.said[side].length;
          const unread = network === "irc" && place === "accept.before-commit";
          const left = unread ? world.stage.irc.until(() => !world.inChannel(), 10_000) : undefined;
          const inbox = place.startsWith("inbox.") ? "straight.before-commit=fail," : "";
          world.arm(`${inbox}${place}:1=full`);
          await world.say(side, `${direction} ${place} first`);
          await left;
          if (unread) world.withdraw(side, number);
          if (direction === "out")
            await until("the homeserver's turn is over", () => {
              world.stage.homeserver.retryNow();
              return world.stage.homeserver.outbox().waiting === 0;
            });
          if (unread) await world.ircIsBack();
          await world.say(side, `${direction} ${place} next`);
          const now = (await world.settle(15_000)) - doubts;
          world.disarm();
          assert.ok(now <= (network === "irc" && direction === "out" ? 1 : 0), `${now} in doubt`);
          assert.equal(world.failures().length, 1, "nothing else is said to have failed");
        });
      }
    }
  });
};
