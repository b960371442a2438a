import assert from "node:assert/strict";
import { test } from "node:test";
import { partId } from "../adapter/index.ts";
import type { Draft } from "../adapter/index.ts";
import { ItemGone } from "../store/index.ts";
import type { Lane, NewItem, PortalId, Store } from "../store/index.ts";
import { addItem, drain, freshStore, net, newItem, outOf, portalIn } from "./store-fixture.ts";
import type { OpenStore } from "./store-fixture.ts";

const draft: Draft = { part: partId("1"), body: { line: "hi" }, plain: "hi" };

const addKeys = async (store: Store, lane: Lane, keys: readonly string[]): Promise<void> =>
  store.commit(async (tx) => {
    for (const key of keys) await tx.items.add(newItem(lane, key));
  });

/** Items and the inbox. */
export const queueTests = (open: OpenStore): void => {
  test("an item comes back as it went in", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    const item: NewItem = {
      ...newItem(lane, "a"),
      payload: { text: "ü \u0000 \u{1f600} '\"", list: [1, 2.5, null, true], deep: { a: {} } },
      sub: 3,
      draft,
    };
    const id = await addItem(store, item);
    const { text: _, ...rest } = { text: "", ...item };
    const found = await store.read.items.get(id);
    assert.deepEqual(found, {
      ...rest,
      id,
      shard: 0,
      epoch: 0,
      state: "ready",
      attempt: 0,
      firstAt: undefined,
      until: undefined,
      waitKey: undefined,
      notes: null,
      why: undefined,
    });
    assert.deepEqual(await store.read.items.byKey("a"), found);
  });

  test("a key is taken once", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    await addItem(store, newItem(lane, "a"));
    await assert.rejects(addItem(store, newItem(lane, "a")));
    assert.equal((await store.read.items.list(lane, 9)).length, 1);
  });

  test("a lane is done by rank, then in the order of adding", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    const other: Lane = { ...lane, direction: "in" };
    await addKeys(store, lane, ["live 1", "live 2"]);
    await addItem(store, newItem(other, "other lane", { rank: 0 }));
    await addItem(store, newItem(lane, "old 1", { rank: 0 }));
    await addItem(store, newItem(lane, "old 2", { rank: 0 }));
    assert.deepEqual(await drain(store, lane), ["old 1", "old 2", "live 1", "live 2"]);
    assert.deepEqual(await drain(store, other), ["other lane"]);
  });

  test("numbers of items are never used again", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    const first = await addItem(store, newItem(lane, "a"));
    await drain(store, lane);
    assert.ok((await addItem(store, newItem(lane, "b"))) > first);
  });

  test("what came of one item stands in its place, at any depth", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    await addKeys(store, lane, ["a", "b", "c"]);
    const expand = async (key: string, into: readonly string[]): Promise<void> => {
      const item = await store.read.items.byKey(key);
      assert.ok(item);
      const made = into.map((name, sub) => newItem(lane, name, { sub }));
      const ids = await store.commit((tx) => tx.items.expand(item.id, made));
      const found = await Promise.all(ids.map((id) => store.read.items.get(id)));
      assert.deepEqual(
        found.map((one) => [one?.key, one?.sub]),
        into.map((name, sub) => [name, sub]),
      );
    };
    await expand("b", ["b1", "b2", "b3"]);
    await expand("b2", ["b21", "b22"]);
    await expand(
      "a",
      Array.from({ length: 12 }, (_, index) => `a${index}`),
    );
    await expand("b21", ["b211", "b212"]);
    assert.deepEqual(await drain(store, lane), [
      ...Array.from({ length: 12 }, (_, index) => `a${index}`),
      "b1",
      "b211",
      "b212",
      "b22",
      "b3",
      "c",
    ]);
  });

  test("an item that is gone is not expanded and not claimed", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    const id = await addItem(store, newItem(lane, "a"));
    await store.commit((tx) => tx.items.done(id));
    assert.equal(await store.commit((tx) => tx.items.claim(id, 5)), false);
    await assert.rejects(
      store.commit((tx) => tx.items.expand(id, [newItem(lane, "b")])),
      ItemGone,
    );
    assert.equal(await store.read.items.head(lane), undefined);
  });

  test("a claim counts attempts, keeps the first time and the draft", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    const id = await addItem(store, newItem(lane, "a"));
    assert.equal(await store.commit((tx) => tx.items.claim(id, 5, draft)), true);
    const first = await store.read.items.head(lane);
    assert.equal(first?.state, "trying");
    assert.equal(first.attempt, 1);
    assert.equal(first.firstAt, 5);
    assert.deepEqual(first.draft, draft);
    await store.commit((tx) => tx.items.claim(id, 9));
    const second = await store.read.items.get(id);
    assert.equal(second?.attempt, 2);
    assert.equal(second.firstAt, 5);
    assert.deepEqual(second.draft, draft);
  });

  test("an item can be stored as claimed", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    await addItem(store, newItem(lane, "a", { claimed: true }));
    const item = await store.read.items.head(lane);
    assert.equal(item?.state, "trying");
    assert.equal(item.attempt, 1);
    assert.notEqual(item.firstAt, undefined);
  });

  test("an item that waits holds its lane; only a sure one is as good as new", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    await addKeys(store, lane, ["a", "b"]);
    const item = await store.read.items.head(lane);
    assert.ok(item);
    const hold = { until: 77, why: "Slow down" };
    await store.commit((tx) => tx.items.claim(item.id, 5));
    await store.commit((tx) => tx.items.wait(item.id, { ...hold, sure: false }));
    const unsure = await store.read.items.head(lane);
    assert.equal(unsure?.key, "a");
    assert.deepEqual([unsure.state, unsure.until, unsure.why], ["trying", 77, "Slow down"]);
    await store.commit((tx) => tx.items.wait(item.id, { ...hold, sure: true }));
    assert.equal((await store.read.items.head(lane))?.state, "waiting");
    await store.commit((tx) => tx.items.claim(item.id, 80));
    assert.equal((await store.read.items.head(lane))?.until, undefined);
    await store.commit((tx) => tx.items.goOn(item.id));
    const { state, attempt, firstAt, why } = (await store.read.items.head(lane)) ?? {};
    assert.deepEqual([state, attempt, firstAt, why], ["ready", 0, undefined, undefined]);
  });

  test("what is parked is skipped until its key is woken", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    await addKeys(store, lane, ["a", "b"]);
    const item = await store.read.items.head(lane);
    assert.ok(item);
    await store.commit((tx) => tx.items.park(item.id, "message 7", 500));
    assert.equal((await store.read.items.head(lane))?.key, "b");
    assert.deepEqual(await store.read.items.parkedKeys(), ["message 7"]);
    const { id } = item;
    assert.deepEqual(await store.read.items.parkedFor("message "), [
      { id, network: net, until: 500 },
    ]);
    assert.deepEqual(await store.read.items.parkedFor("essage"), []);
    assert.deepEqual(await store.commit((tx) => tx.items.wake("message 8")), []);
    assert.deepEqual(await store.commit((tx) => tx.items.wake("message 7")), [lane]);
    const woken = await store.read.items.head(lane);
    assert.equal(woken?.key, "a");
    assert.deepEqual([woken.state, woken.waitKey, woken.until], ["ready", undefined, undefined]);
    assert.deepEqual(await store.read.items.parkedKeys(), []);
  });

  test("what is parked past its time is ready, and knows what it waited for", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    await addKeys(store, lane, ["a", "b", "c"]);
    assert.equal(await store.read.items.nextExpiry(), undefined);
    for (const [key, until] of [["a", 500] as const, ["b", 400] as const]) {
      const item = await store.read.items.byKey(key);
      assert.ok(item);
      await store.commit((tx) => tx.items.park(item.id, `for ${key}`, until));
    }
    assert.equal(await store.read.items.nextExpiry(), 400);
    assert.deepEqual(await store.commit((tx) => tx.items.wakeExpired(399)), []);
    assert.deepEqual(await store.commit((tx) => tx.items.wakeExpired(400)), [lane]);
    const head = await store.read.items.head(lane);
    assert.deepEqual([head?.key, head?.state, head?.waitKey], ["b", "ready", "for b"]);
    assert.equal(await store.read.items.nextExpiry(), 500);
  });

  test("what waits goes on in another portal, and what was told of it with it", async (t) => {
    const store = await freshStore(t, open);
    const [from, to] = [await portalIn(store, "from"), await portalIn(store, "to")];
    await addKeys(store, outOf(from.id), ["tried", "waits", "parked"]);
    await addKeys(store, outOf(to.id), ["own"]);
    const outcome = { direction: "out", state: "retrying", code: undefined } as const;
    const told = { ...outcome, sentence: "Wait.", at: 1, room: undefined, notice: "$n" };
    await store.commit(async (tx) => {
      const [tried, , parked] = await tx.items.heads(outOf(from.id), 3);
      assert.ok(tried && parked);
      await tx.items.claim(tried.id, 1);
      await tx.items.park(parked.id, "key", 5);
      for (const origin of ["$waits", "$tried", "$done"])
        await tx.outcomes.put({ ...told, origin, portal: from.id });
      assert.equal(await tx.items.move(outOf(from.id), to.id), 2);
      await tx.outcomes.follow(from.id, to.id);
    });
    const keys = async (lane: Lane): Promise<readonly string[]> =>
      (await store.read.items.list(lane, 9)).map(({ key }) => key);
    assert.deepEqual(await keys(outOf(from.id)), ["tried"]);
    assert.deepEqual(await keys(outOf(to.id)), ["waits", "parked", "own"]);
    const isAt = async (origin: string, { id }: { readonly id: PortalId }): Promise<boolean> =>
      (await store.read.outcomes.get(origin, id)) !== undefined;
    for (const [origin, went] of [
      ["$waits", true],
      ["$tried", false],
      ["$done", false],
    ] as const)
      assert.deepEqual([await isAt(origin, from), await isAt(origin, to)], [!went, went], origin);
    assert.equal((await store.read.outcomes.get("$waits", to.id))?.notice, "$n");
  });

  test("a lane with nothing but parked items has nothing to do", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    await addKeys(store, outOf(one.id), ["a"]);
    await addKeys(store, outOf(two.id), ["b", "c"]);
    const item = await store.read.items.head(outOf(one.id));
    assert.ok(item);
    await store.commit((tx) => tx.items.park(item.id, "x", 1));
    assert.deepEqual(await store.read.items.lanes(0), [outOf(two.id)]);
    assert.deepEqual(await store.read.items.lanes(1), []);
    assert.deepEqual(
      (await store.read.items.list(outOf(one.id), 9)).map(({ key }) => key),
      ["a"],
    );
  });

  test("items of one origin are found in order; crumbs and payload can be replaced", async (t) => {
    const store = await freshStore(t, open);
    const lane = outOf((await portalIn(store)).id);
    const origin = "$event";
    const id = await addItem(store, newItem(lane, "a", { origin }));
    await addItem(store, newItem(lane, "b", { origin }));
    await addItem(store, newItem(lane, "c"));
    await store.commit(async (tx) => {
      await tx.items.note(id, { uploaded: "file-1" });
      await tx.items.replacePayload(id, { text: "better" });
    });
    const found = await store.read.items.ofOrigin(origin);
    assert.deepEqual(
      found.map(({ key, payload, notes }) => ({ key, payload, notes })),
      [
        { key: "a", payload: { text: "better" }, notes: { uploaded: "file-1" } },
        { key: "b", payload: { text: "b" }, notes: null },
      ],
    );
  });

  test("the inbox takes a transaction once and an event once, in order, also when done", async (t) => {
    const store = await freshStore(t, open);
    const take = (id: string) => store.commit((tx) => tx.inbox.takeTransaction(id, 1));
    const add = (id: string) => store.commit((tx) => tx.inbox.add(id, { id }, 1));
    assert.deepEqual([await take("t1"), await take("t1"), await take("t2")], [true, false, true]);
    assert.deepEqual([await add("$1"), await add("$2"), await add("$1")], [true, true, false]);
    const [first] = await store.read.inbox.next(1);
    assert.ok(first);
    assert.deepEqual(first.event, { id: "$1" });
    await store.commit((tx) => tx.inbox.done(first.seq));
    assert.equal(await add("$1"), false);
    assert.equal(await store.read.inbox.count(), 1);
    assert.deepEqual(
      (await store.read.inbox.next(9)).map(({ event }) => event),
      [{ id: "$2" }],
    );
  });

  test("the inbox forgets what is old, but never what it still holds", async (t) => {
    const store = await freshStore(t, open);
    const add = (id: string) => store.commit((tx) => tx.inbox.add(id, {}, 10));
    await add("$done");
    const [done] = await store.read.inbox.next(1);
    assert.ok(done);
    await add("$held");
    await store.commit(async (tx) => {
      await tx.inbox.takeTransaction("t", 10);
      await tx.inbox.done(done.seq);
      await tx.inbox.forget(11);
    });
    assert.equal(await add("$held"), false);
    assert.equal(await add("$done"), true);
    assert.equal(await store.commit((tx) => tx.inbox.takeTransaction("t", 12)), true);
  });
};
