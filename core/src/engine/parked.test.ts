import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortalId, Repositories, Store } from "../store/types.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { lobby } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { Parked } from "./parked.ts";
import { settle } from "./settle.ts";

const park = async (
  parked: Parked,
  tx: Repositories,
  { key, until }: { readonly key: string; readonly until: number },
): Promise<void> => {
  const lane = { portal: 1 as PortalId, direction: "in" } as const;
  const about = { lane, rank: 1, origin: key, kind: "edit", payload: null, at: 1, key } as const;
  await parked.park(tx, await tx.items.add(about), { key, until });
};

const many = (store: Store, parked: Parked, name: string): Promise<void> =>
  store.commit(async (tx) => {
    for (let number = 0; number < 10_000; number += 1)
      await park(parked, tx, { key: `${name} ${number}`, until: 1 });
  });

test("what nobody waits for any more is forgotten, and nothing else, also while it is asked", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const parked = new Parked();
  await store.commit((tx) => park(parked, tx, { key: "for long", until: 100 }));
  await many(store, parked, "a");
  await store.commit((tx) => tx.items.wakeExpired(50));
  const tidying = parked.tidy(store);
  assert.ok(parked.has("for long"));
  await store.commit((tx) => park(parked, tx, { key: "meanwhile", until: 100 }));
  await tidying;
  assert.ok(parked.has("for long") && parked.has("meanwhile"));
  await many(store, parked, "b");
  await store.commit((tx) => tx.items.wakeExpired(50));
  await parked.tidy(store);
  assert.ok(parked.has("for long") && parked.has("meanwhile"));
  assert.equal(parked.has("a 1"), false);
  const lanes = await store.commit((tx) => parked.wake(tx, ["for long"]));
  assert.equal(lanes.length, 1);
  assert.ok(parked.size < 10_010, `${parked.size} are kept`);
});

test("what wakes an item while it is looked whether to park it is not missed", async (t) => {
  const { engine, store } = await openEngine(t);
  const { box, parked } = engine.works;
  const lane = { portal: -1 as PortalId, direction: "in" } as const;
  const key = "somebody comes";
  engine.works.box.homeserverGate.close({ until: undefined, why: "It is away." });
  const about = { lane, rank: 1, origin: key, kind: "place", payload: null, at: 1, key } as const;
  const id = await store.commit((tx) => tx.items.add(about));
  const item = await store.read.items.get(id);
  assert.ok(item);
  let woken: Promise<unknown> | undefined;
  const still = (): Promise<boolean> => {
    if (parked.has(key)) woken = store.commit((tx) => parked.wake(tx, [key]));
    return Promise.resolve(true);
  };
  const settlement = { end: "parked", key, until: 1e15, still } as const;
  const portal = await engine.works.portals.ensure(net, lobby, "remote");
  await settle(box, parked, { item, portal, settlement, claimed: false });
  await woken;
  assert.equal((await store.read.items.get(id))?.state, "ready");
});
