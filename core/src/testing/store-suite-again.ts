import assert from "node:assert/strict";
import { test } from "node:test";
import { partId } from "../adapter/index.ts";
import { forgetOld } from "../store/index.ts";
import type { Retriable } from "../store/index.ts";
import { freshStore, newItem, newOutcome, newRetriable, portalIn } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-fixture.ts";

/** What did not arrive, what is offered for it, and what of it is sent again. */
export const againTests = ({ open }: StoreUnderTest): void => {
  test("a notice leads to its outcome, and what it offers stays until that is changed", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const outcome = newOutcome(id, "$1", { state: "doubtful", at: 1 });
    const offers = { again: "$offer" };
    await store.commit(async (tx) => {
      await tx.outcomes.put(outcome);
      await tx.outcomes.setNotice("$1", id, "$notice");
      await tx.outcomes.setOffers("$1", id, offers);
      await tx.outcomes.put({ ...outcome, state: "retrying" });
    });
    const told = { ...outcome, state: "retrying", notice: "$notice" } as const;
    assert.deepEqual(await store.read.outcomes.byNotice("$notice"), { ...told, offers });
    assert.equal(await store.read.outcomes.byNotice("$other"), undefined);
    await store.commit((tx) => tx.outcomes.setOffers("$1", id, {}));
    assert.deepEqual(await store.read.outcomes.byNotice("$notice"), told);
  });

  test("what can be sent again is found by its event and by its key, until it is forgotten", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    const piece = (key: string, more: Partial<Retriable> = {}): Retriable =>
      newRetriable(one.id, key, more);
    const draft = { part: partId(""), body: { text: "hi" }, plain: "hi" };
    const second = piece("k2", { sub: 1, draft, notes: null, firstAt: undefined, doubtful: false });
    const other = piece("k3", { portal: two.id });
    await store.commit(async (tx) => {
      for (const row of [second, piece("k1", { attempt: 1 }), other, piece("k1")])
        await tx.retriables.put(row);
    });
    const { retriables } = store.read;
    assert.deepEqual(await retriables.of("$1", one.id), [piece("k1"), second]);
    assert.deepEqual(await retriables.of("$1"), [piece("k1"), second, other]);
    assert.deepEqual(await retriables.byKey("k2"), second);
    await store.commit((tx) => tx.retriables.remove("k2"));
    assert.equal(await retriables.byKey("k2"), undefined);
    await store.commit((tx) => tx.portals.remove(two.id));
    assert.deepEqual(await retriables.of("$1"), [piece("k1")]);
    await forgetOld(store, 100, { dedupe: 1, outcomes: 90 });
    assert.equal((await retriables.of("$1")).length, 1);
    await forgetOld(store, 101, { dedupe: 1, outcomes: 90 });
    assert.deepEqual(await retriables.of("$1"), []);
  });

  test("what is sent again keeps what its attempts left behind, and is not suspect", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const lane = { portal: id, direction: "out" } as const;
    const tried = { attempt: 3, firstAt: 7, notes: { upload: "u" } };
    const item = await store.commit((tx) => tx.items.add(newItem(lane, "one", { tried })));
    const found = await store.read.items.get(item);
    assert.deepEqual(
      [found?.state, found?.attempt, found?.firstAt, found?.notes],
      ["ready", 3, 7, { upload: "u" }],
    );
    await store.commit((tx) => tx.items.claim(item, 99));
    const claimed = await store.read.items.get(item);
    assert.deepEqual([claimed?.state, claimed?.attempt, claimed?.firstAt], ["trying", 4, 7]);
  });
};
