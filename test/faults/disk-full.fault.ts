import { join } from "node:path";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { smallDisk } from "../stage/small-disk.ts";
import { withWorld } from "./open-world.ts";

const size = 16 * 1024 * 1024;

test("the disk is full, and then it is not", { timeout: 60_000 }, async (t) => {
  const disk = smallDisk(size);
  if ("why" in disk) return t.skip(disk.why);
  const database = { path: join(disk.dir, "box.db"), key_file: join(disk.dir, "box.key") };
  try {
    await withWorld({ networks: ["irc", "telegram"], config: { database } }, async (world) => {
      await world.say("matrix", "before it is full");
      await world.settle();
      disk.fill();
      const large = "x".repeat(300);
      for (let number = 1; number <= 60; number += 1) {
        await world.say("matrix", `full Matrix ${number} ${large}`);
        await world.say("telegram", `full Telegram ${number} ${large}`);
      }
      await until("the store says so", () =>
        /disk that holds the store is full/.test(world.stage.box.log),
      );
      disk.clear();
      world.stage.homeserver.retryNow();
      await world.say("matrix", "after it was full");
      await world.arrived(30_000);
      await world.settle();
    });
  } finally {
    disk.close();
  }
});
