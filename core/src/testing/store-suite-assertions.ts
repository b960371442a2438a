import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId, partId, userId } from "../adapter/index.ts";
import type { Assertion, PortalId } from "../store/index.ts";
import { freshStore, newMessage, portalIn } from "./store-fixture.ts";
import type { OpenStore } from "./store-fixture.ts";

type NewAssertion = Omit<Assertion, "seq">;

const reaction = (
  portal: PortalId,
  name: string,
  more: Partial<NewAssertion> = {},
): NewAssertion => ({
  portal,
  message: messageId("m"),
  part: partId(""),
  kind: "reaction",
  user: userId("u"),
  name,
  by: undefined,
  value: {},
  event: undefined,
  room: undefined,
  dirty: true,
  at: 1,
  ...more,
});

const withoutSeq = ({ seq, ...row }: Assertion): NewAssertion => {
  assert(seq > 0);
  return row;
};

/** What is true of messages beside their content, and threads. */
export const assertionTests = (open: OpenStore): void => {
  test("one assertion per place: a later one changes it, and keeps its number", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const rows = [
      reaction(id, "👍"),
      reaction(id, "👍", { by: "@ana:test", value: { key: "👍" }, event: "$r", room: "!r" }),
      reaction(id, "", { kind: "vote", value: ["1"] }),
    ];
    await store.commit(async (tx) => {
      for (const row of rows) await tx.assertions.put(row);
    });
    const before = await store.read.assertions.of(id, messageId("m"));
    assert.deepEqual(before.map(withoutSeq), rows);
    assert.deepEqual((await store.read.assertions.ofKind(id, "vote")).map(withoutSeq), [rows[2]]);
    const changed = reaction(id, "👍", { value: null, dirty: false, at: 2 });
    await store.commit((tx) => tx.assertions.put(changed));
    const [after] = await store.read.assertions.of(id, messageId("m"));
    assert.deepEqual(after, { ...changed, seq: before[0]?.seq });
  });

  test("an assertion is found by its event in its own portal, and removed alone or with the message", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    await store.commit(async (tx) => {
      for (const { id } of [one, two])
        for (const name of ["a", "b"])
          await tx.assertions.put(reaction(id, name, { event: `$${name}` }));
    });
    const [found, ...more] = await store.read.assertions.byEvent(two.id, "$a");
    assert.deepEqual([found?.name, found?.portal, more.length], ["a", two.id, 0]);
    await store.commit((tx) => tx.assertions.remove(found?.seq ?? 0));
    assert.deepEqual(await store.read.assertions.byEvent(two.id, "$a"), []);
    await store.commit((tx) => tx.assertions.put(reaction(two.id, "a")));
    const again = (await store.read.assertions.of(two.id, messageId("m"))).at(-1);
    assert(again && found && again.seq > found.seq, "a number is never used again");
    await store.commit((tx) => tx.assertions.forget(one.id, messageId("m")));
    assert.deepEqual(await store.read.assertions.of(one.id, messageId("m")), []);
    assert.equal((await store.read.assertions.of(two.id, messageId("m"))).length, 2);
  });

  test("the last message of a thread is the newest in it", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const thread = messageId("root");
    await store.commit(async (tx) => {
      await tx.messages.add(newMessage(id, "root", { at: 1 }));
      await tx.messages.add(newMessage(id, "b", { at: 3, thread }));
      await tx.messages.add(newMessage(id, "a", { at: 2, thread }));
      await tx.messages.add(newMessage(id, "c", { at: 4, thread: messageId("other") }));
      await tx.messages.add(newMessage(id, "d", { at: 5 }));
    });
    assert.deepEqual(
      await store.read.messages.lastInThread(id, thread),
      newMessage(id, "b", { at: 3, thread }),
    );
    assert.equal(await store.read.messages.lastInThread(id, messageId("none")), undefined);
    const inNone = newMessage(id, "e", { at: 6, thread: null });
    await store.commit((tx) => tx.messages.add(inNone));
    assert.deepEqual(await store.read.messages.byRemote(id, messageId("e")), [inNone]);
  });
};
