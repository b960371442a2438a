import assert from "node:assert/strict";
import { MemoryHost, until } from "@bridgebox/core/testing";
import type { TelegramServer } from "../../../test/networks/telegram/index.ts";
import { connectedAgain, healed, texts, textsOf } from "./testing/heard.ts";
import { telegram } from "./index.ts";
import { connect, type Live } from "./testing/login.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import { channelChat, groupChat, privateChat, type Fixture } from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

test("too much for a difference: the gap is told, and the core can read what fills it", async () => {
  const { alice, bob, goLive } = world;
  const carol = server.addUser({ firstName: "Carol" });
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const kitchen = server.addGroup("Kitchen", [bob, alice]);
  server.say(carol, alice, "long ago");
  const live = await goLive(alice);
  live.core.chats.push(privateChat(alice, bob), channelChat(group));
  server.say(bob, alice, "p0");
  server.say(bob, group, "g0");
  await live.core.until(() => live.core.of("message").length === 2);
  const states = live.core.states.length;
  await server.stop();
  await until("noticing", () => live.core.states.at(-1)?.state === "reconnecting");
  const calls = server.calls.length;
  const [p1] = ["p1", "p2"].map((text) => server.say(bob, alice, text));
  for (const text of ["k1", "k2"]) server.say(bob, kitchen, text);
  for (const text of ["g1", "g2"]) server.say(bob, group, text);
  server.tooLong();
  await server.start();
  await connectedAgain(live, states);
  assert.deepEqual(texts(live.core), ["p0", "g0"], "nobody reads it twice");
  assert.deepEqual(readings(calls), []);
  const gaps = live.core.of("gap");
  const chats = [privateChat(alice, bob), groupChat(alice, kitchen), channelChat(group)];
  assert.deepEqual(
    gaps.map(({ chat, healable }) => [chat.id, healable]),
    chats.map(({ id }) => [id, true]),
    "in other chats nothing was said",
  );
  const said = [];
  for (const gap of gaps) said.push(await healed(live, gap));
  assert.deepEqual(said, [
    ["p1", "p2"],
    ["k1", "k2"],
    ["g1", "g2"],
  ]);
  server.say(bob, group, "after");
  server.say(bob, alice, "after all");
  await live.core.until(() => texts(live.core).includes("after all"));
  assert.deepEqual(texts(live.core).slice(2), ["after", "after all"]);
  assert.ok(p1);
  const number = String(server.idOf(p1, alice));
  server.remove(p1);
  const gone = await live.core.until(() => live.core.of("delete").at(-1));
  assert.deepEqual([gone.chat, gone.ids], [privateChat(alice, bob), [number]]);
});

/** So many things are said while a login is away, too many for a difference of so many channels. */
const sayMeanwhile = async (live: Live, channels: number, say: () => void): Promise<void> => {
  const states = live.core.states.length;
  await server.stop();
  say();
  server.tooLong(channels);
  await server.start();
  await connectedAgain(live, states);
};

const lines = Array.from({ length: 250 }, (_, index) => `line ${index}`);

test("an outage of any length leaves no hole: bots read by number, for there is nobody else to", async () => {
  const { bob, bot, goLive } = world;
  const group = server.addSupergroup("Long", [bob, bot]);
  const live = await goLive(bot);
  server.say(bob, group, "before");
  await live.core.until(() => texts(live.core).includes("before"));
  await sayMeanwhile(live, 1, () => {
    for (const text of lines) server.say(bob, group, text);
  });
  server.say(bob, group, "after");
  await live.core.until(() => texts(live.core).includes("after"));
  assert.deepEqual(texts(live.core), ["before", ...lines, "after"]);
  assert.deepEqual(live.core.of("gap"), [], "nothing is missing");
});

test("what is too much to be read by number is a gap, which ends where the rest begins", async () => {
  const { bob, bot, goLive } = world;
  const group = server.addSupergroup("Vast", [bob, bot]);
  const live = await goLive(bot);
  const before = server.say(bob, group, "before");
  await live.core.until(() => texts(live.core).includes("before"));
  await sayMeanwhile(live, 1, () => {
    for (let count = 0; count < 3010; count += 1) server.say(bob, group, `line ${count}`);
  });
  server.say(bob, group, "after");
  await live.core.until(() => texts(live.core).includes("after"));
  const [gap, ...more] = live.core.of("gap");
  assert.deepEqual([gap?.healable, gap?.from, more], [false, String(server.idOf(before, bot)), []]);
  const [, first] = live.core.of("message");
  assert.deepEqual([gap?.to, gap?.at], [first?.id, first?.at]);
  const said = texts(live.core);
  assert.deepEqual([said.length, said[1], said.at(-2)], [3002, "line 10", "line 3009"]);
});

test("an outage of any length leaves no hole: the core reads page by page, and not for forums", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Long", [bob, alice]);
  const forum = server.addSupergroup("Forum", [bob, alice], { forum: true });
  const topic = server.people.openTopic(forum, bob, "Gardening");
  const live = await goLive(alice);
  server.say(bob, group, "before");
  server.say(bob, forum, "before it", { topic });
  await live.core.until(() => live.core.of("message").length === 2);
  await sayMeanwhile(live, 2, () => {
    for (const text of lines) server.say(bob, group, text);
    for (const text of ["roses", "tulips"]) server.say(bob, forum, text, { topic });
    server.say(bob, forum, "in general");
  });
  const [gap, ...more] = live.core.of("gap");
  assert.ok(gap);
  assert.deepEqual([gap.chat, more], [channelChat(group), []]);
  assert.deepEqual(await healed(live, gap), lines);
  const inTopic = `${channelChat(forum).id}/${topic}`;
  const heard = live.core.of("message").slice(2);
  assert.deepEqual(
    heard.map((each) => [each.chat.id, ...textsOf([each])]),
    [
      [inTopic, "roses"],
      [inTopic, "tulips"],
      [channelChat(forum).id, "in general"],
    ],
  );
  const page = await live.connection.history?.(
    { chat: channelChat(forum), direction: "older", limit: 10 },
    AbortSignal.timeout(5000),
  );
  assert.deepEqual(textsOf(page?.events ?? []), ["in general"], "topics are other chats");
  server.say(bob, group, "after");
  await live.core.until(() => texts(live.core).includes("after"));
});

test("what was missed before a start is told when the core has the connection to read it by", async () => {
  const { alice, bob, config, logIn } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const login = await logIn(alice);
  const core = new MemoryHost();
  core.chats.push(privateChat(alice, bob));
  const before = await connect(telegram, { config, login, core });
  server.say(bob, alice, "p0");
  server.say(bob, group, "g0");
  await core.until(() => core.of("message").length === 2);
  await before.close();
  server.say(bob, alice, "p1");
  server.say(bob, group, "g1");
  server.tooLong();
  let held = false;
  const early: unknown[] = [];
  core.beforeCommit = async ({ events }) => {
    if (!held) early.push(...events.filter(({ kind }) => kind === "gap"));
  };
  const live = await connect(telegram, { config, login, core });
  held = true;
  try {
    server.say(bob, group, "g2");
    await core.until(() => texts(core).includes("g2"));
    assert.deepEqual(early, []);
    const gaps = core.of("gap");
    assert.deepEqual(
      gaps.map(({ chat, healable }) => [chat, healable]),
      [
        [privateChat(alice, bob), true],
        [channelChat(group), true],
      ],
    );
    const said = [];
    for (const gap of gaps) said.push(...(await healed(live, gap)));
    assert.deepEqual(said.slice(0, 2), ["p1", "g1"]);
    assert.deepEqual(texts(core), ["p0", "g0", "g2"], "behind the gap");
  } finally {
    await live.close();
  }
});

test("a lost place in the account's box costs nothing in channels, and a lost one there is read anew", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  live.core.chats.push(privateChat(alice, bob));
  const meanwhile = async (work: () => void) => {
    const states = live.core.states.length;
    await server.stop();
    await until("noticing", () => live.core.states.at(-1)?.state === "reconnecting");
    work();
    await server.start();
    await connectedAgain(live, states);
  };
  server.say(bob, alice, "p0");
  server.say(bob, group, "g0");
  await live.core.until(() => live.core.of("message").length === 2);
  await meanwhile(() => {
    server.say(bob, alice, "p1");
    server.say(bob, group, "g1");
    server.fail("updates.GetDifference", { code: 400, message: "PERSISTENT_TIMESTAMP_INVALID" });
  });
  assert.deepEqual(texts(live.core), ["p0", "g0", "g1"]);
  const [first] = live.core.of("gap");
  assert.ok(first);
  assert.deepEqual(first.chat, privateChat(alice, bob));
  assert.deepEqual(await healed(live, first), ["p1"]);
  await meanwhile(() => {
    server.say(bob, group, "g2");
    const error = { code: 400, message: "PERSISTENT_TIMESTAMP_OUTDATED" };
    server.fail("updates.GetChannelDifference", error);
  });
  const [, second, ...more] = live.core.of("gap");
  assert.ok(second);
  assert.deepEqual([second.chat, more], [channelChat(group), []]);
  assert.deepEqual(await healed(live, second), ["g2"]);
  server.say(bob, group, "g3");
  await live.core.until(() => texts(live.core).at(-1) === "g3");
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
    await again.core.until(() => again.core.of("gap").length > 0);
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
  await until("the group's newest", () => top(`channel:${group.id}`) !== undefined);
  assert.equal(top(`channel:${group.id}`), String(server.idOf(post, alice)));
});
