import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chatId, networkId } from "@bridgebox/core/adapter";
import { openStore } from "../../core/src/store/index.ts";
import type { NewItem, PortalId, Store } from "../../core/src/store/index.ts";
import { startPostgres, whyNoPostgres } from "../e2e/servers/postgres.ts";
import type { Row } from "./report.ts";

const each = 40;

const itemOf = (portal: PortalId, number: number): NewItem => ({
  lane: { portal, direction: "in" },
  rank: 1,
  origin: `o${portal}-${number}`,
  kind: "message",
  at: Date.now(),
  key: `k${portal}-${number}`,
  payload: { text: "the quick brown fox jumps over it", number },
});

/** What a message costs the store at least: in, claimed, done. */
const lane = async (store: Store, portal: PortalId): Promise<void> => {
  for (let number = 0; number < each; number += 1) {
    const id = await store.commit((tx) => tx.items.add(itemOf(portal, number)));
    await store.commit((tx) => tx.items.claim(id, Date.now()));
    await store.commit((tx) => tx.items.done(id));
  }
};

const withLanes = async (store: Store, count: number, offset: number): Promise<number> => {
  const portals = await store.commit(async (tx) => {
    const ids: PortalId[] = [];
    for (let index = 0; index < count; index += 1) {
      const chat = { id: chatId(`c${offset + index}`) };
      ids.push((await tx.portals.ensure(networkId("net"), chat, "remote")).id);
    }
    return ids;
  });
  const began = performance.now();
  await Promise.all(portals.map((portal) => lane(store, portal)));
  return (count * each * 1000) / (performance.now() - began);
};

interface Ground {
  readonly store: Store;
  close(): Promise<void>;
}

const boxKey = { bytes: new Uint8Array(32), fresh: undefined };
const log = { debug() {}, info() {}, warn() {}, error() {} };

const onSqlite = async (): Promise<Ground> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-bench-"));
  const store = await openStore({ path: join(dir, "b.db") }, { boxKey, log });
  return {
    store,
    close: async () => {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
};

/** On a server of its own, on this machine and this disk. */
const onPostgres = async (): Promise<Ground> => {
  const reason = await whyNoPostgres();
  if (reason !== undefined) throw new Error(reason);
  const server = await startPostgres();
  const store = await openStore({ path: "", uri: await server.database("bench") }, { boxKey, log });
  return {
    store,
    close: async () => {
      await store.close();
      await server.close();
    },
  };
};

/** The store alone: messages a second through one lane and through a hundred. */
export const benchStore = async (postgres: boolean): Promise<readonly Row[]> => {
  const ground = await (postgres ? onPostgres() : onSqlite());
  const { store } = ground;
  try {
    const alone = await withLanes(store, 1, 0);
    const many = await withLanes(store, 100, 1);
    return [
      { name: "one lane, three commits a message", value: alone, unit: "messages/s" },
      { name: "a hundred lanes, commits grouped", value: many, unit: "messages/s" },
    ];
  } finally {
    await ground.close();
  }
};
