import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId } from "../../adapter/index.ts";
import type { Content, RemoteEvent } from "../../adapter/index.ts";
import { ana, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { saying } from "../../testing/scripted-network.ts";

const room = "!lobby:hs.test";

/** Bob says it; the ids on both sides and the relation that it is shown with. */
const says = async (scene: Scene, text: string, more: Partial<Content> = {}) => {
  const message = saying("bob", text);
  const content = { ...message.content, ...more };
  await scene.network.accept([{ ...message, content }]);
  await scene.idle();
  const event = scene.homeserver.events.findLast(({ type }) => type === "m.room.message");
  assert(event);
  return { id: message.id, event: event.event_id, relation: event.content["m.relates_to"] };
};

test("a thread is a relation to its root, which answers the last one for old clients", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const root = await says(scene, "root");
  const one = await says(scene, "one", { thread: { root: { id: root.id } } });
  assert.deepEqual(one.relation, {
    rel_type: "m.thread",
    event_id: root.event,
    is_falling_back: true,
    "m.in_reply_to": { event_id: root.event },
  });
  const two = await says(scene, "two", { thread: { root: { id: root.id } } });
  assert.deepEqual(two.relation, {
    rel_type: "m.thread",
    event_id: root.event,
    is_falling_back: true,
    "m.in_reply_to": { event_id: one.event },
  });
  const three = await says(scene, "three", {
    thread: { root: { id: two.id } },
    replyTo: { id: one.id },
  });
  assert.deepEqual(three.relation, {
    rel_type: "m.thread",
    event_id: root.event,
    is_falling_back: false,
    "m.in_reply_to": { event_id: one.event },
  });
});

test("what is said in a thread and in the chat is in both, and edited in both", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const root = await says(scene, "root");
  const thread = { root: { id: root.id }, alsoInChat: true };
  const both = await says(scene, "both", { thread });
  assert.deepEqual(scene.homeserver.said(room), ["root", "both", "both"]);
  assert.deepEqual(both.relation, { "m.in_reply_to": { event_id: root.event } });
  const { content, ...base } = saying("bob", "changed");
  await scene.network.accept([
    { ...base, kind: "edit", id: both.id, version: "1", content: { ...content, thread } },
  ]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room).slice(3), ["* changed", "* changed"]);
  const again = saying("bob", "again");
  await scene.network.accept([{ ...again, kind: "edit", id: both.id, version: "2" }]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room).slice(5), ["* again", "* again"]);
  assert.equal(scene.homeserver.count("redact"), 0);
});

test("an edit keeps the words of what it answers, and the same text again is nothing", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const replyTo = { senderName: "Eve", excerpt: "which one?" };
  const { id } = await says(scene, "this one", { replyTo });
  const edit = (text: string, version: string): RemoteEvent => {
    const said = saying("bob", text);
    return { ...said, kind: "edit", id, version, content: { ...said.content, replyTo } };
  };
  await scene.network.accept([edit("this one", "1"), edit("that one", "2")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), [
    "> Eve: which one?\n\nthis one",
    "* > Eve: which one?\n\nthat one",
  ]);
});

test("a thread whose root is not here is an answer with what is known of it", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const root = { id: messageId("elsewhere"), senderName: "Eve", excerpt: "the root\nof it" };
  const { relation } = await says(scene, "leaf", { thread: { root } });
  assert.equal(relation, undefined);
  assert.deepEqual(scene.homeserver.said(room), ["> Eve: the root\n> of it\n\nleaf"]);
});
test("what ana says in a thread goes into it on the network, and remote answers find it", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const root = await says(scene, "root");
  const said = await scene.anaSays("leaf", {
    content: {
      "m.relates_to": {
        rel_type: "m.thread",
        event_id: root.event,
        is_falling_back: true,
        "m.in_reply_to": { event_id: root.event },
      },
    },
  });
  await scene.idle();
  assert.equal(said.sender, ana);
  const next = await says(scene, "next", { thread: { root: { id: root.id } } });
  assert.deepEqual(next.relation, {
    rel_type: "m.thread",
    event_id: root.event,
    is_falling_back: true,
    "m.in_reply_to": { event_id: said.event_id },
  });
});
