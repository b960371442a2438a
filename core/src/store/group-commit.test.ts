import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreBroken, StoreFull } from "./errors.ts";
import { GroupCommit } from "./group-commit.ts";
import type { Writer } from "./group-commit.ts";

interface Tx {
  readonly write: (word: string) => void;
}

/** A database of words that says what was asked of it, and fails where it is told to. */
const fakeWriter = () => {
  const calls: string[] = [];
  const stored: string[] = [];
  let pending: string[] | undefined;
  let marked = 0;
  let failure: { readonly at: string; readonly reason: unknown } | undefined;
  const step = (name: string): void => {
    calls.push(name);
    if (failure?.at !== name) return;
    const { reason } = failure;
    failure = undefined;
    throw reason;
  };
  const writer: Writer<Tx> = {
    get open() {
      return pending !== undefined;
    },
    begin() {
      step("begin");
      pending = [];
    },
    commit() {
      step("commit");
      stored.push(...(pending ?? []));
      pending = undefined;
    },
    rollback() {
      step("rollback");
      pending = undefined;
    },
    mark() {
      step("mark");
      marked = pending?.length ?? 0;
    },
    release: () => step("release"),
    undo() {
      step("undo");
      pending?.splice(marked);
    },
    session: () => ({
      tx: { write: (word) => void pending?.push(word) },
      revoke: () => undefined,
    }),
    watch(stalled) {
      const turn = setImmediate(stalled);
      return () => clearImmediate(turn);
    },
  };
  return {
    writer,
    calls,
    stored,
    fail: (at: string, reason: unknown) => void (failure = { at, reason }),
    giveUp: () => void (pending = undefined),
  };
};

const write =
  (word: string) =>
  (tx: Tx): Promise<string> => {
    tx.write(word);
    return Promise.resolve(word);
  };

const statuses = async (promises: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(promises)).map(({ status }) => status);

test("a work alone costs no savepoint; works of one turn share one commit", async () => {
  const { writer, calls, stored } = fakeWriter();
  const group = new GroupCommit(writer);
  assert.equal(await group.commit(write("a")), "a");
  assert.deepEqual(calls.splice(0), ["begin", "commit"]);
  await Promise.all([group.commit(write("b")), group.commit(write("c"))]);
  assert.deepEqual(calls, ["begin", "mark", "release", "mark", "release", "commit"]);
  assert.deepEqual(stored, ["a", "b", "c"]);
});

test("a commit that fails rejects every work of its group; the next one goes on", async () => {
  const { writer, stored, fail } = fakeWriter();
  const group = new GroupCommit(writer);
  const full = new StoreFull(new Error("disk"));
  fail("commit", full);
  const results = [group.commit(write("a")), group.commit(write("b"))];
  assert.deepEqual(await statuses(results), ["rejected", "rejected"]);
  await assert.rejects(results[1] ?? Promise.resolve(), full);
  assert.deepEqual(stored, []);
  await group.commit(write("c"));
  assert.deepEqual(stored, ["c"]);
});

test("a transaction that does not begin rejects what it was for, and nothing else", async () => {
  const { writer, stored, fail } = fakeWriter();
  const group = new GroupCommit(writer);
  fail("begin", new StoreBroken("busy"));
  await assert.rejects(group.commit(write("a")), /busy/);
  await group.commit(write("b"));
  assert.deepEqual(stored, ["b"]);
});

test("when the database gives the transaction up, what was done is rejected and the rest runs", async () => {
  const { writer, stored, giveUp } = fakeWriter();
  const group = new GroupCommit(writer);
  const full = new StoreFull(new Error("disk"));
  const givesUp = (): Promise<never> => {
    giveUp();
    return Promise.reject(full);
  };
  const results = [group.commit(write("a")), group.commit(givesUp), group.commit(write("c"))];
  assert.deepEqual(await statuses(results), ["rejected", "rejected", "fulfilled"]);
  await assert.rejects(results[0] ?? Promise.resolve(), full);
  assert.deepEqual(stored, ["c"]);
});

test("a work that hides a transaction that was given up is rejected all the same", async () => {
  const { writer, stored, giveUp } = fakeWriter();
  const group = new GroupCommit(writer);
  const hides = group.commit(() => {
    giveUp();
    return Promise.resolve();
  });
  await assert.rejects(hides, StoreBroken);
  await group.commit(write("b"));
  assert.deepEqual(stored, ["b"]);
});

test("a savepoint that cannot be taken back rejects the whole group", async () => {
  const { writer, stored, fail } = fakeWriter();
  const group = new GroupCommit(writer);
  fail("undo", new StoreBroken("I/O error"));
  const throws = (): Promise<never> => Promise.reject(new Error("no"));
  const results = [group.commit(write("a")), group.commit(throws), group.commit(write("c"))];
  assert.deepEqual(await statuses(results), ["rejected", "rejected", "rejected"]);
  assert.deepEqual(stored, []);
});
