import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, chatId, firstPart, loginId, messageId, userId } from "../adapter/index.ts";
import type { EditEvent, RemoteEvent } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";

import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import {
  lobby,
  loginOf,
  saying,
  scriptedInfo,
  ScriptedNetwork,
} from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

const room = "!lobby:hs.test";

const editing = (of: string, text: string, more: Partial<EditEvent> = {}): EditEvent => ({
  kind: "edit",
  chat: lobby,
  key: `e:${of}`,
  version: text,
  id: messageId(of),
  sender: userId("bob"),
  at: 1,
  content: { parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }] },
  ...more,
});

const chatEvent = (info: object, more: object = {}): RemoteEvent => ({
  kind: "chat",
  chat: lobby,
  at: 1,
  info,
  ...more,
});

test("two changes of a chat in one batch are both kept", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  await scene.network.accept([chatEvent({ topic: "T" }), chatEvent({ name: "N" })]);
  const row = await scene.store.read.portals.get(portal.id);
  assert.equal(row?.info?.topic, "T");
  assert.equal(row?.info?.name, "N");
});

test("every version of a message is shown, once", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const said = saying("bob", "one");
  const edits = [editing(said.id, "two"), editing(said.id, "two"), editing(said.id, "three")];
  await scene.network.accept([said, ...edits]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["one", "* two", "* three"]);
});

test("the network's echo of our own edit is not shown again, before and after its reply", async (t) => {
  const network = new ScriptedNetwork();
  network.more = {
    edit: async (id, _order, attempt) => {
      await network.accept([editing(id, "early", { confirms: attempt.key })]);
      await network.accept([editing(id, "early", { confirms: attempt.key })]);
      return { state: "sent", sent: { id } };
    },
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  const event = await scene.anaSays("one");
  await scene.idle();
  await scene.anaSays("* two", {
    content: {
      "m.new_content": { msgtype: "m.text", body: "two" },
      "m.relates_to": { rel_type: "m.replace", event_id: event.event_id },
    },
  });
  await scene.idle();
  await network.accept([editing("s1", "late", { confirms: "an edit that is over" })]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["one", "* two"]);
});

test("an echo settles a send whose answer never came, and nothing is sent again", async (t) => {
  const scene = await openEngine(t);
  const portal = await scene.plumb();
  scene.network.send = () =>
    Promise.reject(
      new BridgeError("network", "Gone.", {
        reached: "unknown",
        scope: "item",
        retryAfter: 60_000,
      }),
    );
  const event = await scene.anaSays("hello");
  await until("it was tried", () => scene.network.sent[0]);
  await scene.settle();
  const key = scene.network.sent[0]?.attempt.key ?? "";
  const echo = saying("relay", "hello", { id: messageId("x"), confirms: key });
  await scene.network.accept([echo]);
  await scene.idle();
  assert.equal(scene.network.sent.length, 1);
  const [row] = await scene.store.read.messages.byRemote(portal.id, echo.id);
  assert.equal(row?.at, echo.at, "when it was said, by the network's clock");
  assert.equal(await scene.outcome(event.event_id, portal.id), "delivered");
  assert.deepEqual(scene.homeserver.said(room), ["hello"]);
});

test("a chat that moves takes its room along, and moves back", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const next = { id: chatId("next") };
  await scene.network.accept([chatEvent(scriptedInfo, { chat: next, renamedFrom: lobby })]);
  await scene.anaSays("there");
  await scene.idle();
  assert.equal(scene.network.sent.at(-1)?.order.chat.id, "next");
  await scene.network.accept([saying("bob", "from next", { chat: next })]);
  await scene.idle();
  await scene.network.accept([chatEvent(scriptedInfo, { renamedFrom: next })]);
  await scene.anaSays("back");
  await scene.idle();
  assert.equal(scene.network.sent.at(-1)?.order.chat.id, "lobby");
  assert.deepEqual(scene.homeserver.said(room), ["there", "from next", "back"]);
});

test("what waits for the network while its chat moves goes there, in order", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const next = { id: chatId("next") };
  const session = scene.network.session();
  session.state("reconnecting");
  const waiting = await scene.anaSays("waiting");
  await scene.settle();
  await scene.network.accept([chatEvent(scriptedInfo, { chat: next, renamedFrom: lobby })]);
  await scene.anaSays("after");
  session.state("connected");
  await scene.idle();
  assert.deepEqual(
    scene.network.sent.map(({ order }) => [order.draft.plain, order.chat.id]),
    [
      ["@ana:hs.test: waiting", "next"],
      ["@ana:hs.test: after", "next"],
    ],
  );
  const portal = await scene.store.read.portals.find(net, next);
  assert.ok(portal);
  assert.equal(await scene.outcome(waiting.event_id, portal.id), "delivered");
});

test("that one of several leaves is not said; that the last one does is", async (t) => {
  const network = new ScriptedNetwork({ standing: [loginOf("a", "bot"), loginOf("b", "bot")] });
  const scene = await openEngine(t, { network });
  const portal = await scene.plumb();
  await scene.store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, loginId("net:a"), 1);
    await tx.portals.addLogin(portal.id, loginId("net:b"), 2);
  });
  const gone = (login: string): RemoteEvent => ({
    kind: "gone",
    chat: lobby,
    at: 1,
    why: "kicked",
    login: loginId(login),
  });
  await network.accept([gone("net:a")], { seenBy: [loginId("net:a")] });
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), []);
  await network.accept([gone("net:b")], { seenBy: [loginId("net:b")] });
  await scene.idle();
  assert.equal(scene.homeserver.said(room).length, 1);
});

test("where ids mean nothing, only the roster of the login that is listened to counts", async (t) => {
  const network = new ScriptedNetwork({
    ids: "none",
    standing: [loginOf("a", "bot"), loginOf("b", "bot")],
  });
  const scene = await openEngine(t, { network, members: "full" });
  const portal = await scene.plumb();
  await scene.store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, loginId("net:a"), 1);
    await tx.portals.addLogin(portal.id, loginId("net:b"), 2);
  });
  const list = (who: string, user: string): Promise<void> =>
    network.accept(
      [
        {
          kind: "members",
          chat: lobby,
          at: 1,
          complete: false,
          list: [{ user: userId(user), state: "join" }],
        },
      ],
      { seenBy: [loginId(who)] },
    );
  await list("net:a", "bob");
  await list("net:b", "mallory");
  await scene.idle();
  const joined = [...(scene.homeserver.members.get(room)?.keys() ?? [])];
  assert.deepEqual(joined, [ana, "@bot:hs.test", "@net_bob:hs.test"]);
});

test("a source is refused when its queue is full, and taken again when it is not", async (t) => {
  const scene = await openEngine(t, { settings: { quota: 3 } });
  await scene.plumb();
  const hold = Promise.withResolvers<void>();
  scene.homeserver.before = ({ op }) => (op === "send" ? hold.promise : undefined);
  await scene.network.accept(["a", "b", "c"].map((text) => saying("bob", text)));
  await assert.rejects(scene.network.accept([saying("bob", "d")]), /3 are waiting already/);
  hold.resolve();
  await scene.idle();
  await scene.network.accept([saying("bob", "d")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["a", "b", "c", "d"]);
});

test("commits that failed do not fill the queue", async (t) => {
  const scene = await openEngine(t, { settings: { quota: 3 } });
  const portal = await scene.plumb();
  const poison = { ...saying("bob", "x"), at: Number.NaN, key: null as never };
  for (let tries = 0; tries < 5; tries += 1)
    await assert.rejects(scene.network.accept([saying("bob", "lost"), poison]));
  await scene.network.accept([saying("bob", "fine")]);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["fine"]);
  assert.ok(portal);
});

test("catch-up comes behind what waits from before, and stands in its own line at the homeserver", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const hold = Promise.withResolvers<void>();
  scene.homeserver.before = ({ op }) => (op === "send" ? hold.promise : undefined);
  await scene.network.accept([saying("bob", "first"), saying("bob", "before")]);
  await until("the first is under way", () => scene.homeserver.count("send") === 1);
  await scene.network.accept([saying("bob", "missed")], { catchUp: true });
  await scene.network.accept([saying("bob", "live")]);
  hold.resolve();
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["first", "before", "missed", "live"]);
  const classes = scene.homeserver.calls.filter(({ op }) => op === "send").map((one) => one.class);
  assert.deepEqual(classes, ["live", "live", "history", "live"]);
});

test("an edit and a delete of what is not there yet wait for it, and only so long", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const late = saying("bob", "late");
  await scene.network.accept([editing(late.id, "corrected"), editing("never", "nothing")]);
  await scene.settle();
  await scene.network.accept([late]);
  await until("the edit is there", () => scene.homeserver.said(room).length === 2);
  scene.clock.advance(31_000);
  await scene.settle();
  scene.clock.advance(250);
  await scene.idle();
  assert.deepEqual(scene.homeserver.said(room), ["late", "* corrected"]);
});

test("an unknown chat makes a room for a person's login, and none for a relay", async (t) => {
  const scene = await openEngine(t);
  const strange = { id: chatId("strange") };
  await scene.network.accept([saying("bob", "hi", { chat: strange })]);
  assert.equal(await scene.store.read.portals.find(net, strange), undefined);
});
