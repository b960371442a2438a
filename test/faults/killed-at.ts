import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "./open-world.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import type { NetworkSide, Side, World } from "./world.ts";

/** Every place where the box can die while a message goes that way. */
export const places = {
  in: [
    "accept.before-commit",
    "accept.committed",
    "in.before-claim",
    "in.before-call",
    "in.after-call",
    "in.before-settle",
    "in.settled",
  ],
  out: [
    "ingress.before-commit",
    "straight.before-commit",
    "ingress.committed",
    "inbox.before-commit",
    "inbox.routed",
    "out.before-claim",
    "out.before-call",
    "out.after-call",
    "out.before-settle",
    "out.settled",
  ],
} as const;

/** What cannot be routed where it is stored goes through the inbox. */
export const byTheInbox = "straight.before-commit=fail";

/** One test for each place. */
export const killedAtEachPlace = (network: NetworkSide, store: StorePlace = inItsFolder): void => {
  describe(`killed at each place: ${network}`, () => {
    let world: World;
    before(async () => {
      world = await openWorld({ networks: [network], config: await store() });
      await world.say("matrix", "hello from Matrix");
      await world.say(network, `hello from ${network}`);
      await world.settle();
    });
    after(() => world.close());

    for (const direction of ["in", "out"] as const) {
      const side: Side = direction === "in" ? network : "matrix";
      for (const place of places[direction]) {
        test(`${direction} ${place}`, { timeout: 40_000 }, async () => {
          const doubts = world.doubts().length;
          world.arm(place.startsWith("inbox.") ? `${byTheInbox},${place}=kill` : `${place}=kill`);
          const number = world.said[side].length;
          await world.say(side, `${direction} ${place} first`);
          assert.equal(await world.stage.box.ended(), "SIGKILL");
          await world.restart();
          const unread = network === "irc" && place === "accept.before-commit";
          if (unread) world.withdraw(side, number);
          await world.say(side, `${direction} ${place} next`);
          const now = (await world.settle()) - doubts;
          const suspect = network === "irc" && direction === "out";
          assert.ok(now <= (suspect ? 1 : 0), `${now} in doubt`);
        });
      }
    }
  });
};
