import assert from "node:assert/strict";
import { test } from "node:test";

import { messageId, userId } from "../adapter/index.ts";
import type { DeleteEvent, EditEvent, RemoteEvent } from "../adapter/index.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";

const editing = (of: string, text: string): EditEvent => ({
  ...saying("bob", text),
  kind: "edit",
  id: messageId(of),
  version: "1",
});

const deleting = (of: string): DeleteEvent => {
  const { chat, key, at, sender } = saying("bob", "");
  return { kind: "delete", chat, key, at, sender, ids: [messageId(of)], for: "all" };
};

const reacting = (id: string): RemoteEvent => ({
  kind: "reactions",
  chat: lobby,
  at: 1,
  id: messageId(id),
  complete: "delta",
  set: [{ user: userId("bob"), emoji: "👍", on: true }],
});

test("what is about messages that never come waits in bounded number, and the rest has its outcome at once", async (t) => {
  const scene = await openEngine(t, { settings: { quota: 3 } });
  const portal = await scene.plumb();
  const late = saying("bob", "late");
  const waiting = async (): Promise<number> =>
    (await scene.store.read.items.depth()).reduce((sum, { count }) => sum + count, 0);
  const tell = async (event: RemoteEvent): Promise<void> => {
    await scene.network.accept([event]);
    await scene.settle();
  };
  for (const event of [editing(late.id, "corrected"), reacting("never"), deleting("never")])
    await tell(event);
  assert.equal(await waiting(), 3);
  const more = [editing("never 2", "nothing"), reacting("never 3"), deleting("never 4")] as const;
  for (const event of more) await tell(event);
  assert.equal(await waiting(), 3);
  for (const origin of [`${more[0].key}@${more[0].version}`, "reaction:never 3", more[2].key]) {
    const outcome = await scene.store.read.outcomes.get(origin, portal.id);
    assert.equal(outcome?.state, "not_bridged", origin);
    assert.match(outcome.sentence ?? "", /is not known here, and too much waits/);
  }
  assert.deepEqual(await scene.store.read.assertions.of(portal.id, messageId("never 3")), []);
  assert.deepEqual(scene.homeserver.said("!lobby:hs.test"), [], "no room is flooded with it");

  await tell(late);
  assert.deepEqual(scene.homeserver.said("!lobby:hs.test"), ["late", "* corrected"]);
  await tell(editing("never 5", "nothing"));
  assert.equal(await waiting(), 3, "where one waits no more there is room for another");
  scene.clock.advance(31_000);
  await scene.settle();
  scene.clock.advance(250);
  await scene.idle();
  await tell(deleting("never 6"));
  assert.equal(await waiting(), 1);
});

test("what waits for such messages is counted again after a restart", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const first = await openEngine(t, { store, settings: { quota: 3 } });
  const portal = await first.plumb();
  for (const id of ["never 1", "never 2", "never 3"]) await first.network.accept([reacting(id)]);
  await first.settle();
  await first.engine.stop();
  const { homeserver } = first;
  const again = await openEngine(t, { store, homeserver, settings: { quota: 3 } });
  await again.network.accept([reacting("never 4")]);
  await again.settle();
  const outcome = await store.read.outcomes.get("reaction:never 4", portal.id);
  assert.equal(outcome?.state, "not_bridged");
});
