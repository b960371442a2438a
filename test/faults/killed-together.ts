import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { byTheInbox, places } from "./killed-at.ts";
import { openWorld } from "./open-world.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { standingAt } from "./standing-at.ts";
import type { NetworkSide, World } from "./world.ts";

/** Before a message has its lanes there is one of it for all networks. */
const isShared = (place: string): boolean => /^(?:ingress|straight|inbox)\./.test(place);

/**
 * One test for each place, in which a message of every network, or the one message to all of them, stands there when
 * the box is killed: as many pairs of place and network as if each network had a box of its own, with a fourth of
 * the starts.
 */
export const killedTogether = (
  networks: readonly NetworkSide[],
  store: StorePlace = inItsFolder,
): void => {
  describe(`killed at each place: ${networks.join(", ")} at once`, () => {
    let world: World;
    before(async () => {
      world = await openWorld({ networks, config: await store() });
      await say("hello");
      await world.settle();
    });
    after(() => world.close());

    const say = async (text: string): Promise<void> => {
      for (const side of ["matrix", ...networks] as const)
        await world.say(side, `${text} from ${side}`);
    };

    /** The box is killed once all of them stand there. */
    const strikeAll = async (place: string, act: () => Promise<unknown>): Promise<void> => {
      const earlier = standingAt(world.stage, place);
      world.arm(`${place}=hang`);
      await act();
      await until(`all stand at ${place}`, () => {
        return standingAt(world.stage, place) - earlier >= networks.length;
      });
      await world.stage.box.kill();
    };

    /** What came from the others may have been on its way to IRC as well, which cannot be asked. */
    const inDoubt = async (before: number): Promise<void> => {
      const now = (await world.settle()) - before;
      assert.ok(now <= (networks.includes("irc") ? 1 : 0), `${now} in doubt`);
    };

    for (const place of places.in)
      test(`in ${place}`, { timeout: 60_000 }, async () => {
        const doubts = world.doubts().length;
        const unread = world.said.irc.length;
        await strikeAll(place, async () => {
          for (const network of networks) await world.say(network, `${place} from ${network}`);
        });
        await world.restart();
        if (place === "accept.before-commit") world.withdraw("irc", unread);
        await say(`after ${place}`);
        await inDoubt(doubts);
      });

    for (const place of places.out)
      test(`out ${place}`, { timeout: 60_000 }, async () => {
        const doubts = world.doubts().length;
        if (isShared(place)) {
          world.arm(place.startsWith("inbox.") ? `${byTheInbox},${place}=kill` : `${place}=kill`);
          await world.say("matrix", place);
          assert.equal(await world.stage.box.ended(), "SIGKILL");
        } else await strikeAll(place, () => world.say("matrix", place));
        await world.restart();
        await say(`after ${place}`);
        await inDoubt(doubts);
      });
  });
};
