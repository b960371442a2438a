import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId, partId, sourceId, userId } from "../adapter/index.ts";
import { forgetOld } from "../store/index.ts";
import type { Store } from "../store/index.ts";
import { mostForgotten } from "../store/repositories/forgetting.ts";
import {
  freshStore,
  net,
  newMessage,
  newOutcome,
  newRetriable,
  portalIn,
  tempDir,
} from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-fixture.ts";

/** Messages, outcomes, dedupe, cursors, keys and leases. */
export const mapTests = ({ open, copy: copyTo }: StoreUnderTest): void => {
  test("a message is found from both sides, its parts in the order of adding", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const parts = ["", "10", "9"].map((part) =>
      newMessage(id, "m", { part: partId(part), event: `$part${part}`, author: userId("u") }),
    );
    const pieces = ["m10", "m9"].map((remote) =>
      newMessage(id, remote, { event: "$split", from: "matrix" }),
    );
    await store.commit(async (tx) => {
      for (const row of [...parts, ...pieces]) await tx.messages.add(row);
    });
    assert.deepEqual(await store.read.messages.byRemote(id, messageId("m")), parts);
    assert.deepEqual(await store.read.messages.byEvent(id, "$split"), pieces);
    assert.deepEqual(await store.read.messages.byEvent(id, "$none"), []);
  });

  test("an event that went to two portals is found in each and in whatever one", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    const rows = [one, two].map(({ id }) => newMessage(id, "m", { event: "$e" }));
    await store.commit(async (tx) => {
      for (const row of rows) await tx.messages.add(row);
    });
    assert.deepEqual(await store.read.messages.byEvent(two.id, "$e"), rows.slice(1));
    assert.deepEqual(await store.read.messages.anyByEvent("$e"), rows);
  });

  test("a message can be added again, changed and removed; the last one is the newest", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const remote = messageId("new");
    await store.commit(async (tx) => {
      await tx.messages.add(newMessage(id, "new", { at: 20 }));
      await tx.messages.add(newMessage(id, "old", { at: 10 }));
      await tx.messages.add(newMessage(id, "new", { at: 20, event: "$again" }));
      await tx.messages.setContent(id, remote, partId(""), "hash");
    });
    const last = await store.read.messages.last(id);
    assert.deepEqual([last?.event, last?.content], ["$again", "hash"]);
    assert.equal((await store.read.messages.byRemote(id, remote)).length, 1);
    await store.commit((tx) => tx.messages.remove(id, remote, partId("")));
    assert.equal((await store.read.messages.last(id))?.remote, "old");
  });

  test("messages of a span of time are those between its ends, in order", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    await store.commit(async (tx) => {
      for (const at of [40, 10, 30, 20, 50])
        await tx.messages.add(newMessage(one.id, `m${at}`, { at }));
      await tx.messages.add(newMessage(two.id, "other", { at: 30 }));
    });
    const found = await store.read.messages.between(one.id, { after: 10, before: 50 });
    assert.deepEqual(
      found.map(({ remote }) => remote),
      ["m20", "m30", "m40"],
    );
  });

  test("one outcome per event and portal: the newest counts", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const sentence = "Not sent – you are banned – ask an operator.";
    await store.commit(async (tx) => {
      await tx.outcomes.put(newOutcome(id, "$1", { state: "retrying", at: 1 }));
      await tx.outcomes.put(newOutcome(id, "$2", { at: 2 }));
      await tx.outcomes.put(
        newOutcome(id, "$1", { state: "failed", code: "banned", sentence, at: 3 }),
      );
      await tx.outcomes.setNotice("$1", id, "$notice");
    });
    const found = await store.read.outcomes.get("$1", id);
    assert.deepEqual(
      found,
      newOutcome(id, "$1", { state: "failed", code: "banned", sentence, at: 3, notice: "$notice" }),
    );
    const origins = async (state?: "failed" | "delivered" | "doubtful") =>
      (await store.read.outcomes.recent(9, state)).map(({ origin }) => origin);
    assert.deepEqual(await origins(), ["$1", "$2"]);
    assert.deepEqual(await origins("failed"), ["$1"]);
    assert.deepEqual(await origins("delivered"), ["$2"]);
    assert.deepEqual(await origins("doubtful"), []);
    assert.deepEqual(await store.read.outcomes.counts(), [
      { direction: "out", state: "delivered", count: 1 },
      { direction: "out", state: "failed", count: 1 },
    ]);
  });

  test("a log event is seen once per portal, until it is forgotten", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    const see = (portal: typeof one) => store.commit((tx) => tx.seen.add(portal.id, "key", 10));
    assert.deepEqual([await see(one), await see(one), await see(two)], [true, false, true]);
    const known = (key: string) => store.read.seen.has(one.id, key);
    assert.deepEqual([await known("key"), await known("other")], [true, false]);
    await store.commit((tx) => tx.seen.forget(10));
    assert.equal(await see(one), false);
    await store.commit((tx) => tx.seen.forget(11));
    assert.equal(await see(one), true);
  });

  test("retention forgets what is older, each kind by its own age", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    await store.commit(async (tx) => {
      await tx.seen.add(id, "key", 100);
      await tx.outcomes.put(newOutcome(id, "$1", { at: 100 }));
    });
    await forgetOld(store, 200, { dedupe: 50, outcomes: 150 });
    assert.ok(await store.read.outcomes.get("$1", id));
    assert.equal(await store.commit((tx) => tx.seen.add(id, "key", 200)), true);
    await forgetOld(store, 300, { dedupe: 150, outcomes: 150 });
    assert.equal(await store.read.outcomes.get("$1", id), undefined);
  });

  test("much that is old goes in steps, and others store things in between", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const many = mostForgotten * 2 + 1;
    await store.commit(async (tx) => {
      for (let n = 0; n < many; n += 1) {
        await tx.inbox.takeTransaction(`${n}`, n);
        await tx.inbox.take(`$${n}`, n);
        await tx.seen.add(id, `${n}`, n);
        await tx.outcomes.put(newOutcome(id, `$${n}`, { at: n }));
        await tx.retriables.put(newRetriable(id, `${n}`, { at: n }));
      }
      await tx.inbox.add("$waits", {}, 0);
    });
    let steps = 0;
    const commit: Store["commit"] = (work) => {
      steps += 1;
      return store.commit(work);
    };
    const old = many - 1;
    const forgetting = forgetOld({ ...store, commit }, old, { dedupe: 0, outcomes: 0 });
    await store.commit((tx) => tx.keys.set("a", "k", 1, false));
    assert.ok(steps < 3, `${steps} steps before anybody else`);
    await forgetting;
    assert.equal(steps, 13);
    const left = await store.read.outcomes.recent(9);
    assert.deepEqual(
      left.map(({ at }) => at),
      [old],
    );
    const again = await store.commit(async (tx) => [
      await tx.inbox.takeTransaction("0", old),
      await tx.inbox.take("$0", old),
      await tx.seen.add(id, "0", old),
      await tx.inbox.takeTransaction(`${old}`, old),
      await tx.inbox.take(`$${old}`, old),
      await tx.seen.add(id, `${old}`, old),
      await tx.inbox.take("$waits", old),
    ]);
    assert.deepEqual(again, [true, true, true, false, false, false, false]);
  });

  test("cursors are set, changed and taken away by name", async (t) => {
    const store = await freshStore(t, open);
    const [source, other] = [sourceId("s"), sourceId("other")];
    await store.commit(async (tx) => {
      await tx.cursors.set(source, "pts", "1");
      await tx.cursors.set(source, "pts", "2");
      await tx.cursors.set(source, "qts", "9007199254740993");
      await tx.cursors.set(source, "gone", "x");
      await tx.cursors.set(source, "gone", null);
    });
    assert.deepEqual(await store.read.cursors.of(source), { pts: "2", qts: "9007199254740993" });
    assert.deepEqual(await store.read.cursors.of(other), {});
  });

  test("values are kept by scope and key, secret or not", async (t) => {
    const store = await freshStore(t, open);
    await store.commit(async (tx) => {
      await tx.keys.set("a", "k", { hash: "secret" }, true);
      await tx.keys.set("a", "open", [1], false);
      await tx.keys.set("b", "k", "other", true);
    });
    assert.deepEqual(await store.read.keys.get("a", "k"), { hash: "secret" });
    assert.deepEqual(await store.read.keys.get("a", "open"), [1]);
    await store.commit((tx) => tx.keys.set("a", "open", null, false));
    assert.equal(await store.read.keys.get("a", "open"), undefined);
    await store.commit((tx) => tx.keys.forgetScope("a"));
    assert.equal(await store.read.keys.get("a", "k"), undefined);
    assert.equal(await store.read.keys.get("b", "k"), "other");
  });

  test("ids, names and sentences come back whatever is in them", async (t) => {
    const store = await freshStore(t, open);
    const halves = ["a\ud800", "a\ud801", "a\ufffd"];
    const odds = ["\u0000", "a\u0000b", "\u0010", "\u00100000", "😀 ü '\"", "%_\\x00", ...halves];
    for (const odd of odds) {
      const { id } = await portalIn(store, odd);
      const source = sourceId(odd);
      const message = newMessage(id, odd, { event: odd, author: userId(odd), content: odd });
      const outcome = newOutcome(id, odd, { sentence: odd });
      const member = { user: userId(odd), state: "ban", reason: odd } as const;
      await store.commit(async (tx) => {
        await tx.messages.add(message);
        await tx.outcomes.put(outcome);
        await tx.roster.put(id, member, false);
        await tx.members.set(odd, odd, "join");
        await tx.cursors.set(source, odd, odd);
        await tx.keys.set(odd, odd, odd, true);
        await tx.inbox.add(odd, { odd }, 1);
      });
      const { read } = store;
      assert.equal((await portalIn(store, odd)).id, id);
      assert.equal((await read.portals.get(id))?.chat.id, odd);
      assert.deepEqual(await read.messages.byRemote(id, messageId(odd)), [message]);
      assert.deepEqual(await read.messages.byEvent(id, odd), [message]);
      assert.deepEqual(await read.outcomes.get(odd, id), outcome);
      assert.deepEqual(await read.roster.of(id), [{ ...member, dirty: false }]);
      assert.deepEqual(await read.members.ofRoom(odd), [{ mxid: odd, membership: "join" }]);
      assert.ok((await read.members.rooms({ after: "", limit: 1000 })).includes(odd));
      assert.deepEqual(await read.cursors.of(source), { [odd]: odd });
      assert.equal(await read.keys.get(odd, odd), odd);
      assert.equal(await store.commit((tx) => tx.inbox.add(odd, {}, 2)), false);
      assert.equal(await store.commit((tx) => tx.seen.add(id, odd, 1)), true);
      assert.equal(await store.commit((tx) => tx.seen.add(id, odd, 1)), false);
    }
    assert.equal((await store.read.portals.ofNetwork(net)).length, odds.length);
  });

  test("a copy knows each id, whatever is in it", async (t) => {
    const dir = await tempDir(t);
    const store = await open(dir);
    t.after(() => store.close());
    const odds = ["\u0000", "\u0010", "\u00100000", "a\ud800", "a\ud801", "a\ufffd"];
    const ids = await Promise.all(odds.map(async (odd) => (await portalIn(store, odd)).id));
    const target = await tempDir(t);
    await copyTo(dir, `${target}/box.db`);
    const copy = await open(target);
    t.after(() => copy.close());
    const copied = await Promise.all(odds.map(async (odd) => (await portalIn(copy, odd)).id));
    assert.deepEqual(copied, ids);
    const chats = (await copy.read.portals.ofNetwork(net)).map(({ chat }) => chat.id);
    assert.deepEqual(chats.toSorted(), odds.toSorted());
  });

  test("a lease has one owner until it ends", async (t) => {
    const store = await freshStore(t, open);
    const take = (owner: string, until: number, now: number) =>
      store.commit((tx) => tx.leases.take("shard 0", owner, until, now));
    assert.equal(await take("a", 100, 0), true);
    assert.equal(await take("b", 150, 50), false);
    assert.equal(await take("a", 200, 90), true);
    assert.equal(await take("b", 300, 199), false);
    assert.equal(await take("b", 300, 200), true);
    await store.commit((tx) => tx.leases.release("shard 0", "a"));
    assert.equal(await take("a", 400, 250), false);
    await store.commit((tx) => tx.leases.release("shard 0", "b"));
    assert.equal(await take("a", 400, 250), true);
  });
};
