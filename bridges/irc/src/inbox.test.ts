import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId, messageId, userId } from "@bridgebox/core/adapter";
import type { Batch, RemoteEvent } from "@bridgebox/core/adapter";
import { MemoryHost } from "@bridgebox/core/testing";
import { Inbox } from "./inbox.ts";

const said = (key: string): RemoteEvent => ({
  kind: "message",
  chat: { id: chatId("#room") },
  at: 1,
  key,
  id: messageId(key),
  sender: userId("alice"),
  content: { parts: [] },
});

test("once something could not be stored, no mark says that what came after it was", async () => {
  const host = new MemoryHost();
  host.beforeCommit = ({ events }: Batch) =>
    events.length > 0 ? Promise.reject(new Error("The disk is full.")) : Promise.resolve();
  let dropped = 0;
  const nothing = (): undefined => undefined;
  const inbox = new Inbox(host.host.source("irc"), loginId("net:x"), {
    full: nothing,
    drained: nothing,
    dropped: () => (dropped += 1),
  });
  inbox.add(said("one"));
  inbox.mark("seen", "one");
  await inbox.flush();
  inbox.add(said("two"));
  inbox.mark("seen", "two");
  await inbox.flush();
  assert.equal(dropped, 1);
  assert.deepEqual([...host.kept.cursors], []);
});
