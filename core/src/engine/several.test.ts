import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  BridgeError,
  chatId,
  firstPart,
  messageId,
  networkId,
  partId,
  userId,
} from "../adapter/index.ts";
import type { Connection, Order, Target } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { logIn } from "../testing/log-in.ts";
import { saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";

const room = "!lobby:hs.test";
const two = networkId("two");

interface Several extends Scene {
  readonly other: ScriptedNetwork;
  /** What was edited and deleted, by network. */
  readonly did: readonly string[];
}

/** One room on two networks that can edit and delete. */
const openSeveral = async (
  t: TestContext,
  plan?: NonNullable<Connection["plan"]>,
): Promise<Several> => {
  const did: string[] = [];
  const able = (network: ScriptedNetwork): ScriptedNetwork => {
    network.without = ["react"];
    network.more = {
      edit: (id, { draft }) => {
        did.push(`${network.id} edit ${id} ${JSON.stringify(draft.body)}`);
        return Promise.resolve({ state: "sent", sent: { id } });
      },
      remove: (_chat, id) => {
        did.push(`${network.id} remove ${id}`);
        return Promise.resolve();
      },
    };
    return network;
  };
  const network = able(new ScriptedNetwork());
  const other = able(new ScriptedNetwork({ id: "two" }));
  if (plan) other.more = { ...other.more, plan };
  const scene = await openEngine(t, { network, others: [other] });
  await scene.plumb(room);
  await scene.plumb(room, two);
  return { ...scene, other, did };
};

const bodyOf = ({ order }: { order: Order }): string => JSON.stringify(order.draft.body);

test("everybody sees everybody, once, by name", async (t) => {
  const { network, other, homeserver, anaSays, echo } = await openSeveral(t);
  await anaSays("from ana");
  await network.accept([saying("bob", "from bob")]);
  await other.accept([saying("cleo", "from cleo")]);
  await echo();
  assert.deepEqual(homeserver.said(room).toSorted(), ["from ana", "from bob", "from cleo"]);
  const texts = network.sent.map(bodyOf);
  assert.equal(texts.length, 2);
  assert.match(texts.find((text) => text.includes("from cleo")) ?? "", /"cleo"/);
  assert.equal(other.sent.length, 2);
  assert.match(other.sent.map(bodyOf).find((text) => text.includes("from bob")) ?? "", /"bob"/);
});

test("an edit and a delete on one network reach every piece on the other", async (t) => {
  const { network, other, did, homeserver, echo } = await openSeveral(t, ({ content }) =>
    content.parts.flatMap((part) =>
      ["a", "b"].map((half) => ({
        part: half === "a" ? part.id : partId(half),
        body: `${half} ${JSON.stringify(part)}`,
        plain: half,
      })),
    ),
  );
  const said = saying("bob", "one");
  await network.accept([said]);
  await echo();
  const { chat, sender, id, at } = said;
  const content = { parts: [{ id: firstPart, kind: "text", text: fromPlain("two") }] } as const;
  const edit = { kind: "edit", chat, sender, id, at, content, version: "2", key: "e" } as const;
  await network.accept([edit]);
  await echo();
  const pieces = 2;
  assert.equal(other.sent.length, pieces);
  assert.equal(did.filter((line) => /^two edit .*two/.test(line)).length, pieces);
  await network.accept([{ kind: "delete", chat, key: "d", at, sender, ids: [id], for: "all" }]);
  await echo();
  assert.equal(did.filter((line) => line.startsWith("two remove")).length, pieces);
  assert.equal(did.filter((line) => line.startsWith("net ")).length, 0);
  assert.equal(homeserver.said(room).at(-1), "* two");
});

test("what one network deletes of a Matrix user is deleted on the other too, once", async (t) => {
  const { network, other, did, homeserver, anaSays, echo } = await openSeveral(t);
  const event = await anaSays("unwanted");
  await echo();
  assert.equal(other.sent.length, 1);
  const chat = saying("bob", "").chat;
  const ids = [messageId("s1")];
  await network.accept([{ kind: "delete", chat, key: "d", at: 1, ids, for: "all" }]);
  await echo();
  assert.ok(homeserver.events.some((one) => one.redacts === event.event_id));
  assert.deepEqual(did, ["two remove s1"]);
});

test("an answer to what did not get to a network brings the words, if they were meant for it", async (t) => {
  const targets: (Target | undefined)[] = [];
  const { network, other, homeserver, anaSays, echo } = await openSeveral(t, ({ content }) => {
    targets.push(content.replyTo);
    return [{ part: firstPart, body: "x", plain: "x" }];
  });
  const known = await anaSays("that arrived");
  await echo();
  other.send = () =>
    Promise.reject(new BridgeError("invalid", "Not this.", { reached: "no", scope: "item" }));
  await network.accept([saying("bob", "not taken\n<Ana> forged")]);
  await echo();
  other.send = () => Promise.resolve(other.done());
  const lost = homeserver.events.find(({ content }) => JSON.stringify(content).includes("taken"));
  const before = homeserver.event({
    room_id: room,
    type: "m.room.message",
    sender: "@ana:hs.test",
    content: { msgtype: "m.text", body: "not for them" },
  });
  for (const id of [known.event_id, lost?.event_id ?? "", before.event_id]) {
    const content = { "m.relates_to": { "m.in_reply_to": { event_id: id } } };
    targets.length = 0;
    await anaSays("an answer", { content });
    await echo();
    if (id === known.event_id) assert.deepEqual(targets[0]?.ids, ["s1"]);
    else if (id === before.event_id) assert.deepEqual(targets, [undefined]);
    else assert.deepEqual(targets, [{ excerpt: "not taken <Ana> forged", senderName: "bob" }]);
  }
});

test("a reaction where the relay has none answers the message's author in words, and nobody else", async (t) => {
  const { network, other, homeserver, anaSays, echo, push } = await openSeveral(t);
  await network.accept([saying("bob", "look at this")]);
  const own = await anaSays("mine");
  await echo();
  const before = { net: network.sent.length, two: other.sent.length };
  const shown = homeserver.events.find(({ content }) => content["body"] === "look at this");
  for (const about of [shown?.event_id ?? "", own.event_id]) {
    const relation = { rel_type: "m.annotation", event_id: about, key: "👍" };
    const content = { "m.relates_to": relation };
    await push(
      homeserver.event({ room_id: room, type: "m.reaction", sender: "@ana:hs.test", content }),
    );
    await echo();
  }
  assert.equal(other.sent.length, before.two);
  const lines = network.sent.slice(before.net).map(bodyOf);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /@ana:hs\.test.*reacted with 👍/);
});

test("a room on several networks keeps its own name and topic", async (t) => {
  const { network, other, homeserver, echo } = await openSeveral(t);
  const chat = saying("bob", "").chat;
  const info = { ...scriptedInfo, name: "other", topic: "theirs" };
  await network.accept([{ kind: "chat", chat, at: 1, info }]);
  await other.accept([{ kind: "chat", chat, at: 1, info: { ...info, topic: "ours" } }]);
  await echo();
  const set = homeserver.calls.filter(({ op }) => op === "setState");
  assert.deepEqual(
    set.filter(({ what }) => JSON.stringify(what["type"]).startsWith('"m.room.')),
    [],
  );
});

test("who leaves one chat of a room and is in another one of it stays", async (t) => {
  const scene = await openEngine(t, { members: "full" });
  const { engine, store, network, homeserver } = scene;
  await scene.plumb(room);
  const second = await engine.works.portals.ensure(net, { id: chatId("b") }, "plumbed");
  await store.commit((tx) => engine.works.portals.update(tx, second, { room, info: scriptedInfo }));
  engine.works.portals.forget({ ...second, room });
  const member = (chat: string, state: "join" | "leave") =>
    ({
      kind: "members",
      chat: { id: chatId(chat) },
      at: 1,
      complete: false,
      list: [{ user: userId("bob"), state }],
    }) as const;
  await network.accept([member("lobby", "join"), member("b", "join")]);
  await scene.echo();
  await network.accept([member("b", "leave")]);
  await scene.echo();
  assert.equal(homeserver.members.get(room)?.get("@net_bob:hs.test"), "join");
  await network.accept([member("lobby", "leave")]);
  await scene.echo();
  assert.equal(homeserver.members.get(room)?.get("@net_bob:hs.test"), "leave");
});

/** Somebody writes on the first network as anna, which is an account of Ana's, as one of the second is. */
const speakersOf = async (t: TestContext, ids: "shared" | "none"): Promise<readonly unknown[]> => {
  const network = new ScriptedNetwork({ ids });
  const other = new ScriptedNetwork({ id: "two" });
  const scene = await openEngine(t, { network, others: [other] });
  await scene.plumb(room);
  await scene.plumb(room, two);
  for (const network of [net, two]) await logIn(scene, "anna", { network });
  await scene.settle();
  await network.accept([saying("anna", "from my phone")]);
  await scene.echo();
  assert.equal(network.sent.length, 0);
  return other.sent.map(({ order }) => order.speaker);
};

test("a person speaks to the other network by their own login there", async (t) => {
  assert.deepEqual(await speakersOf(t, "shared"), [{ as: "self" }]);
});

test("who has somebody's name on a network of names does not speak by their login on another", async (t) => {
  const speakers = await speakersOf(t, "none");
  assert.match(JSON.stringify(speakers), /^\[\{"as":"relay"/);
});
