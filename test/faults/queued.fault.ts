import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { changedWhileItWaits, sentTo } from "./changed-while-it-waits.ts";
import { withWorld } from "./open-world.ts";

/** All of them in `npm run faults`. */
const bounded = process.env["FAULTS"] === "bounded";
const withIds = bounded ? (["telegram"] as const) : (["slack", "telegram", "discord"] as const);

for (const network of ["irc", ...withIds] as const) changedWhileItWaits(network);

for (const network of withIds) {
  const name = `what waited too long for ${network} fails visibly and is not sent late`;
  test(name, { timeout: 90_000 }, async () => {
    const config = { [`${network}Config`]: { max_age: "2s" } };
    await withWorld({ networks: [network], ...config }, async (world) => {
      await world.stage[network].stop();
      await world.ana.send(world.room, "too old one");
      await world.ana.send(world.room, "too old two");
      await until("both are told", () => world.failures().length === 2);
      assert.deepEqual([...world.failures()].toSorted(), ["too old one", "too old two"]);
      await world.stage[network].start();
      await world.inPlace();
      await world.say("matrix", "young");
      await world.settle();
      const texts = sentTo[network](world);
      assert.ok(!texts.some((text) => text.includes("too old")), texts.join("; "));
    });
  });
}
