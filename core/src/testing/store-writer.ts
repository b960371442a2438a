import { writeSync } from "node:fs";
import { networkId, chatId } from "../adapter/index.ts";
import type { Store } from "../store/index.ts";
import { pairOf } from "./store-fixture.ts";

/**
 * Commits pairs for ever, eight at a time, and prints the number of each pair once its commit has
 * resolved. The suite kills it: whatever number it printed must be in the store.
 */
const [opener = "", dir = ""] = process.argv.slice(2);
const { open } = (await import(opener)) as { open: (dir: string) => Promise<Store> };
const store = await open(dir);
const portal = await store.commit((tx) =>
  tx.portals.ensure(networkId("net"), { id: chatId("chat") }, "remote"),
);

const commitPair = async (pair: number): Promise<void> => {
  await store.commit(async (tx) => {
    for (const item of pairOf(portal.id, pair)) await tx.items.add(item);
  });
  writeSync(1, `${pair}\n`);
};

for (let first = 0; ; first += 8) {
  await Promise.all(Array.from({ length: 8 }, (_, index) => commitPair(first + index)));
}
