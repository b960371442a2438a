import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, messageId } from "../adapter/index.ts";
import type { ChatInfo, LoginId } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";

const room = "!lobby:hs.test";

const asStates = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

test("a thread that is a chat of its own has a room that names where it is from, and is told of there", async (t) => {
  const network = new ScriptedNetwork();
  const root = saying("bob", "let us talk of cake");
  const thread = { id: chatId("thread") };
  const info: ChatInfo = {
    ...scriptedInfo,
    kind: "thread",
    name: "Cake",
    parent: lobby,
    root: root.id,
  };
  network.more = {
    describe: ({ id }) => Promise.resolve(id === thread.id ? info : scriptedInfo),
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  await network.accept([root]);
  await scene.idle();
  const rooted = scene.homeserver.events.at(-1)?.event_id;
  await scene.engine.works.portals.ensure(net, thread, "remote");
  await network.accept([saying("bob", "chocolate", { chat: thread })]);
  await scene.idle();
  const made = scene.homeserver.calls.find(({ op }) => op === "createRoom");
  assert.equal(made?.what["topic"], "Part of lobby");
  const [functional] = asStates(made?.what["initial_state"]);
  assert.deepEqual(functional, {
    type: "io.element.functional_members",
    state_key: "",
    content: { service_members: [scene.homeserver.bot] },
  });
  const told = scene.homeserver.events.findLast(({ room_id }) => room_id === room);
  const there = (await scene.engine.works.portals.find(net, thread))?.room ?? "";
  const link = `https://matrix.to/#/${encodeURIComponent(there)}?via=hs.test`;
  assert.equal(told?.content["body"], `This goes on in Cake (${link}).`);
  assert.deepEqual(told?.content["m.relates_to"], { "m.in_reply_to": { event_id: rooted } });
});

test("what is inside of a chat that is not bridged names it as well as it can", async (t) => {
  const network = new ScriptedNetwork();
  const parent = { id: chatId("elsewhere"), receiver: "net:x" as LoginId };
  network.more = {
    describe: () =>
      Promise.resolve({
        ...scriptedInfo,
        kind: "topic",
        name: "Help",
        parent,
        root: messageId("1"),
        topic: "Ask here",
      }),
  };
  const scene = await openEngine(t, { network });
  await scene.engine.works.portals.ensure(net, { id: chatId("topic") }, "remote");
  await network.accept([saying("bob", "hello", { chat: { id: chatId("topic") } })]);
  await scene.idle();
  const made = scene.homeserver.calls.find(({ op }) => op === "createRoom");
  assert.equal(made?.what["topic"], "Ask here");
});
