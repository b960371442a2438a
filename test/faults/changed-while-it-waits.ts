import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { openWorld } from "./open-world.ts";
import type { NetworkSide, World } from "./world.ts";

/** Everything that a network was ever sent. */
export const sentTo: Readonly<Record<NetworkSide, (world: World) => readonly string[]>> = {
  irc: ({ stage }) => stage.irc.lines.map(({ line }) => line),
  slack: ({ stage }) => stage.slack.calls.map((call) => JSON.stringify(call)),
  telegram: ({ stage, group }) => stage.telegram.messages(group).map(({ text }) => text),
  discord: ({ stage }) => stage.discord.calls.map((call) => JSON.stringify(call)),
};

/** What people of Matrix do to messages that cannot leave yet, and a kill over them. */
export const changedWhileItWaits = (
  network: NetworkSide,
  store: StorePlace = inItsFolder,
): void => {
  describe(`what changes while it waits for ${network}`, () => {
    let world: World;
    before(async () => {
      world = await openWorld({ networks: [network], config: await store() });
      await world.say("matrix", "first");
      await world.settle();
    });
    after(() => world.close());

    const stop = async (): Promise<void> => {
      await world.stage[network].stop();
      await world.noticed();
    };
    const start = async (): Promise<void> => {
      await world.stage[network].start();
      if (network === "irc") await world.carlEnters();
    };
    const queued = (count: number): Promise<boolean> =>
      until(`${count} wait`, async () => {
        const { queues } = await world.status();
        const out = queues.find(({ direction }) => direction === "out");
        return (out?.count ?? 0) === count && world.stage.homeserver.outbox().waiting === 0;
      });
    const heard = (): string => sentTo[network](world).join("\n");

    test("a message that is deleted is never sent", { timeout: 90_000 }, async () => {
      await stop();
      const gone = await world.ana.send(world.room, "to be deleted");
      await world.say("matrix", "kept after the deleted one");
      await queued(2);
      await world.ana.redact(world.room, gone);
      await queued(1);
      await start();
      await world.settle();
      assert.ok(!heard().includes("to be deleted"));
    });

    test("a message that is edited is sent as it is now", { timeout: 90_000 }, async () => {
      await stop();
      world.ledger.said("matrix", "edited one", "as it is now");
      const edited = await world.ana.send(world.room, "as it was");
      await world.say("matrix", "kept after the edited one");
      await queued(2);
      await world.ana.edit(world.room, edited, "as it is now");
      await world.say("matrix", "and after that");
      await queued(3);
      await start();
      await world.settle();
      assert.ok(!heard().includes("as it was"));
    });

    test("what waits over a kill is sent after it, in order", { timeout: 90_000 }, async () => {
      await stop();
      for (let number = 1; number <= 10; number += 1) await world.say("matrix", `over ${number}`);
      await queued(10);
      await world.stage.box.kill();
      await world.start();
      await start();
      await world.settle();
    });
  });
};
