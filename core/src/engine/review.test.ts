import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, chatId, loginId, messageId } from "../adapter/index.ts";
import { net } from "../testing/engine-fixture.ts";
import {
  allReviewed,
  at,
  gap,
  numbers,
  openHealed,
  redacted,
  reviewed,
  room,
  text,
} from "../testing/healed-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

test("where nothing new was missed, edits and deletions are seen up to the newest message", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.size = 100;
  archive.say(0, "from before the bridge");
  await network.accept([1, 2, 3, 4, 5].map((number) => archive.say(number)));
  await idle();
  archive.say(4, "number four");
  archive.kept.delete(2);
  archive.kept.delete(5);
  archive.say(6, "comes by itself");
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(homeserver.said(room), [...numbers(1, 5), "* number four"]);
  assert.deepEqual(redacted(scene), ["number 2", "number 5"]);
  assert.deepEqual(
    archive.asked.map(({ direction, from }) => [direction, from]),
    [["older", undefined]],
  );
});

test("what was said before the first message that was fetched is looked at there", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  await network.accept([1, 2, 3, 4, 5].map((number) => archive.say(number)));
  await idle();
  archive.say(4, "number four");
  for (const number of [1, 5]) archive.kept.delete(number);
  const fetched = [6, 7, 8, 9].map((number) => archive.say(number));
  archive.kept.delete(8);
  const [first] = fetched;
  assert.ok(first);
  await network.accept([...fetched, gap({ only: "changes", to: first.id, at: first.at })]);
  await reviewed(scene);
  assert.deepEqual(homeserver.said(room), [...numbers(1, 9), "* number four"]);
  assert.deepEqual(redacted(scene), ["number 5"]);
  assert.deepEqual(
    archive.asked.map(({ direction, from }) => [direction, from]),
    [["older", "6"]],
  );
});

for (const named of [true, false])
  test(`what was sent through us and deleted there is ${named ? "" : "not "}taken away where the network ${named ? "lists" : "leaves out"} it`, async (t) => {
    const scene = await openHealed(t);
    const { archive, network, anaSays, idle } = scene;
    archive.namesOurs = named;
    archive.size = 100;
    let number = 1;
    network.send = () => {
      number += 1;
      const sent = { id: messageId(String(number)), at: at(number) };
      archive.ours.set(number, sent);
      return Promise.resolve({ state: "sent", sent });
    };
    await network.accept([archive.say(1)]);
    await idle();
    for (const text of ["kept", "deleted there", "also kept", "the newest"]) await anaSays(text);
    await idle();
    for (const gone of [3, 5]) archive.ours.delete(gone);
    await network.accept([gap({ only: "changes" })]);
    await reviewed(scene);
    // Of the newest nobody can tell whether it was sent while the page was read.
    assert.deepEqual(redacted(scene), named ? ["deleted there"] : []);
  });

test("where threads stand in the chat, what was sent through us is judged only if it is told to stand in none", async (t) => {
  const scene = await openHealed(t, { thread: "inline" });
  const { archive, network, anaSays, idle } = scene;
  archive.size = 100;
  const threads = [{ thread: null }, { thread: messageId("1") }, {}, { thread: null }];
  let number = 1;
  network.send = () => {
    const where = threads[number - 1];
    number += 1;
    const sent = { id: messageId(String(number)), at: at(number), ...where };
    return Promise.resolve({ state: "sent", sent });
  };
  await network.accept([archive.say(1)]);
  await idle();
  for (const text of ["deleted there", "an answer", "from before it was told", "kept"])
    await anaSays(text);
  await idle();
  await network.accept([archive.say(6)]);
  archive.ours.set(5, { id: messageId("5"), at: at(5) });
  await network.accept([gap({ only: "changes" })]);
  await allReviewed(scene);
  assert.deepEqual(redacted(scene), ["deleted there"]);
});

test("an echo tells in which thread it stands what was sent through us", async (t) => {
  const scene = await openHealed(t, { thread: "inline" });
  const { archive, network, store, anaSays, idle } = scene;
  const portal = await store.read.portals.find(net, lobby);
  assert.ok(portal);
  await network.accept([archive.say(1)]);
  await idle();
  const root = { id: messageId("1") };
  const threads = [undefined, { root }, { root, alsoInChat: true }];
  let number = 1;
  network.send = async (_order, { key: confirms }) => {
    const thread = threads[number - 1];
    number += 1;
    const content = { ...text("echo"), ...(thread && { thread }) };
    await network.accept([archive.say(number, "", { confirms, content })]);
    return { state: "pending", within: 5000 };
  };
  for (const said of ["in the chat", "in a thread", "in both"]) await anaSays(said);
  await idle();
  const stored = await Promise.all(
    ["2", "3", "4"].map((id) => store.read.messages.byRemote(portal.id, messageId(id))),
  );
  assert.deepEqual(
    stored.map((rows) => rows.map(({ from, thread }) => [from, thread])),
    [[["matrix", null]], [["matrix", "1"]], [["matrix", undefined]]],
  );
});

test("what is sent while a page is read is not missing in it", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, news, clock, anaSays, settle, idle } = scene;
  network.send = () => Promise.resolve({ state: "sent", sent: { id: messageId("2"), at: at(2) } });
  await network.accept([archive.say(1), archive.say(3)]);
  archive.kept.delete(3);
  await idle();
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  archive.waits = () => {
    asked.resolve();
    return answered.promise;
  };
  await network.accept([gap({ only: "changes" })]);
  await settle();
  clock.advance(2000);
  await asked.promise;
  const outcomes = (): number => news.filter(({ what }) => what === "outcome").length;
  const before = outcomes();
  await anaSays("meanwhile");
  await until("it was sent", () => outcomes() > before);
  answered.resolve();
  await idle();
  assert.deepEqual(redacted(scene), ["number 3"]);
});

test("an answer in a thread is not missing in the chat, whether or not its root is here", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, idle } = scene;
  const inThread = (root: string) => ({
    content: { ...text("leaf"), thread: { root: { id: messageId(root) } } },
  });
  await network.accept([archive.say(1)]);
  await idle();
  const answers = [archive.say(2, "", inThread("1")), archive.say(3, "", inThread("elsewhere"))];
  await network.accept([...answers, archive.say(4)]);
  await idle();
  for (const number of [2, 3]) archive.kept.delete(number);
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), []);
});

test("what only one login saw is in no history, and stays", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, idle } = scene;
  const only = { only: [loginId("net:relay")] };
  await network.accept([archive.say(1), archive.say(2, "for you alone", only), archive.say(3)]);
  await idle();
  archive.kept.delete(2);
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), []);
});

test("what may not be taken away is tried once, and keeps no other", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.size = 100;
  await network.accept([1, 2, 3, 4].map((number) => archive.say(number)));
  await idle();
  for (const number of [2, 3]) archive.kept.delete(number);
  let refused = 0;
  homeserver.before = ({ op }) => {
    // By the ghost, and then by the bot.
    if (op !== "redact" || refused === 2) return;
    refused += 1;
    throw refusal("M_FORBIDDEN", 403);
  };
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 3"]);
  await network.accept([gap({ only: "changes", at: 1_700_000_900_001 })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 3"]);
  assert.equal(archive.asked.length, 2);
});

test("where the network tells what was edited, that is compared, whatever it is, and nothing else", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.size = 100;
  const { content } = archive.say(1);
  const answer = { content: { ...content, replyTo: { id: messageId("unknown") } } };
  await network.accept([archive.say(1, "", answer), archive.say(2, "", answer), archive.say(3)]);
  await idle();
  const now = { content: { ...text("changed"), replyTo: { id: messageId("unknown") } } };
  archive.say(1, "", { ...now, edited: at(500) });
  archive.say(2, "", { ...now, edited: at(300) });
  archive.say(3, "with a preview", { edited: null });
  await network.accept([gap({ only: "changes", since: at(400) })]);
  await reviewed(scene);
  assert.deepEqual(
    homeserver.said(room).map((said) => /changed|preview/.test(said)),
    [false, false, false, true],
  );
});

test("an absence in which nobody spoke deletes nothing that a page does not reach", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, idle } = scene;
  await network.accept([1, 2, 3, 4, 5].map((number) => archive.say(number)));
  const later = archive.say(1000, "heard by the connection that is there again");
  await network.accept([later]);
  await idle();
  for (const number of [1, 4, 1000]) archive.kept.delete(number);
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 4"]);
  archive.kept.clear();
  await network.accept([gap({ only: "changes", at: 1_700_000_900_001 })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 4"]);
});

test("an absence in which nobody spoke is never marked, and costs nothing where nothing is shown", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.say(0, "from before the bridge");
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.equal(archive.asked.length, 0);
  await network.accept([archive.say(1)]);
  await idle();
  archive.fault = () => new BridgeError("forbidden", "No.", { reached: "no", scope: "item" });
  await network.accept([
    gap({ only: "changes" }),
    gap({ only: "changes", healable: false, at: 1 }),
  ]);
  await network.accept([archive.say(2)]);
  await reviewed(scene);
  assert.equal(archive.asked.length, 1);
  assert.deepEqual(homeserver.said(room), numbers(1, 2));
});

test("a chat that was away again before it was looked at is looked at once, for all that time", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, store, idle } = scene;
  await network.accept([archive.say(1), archive.say(2)]);
  await idle();
  archive.say(1, "number one", { edited: at(250) });
  for (const [since, end] of [
    [200, 300],
    [400, 500],
    [600, 700],
  ] as const)
    await network.accept([gap({ only: "changes", since: at(since), at: at(end) })]);
  const waiting = await store.read.items.depth();
  assert.equal(
    waiting.reduce((sum, { count }) => sum + count, 0),
    1,
  );
  await reviewed(scene);
  assert.equal(archive.asked.length, 1);
  assert.deepEqual(homeserver.said(room), [...numbers(1, 2), "* number one"]);
});

test("many chats are looked at one after the other, and all of them wait where the network asks to", async (t) => {
  const { archive, network, engine, clock, idle, settle } = await openHealed(t);
  const chats = ["a", "b", "c"].map((id) => ({ id: chatId(id) }));
  for (const chat of chats) await engine.works.portals.ensure(net, chat, "remote");
  await network.accept(chats.map((chat) => saying("bob", "hello", { chat })));
  await idle();
  const asked = async (after: number): Promise<number> => {
    clock.advance(after);
    await settle();
    await settle();
    return archive.asked.length;
  };
  await network.accept(chats.map((chat) => gap({ chat, only: "changes" })));
  assert.equal(await asked(0), 0, "what was said just now may not be listed yet");
  assert.equal(await asked(2000), 1);
  const limit = { reached: "no", scope: "login", retryAfter: 60_000 } as const;
  archive.fault = () => new BridgeError("rate_limit", "Later.", limit);
  assert.equal(await asked(2000), 2, "which is refused");
  assert.equal(await asked(2000), 2);
  archive.fault = undefined;
  assert.equal(await asked(50_000), 2);
  assert.equal(await asked(8000), 3);
  assert.equal(await asked(10_000), 4);
  await idle();
  assert.deepEqual(archive.asked.map(({ chat }) => chat.id).toSorted(), ["a", "b", "b", "c"]);
});
