import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { until } from "@bridgebox/core/testing";
import type { TelegramServer } from "../../../test/networks/telegram/index.ts";
import { connectedAgain, texts } from "./testing/heard.ts";
import {
  channelChat,
  groupChat,
  openFixture,
  openServer,
  privateChat,
  type Fixture,
} from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;

before(async () => {
  server = await openServer();
});

beforeEach(async () => {
  world = await openFixture(server);
});

afterEach(() => world.close());

after(() => server.close());

test("too much for a difference: the gap is told, and the network's history fills it", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const kitchen = server.addGroup("Kitchen", [bob, alice]);
  const live = await goLive(alice);
  live.core.chats.push(privateChat(alice, bob), groupChat(alice, kitchen), channelChat(group));
  server.say(bob, alice, "p0");
  server.say(bob, group, "g0");
  await live.core.until(() => live.core.of("message").length === 2);
  const states = live.core.states.length;
  await server.stop();
  await until("noticing", () => live.core.states.at(-1)?.state === "reconnecting");
  for (const text of ["p1", "p2"]) server.say(bob, alice, text);
  for (const text of ["k1", "k2"]) server.say(bob, kitchen, text);
  for (const text of ["g1", "g2"]) server.say(bob, group, text);
  server.tooLong();
  await server.start();
  await connectedAgain(live, states);
  assert.deepEqual(texts(live.core), ["p0", "g0", "p1", "p2", "k1", "k2", "g1", "g2"]);
  const gaps = live.core.of("gap").map(({ chat, healable }) => [chat.id, healable]);
  const chats = [privateChat(alice, bob), groupChat(alice, kitchen), channelChat(group)];
  assert.deepEqual(
    gaps,
    chats.map(({ id }) => [id, true]),
  );
  server.say(bob, group, "after");
  await live.core.until(() => texts(live.core).includes("after"));
});

test("an outage of any length leaves no hole: history is read page by page, also by bots", async () => {
  const { alice, bob, bot, goLive } = world;
  const group = server.addSupergroup("Long", [alice, bob, bot]);
  const lives = [await goLive(alice), await goLive(bot)];
  server.say(bob, group, "before");
  for (const { core } of lives) await core.until(() => texts(core).includes("before"));
  const states = lives.map(({ core }) => core.states.length);
  await server.stop();
  const said = Array.from({ length: 650 }, (_, index) => `line ${index}`);
  for (const text of said) server.say(bob, group, text);
  server.tooLong(2);
  await server.start();
  for (const [index, live] of lives.entries()) {
    await connectedAgain(live, states[index] ?? 0);
    const heard = texts(live.core).filter((text) => text.startsWith("line "));
    assert.deepEqual(heard, said);
    server.say(bob, group, `after ${index}`);
    await live.core.until(() => texts(live.core).includes(`after ${index}`));
  }
});

/** What was asked for to read history, from that call on. */
const readings = (calls: number): readonly string[] =>
  server.calls
    .slice(calls)
    .map(({ name }) => name)
    .filter((name) => /GetHistory|GetMessages/.test(name));

for (const name of ["alice", "bot"] as const) {
  test(`where it is not known what was seen last, a gap is told and nothing is fetched (${name})`, async () => {
    const { alice, bob, bot, goLive } = world;
    const me = name === "bot" ? bot : alice;
    const group = server.addSupergroup("Old", [bob, me]);
    const [first] = ["one", "two", "three"].map((text) => server.say(bob, group, text));
    assert.ok(first);
    const live = await goLive(me);
    live.core.chats.push(channelChat(group));
    const { cursors } = live.core.kept;
    const top = `updates\ntop:channel:${group.id}`;
    cursors.delete(top);
    server.edit(first, "one!");
    await live.core.until(() => live.core.of("edit").length === 1);
    assert.equal(cursors.get(top), undefined, "what is edited is not new");
    await live.close();
    const calls = server.calls.length;
    server.say(bob, group, "four");
    server.tooLong();
    const again = await goLive(me, live.core);
    assert.deepEqual(readings(calls), []);
    const [gap, ...more] = again.core.of("gap");
    assert.deepEqual(gap?.chat, channelChat(group));
    assert.deepEqual([gap.healable, gap.from, more.length], [false, undefined, 0]);
    assert.deepEqual(texts(again.core), []);
    server.say(bob, group, "five");
    await again.core.until(() => texts(again.core).includes("five"));
  });
}

test("from the first connection on it is known what was said last, in private and where one looked", async () => {
  const { alice, bob, goLive } = world;
  server.say(bob, alice, "long ago");
  const last = server.say(bob, alice, "before the login");
  const group = server.addSupergroup("Looked at", [bob], { username: `looked${alice.id}` });
  const post = server.say(bob, group, "in the group");
  const live = await goLive(alice);
  const top = (line: string) => live.core.kept.cursors.get(`updates\ntop:${line}`);
  assert.equal(top("pts"), String(server.idOf(last, alice)));
  const signal = AbortSignal.timeout(5000);
  await live.connection.resolve?.(`@looked${alice.id}`, signal);
  await live.connection.describe(channelChat(group), signal);
  assert.equal(top(`channel:${group.id}`), String(server.idOf(post, alice)));
});
