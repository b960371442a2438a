import assert from "node:assert/strict";
import { BridgeError, type ChatRef, type Connection, type Order } from "@bridgebox/core/adapter";
import { createAttempt, until } from "@bridgebox/core/testing";
import type { Account, TelegramServer } from "../../../test/networks/telegram/index.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import {
  channelChat,
  openFixture,
  openServer,
  privateChat,
  type Fixture,
} from "./testing/world.ts";
import { connectedAgain, texts } from "./testing/heard.ts";
import { ordersFor, outgoing } from "./testing/login.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

const orderFor = (connection: Connection, chat: ChatRef, text: string): Order => {
  const [order] = ordersFor(connection, outgoing(chat, text));
  assert.ok(order);
  return order;
};

const rejection = async (promise: Promise<unknown> | undefined): Promise<BridgeError> => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof BridgeError, String(error));
    return error;
  }
  throw new Error("It did not fail.");
};

const speakers = ["alice", "bot"] as const;

for (const name of speakers) {
  test(`a reply that was lost is found again, and told from an equal text before it (${name})`, async () => {
    const { alice, bob, bot, goLive } = world;
    const me: Account = name === "bot" ? bot : alice;
    const group = server.addSupergroup("Lounge", [alice, bob, bot]);
    const live = await goLive(me);
    const order = orderFor(live.connection, channelChat(group), "hello");
    const first = await live.connection.send(order, createAttempt());
    const never = createAttempt();
    await never.note({ after: Number(first.state === "sent" ? first.sent.id : 0) });
    assert.deepEqual(await live.connection.find?.(order, never), { state: "absent" });

    const states = live.core.states.length;
    server.swallowReply("messages.SendMessage");
    const lost = createAttempt();
    const error = await rejection(live.connection.send(order, lost));
    assert.deepEqual([error.code, error.reached], ["network", "unknown"]);
    await connectedAgain(live, states);
    assert.equal(server.messages(group).length, 2, "it is there");
    const found = await live.connection.find?.(order, lost);
    assert.ok(found?.state === "sent" && first.state === "sent");
    assert.notEqual(found.sent.id, first.sent.id);
    const again = await live.connection.send(order, lost);
    assert.deepEqual(again, found, "the same number is refused, so a resend is safe as well");
    assert.equal(server.messages(group).length, 2);
  });
}

for (const name of speakers) {
  test(`a message is found behind a hundred others that came while it was on its way (${name})`, async () => {
    const { alice, bob, bot, goLive } = world;
    const me: Account = name === "bot" ? bot : alice;
    const group = server.addSupergroup("Market", [alice, bob, bot]);
    const live = await goLive(me);
    for (let number = 0; number < 220; number += 1) server.say(bob, group, `offer ${number}`);
    await live.core.until(() => texts(live.core).includes("offer 219"));
    const order = orderFor(live.connection, channelChat(group), "hello");
    const sent = await live.connection.send(order, createAttempt());
    const [first] = live.core.of("message");
    const tried = createAttempt();
    await tried.note({ after: Number(first?.id) });
    assert.deepEqual(await live.connection.find?.(order, tried), sent);
    const other = orderFor(live.connection, channelChat(group), "never said");
    assert.deepEqual(await live.connection.find?.(other, tried), { state: "absent" });
  });
}

test("the same word ten times in a row arrives ten times, each lost reply found", async () => {
  const { alice, bob, goLive } = world;
  const live = await goLive(alice);
  const chat = privateChat(alice, bob);
  server.say(bob, alice, "go on");
  await live.core.until(() => live.core.of("message").length > 0);
  const ids = new Set<string>();
  for (let turn = 0; turn < 10; turn += 1) {
    const tried = createAttempt();
    const order = orderFor(live.connection, chat, "same");
    if (turn % 3 === 2) {
      const states = live.core.states.length;
      server.swallowReply("messages.SendMessage");
      await rejection(live.connection.send(order, tried));
      await connectedAgain(live, states);
      const found = await live.connection.find?.(order, tried);
      assert.ok(found?.state === "sent");
      ids.add(found.sent.id);
    } else {
      const result = await live.connection.send(order, tried);
      assert.ok(result.state === "sent");
      ids.add(result.sent.id);
    }
  }
  assert.equal(ids.size, 10);
  assert.equal(server.messages(alice, bob).filter((post) => post.text === "same").length, 10);
});

test("what was said during an outage comes by difference, in slices and in order", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  server.say(bob, group, "g0");
  server.say(bob, alice, "p0");
  await live.core.until(() => live.core.of("message").length === 2);
  const states = live.core.states.length;
  await server.stop();
  await until("noticing", () => live.core.states.at(-1)?.state === "reconnecting");
  const kept = server.say(bob, alice, "p1");
  for (let number = 2; number <= 9; number += 1) server.say(bob, alice, `p${number}`);
  for (let number = 1; number <= 9; number += 1) server.say(bob, group, `g${number}`);
  server.edit(kept, "p1 edited");
  await server.start();
  await connectedAgain(live, states);
  const heard = texts(live.core);
  const missed = Array.from({ length: 9 }, (_, index) => index + 1);
  assert.deepEqual(
    heard.filter((text) => text.startsWith("g")),
    [0, ...missed].map((number) => `g${number}`),
  );
  assert.deepEqual(
    heard.filter((text) => /^p\d$/.test(text) || text === "p1 edited"),
    ["p0", "p1 edited", ...missed.slice(1).map((number) => `p${number}`)],
  );
  assert.equal(
    new Set(live.core.of("message").map((each) => `${each.chat.id} ${each.key}`)).size,
    20,
  );
  assert.equal(live.core.of("gap").length, 0);
});

test("a restart goes on from the committed cursor", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  server.say(bob, group, "before");
  await live.core.until(() => texts(live.core).includes("before"));
  await live.close();
  server.say(bob, group, "meanwhile");
  server.say(bob, alice, "to you");
  const again = await goLive(alice, live.core);
  assert.deepEqual(texts(again.core), ["before", "to you", "meanwhile"]);
  const calls = server.calls.length;
  const batches = again.core.batches.length;
  await again.close();
  const third = await goLive(alice, live.core);
  assert.equal(third.core.batches.slice(batches).flatMap(({ events }) => events).length, 0);
  const asked = server.calls.slice(calls).map(({ name }) => name);
  assert.ok(!asked.includes("messages.GetHistory") && !asked.includes("messages.GetDialogs"));
});

for (const name of speakers) {
  test(`what is said first in a channel that was looked up comes after a restart (${name})`, async () => {
    const { alice, bob, bot, goLive } = world;
    const me: Account = name === "bot" ? bot : alice;
    const live = await goLive(me);
    const group = server.addSupergroup("Lounge", [alice, bob, bot], { username: `lounge_${name}` });
    const signal = AbortSignal.timeout(5000);
    const found = await live.connection.resolve?.(`@lounge_${name}`, signal);
    assert.deepEqual(found?.chat, channelChat(group));
    await live.connection.describe(channelChat(group), signal);
    await live.close();
    server.say(bob, group, "nobody was there");
    const again = await goLive(me, live.core);
    assert.deepEqual(texts(again.core), ["nobody was there"]);
  });
}

test("pushes that got lost on the way are noticed by their numbers", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  server.say(bob, alice, "p1");
  server.say(bob, group, "g1");
  await live.core.until(() => live.core.of("message").length === 2);
  server.pushGap(alice, 2);
  server.say(bob, alice, "p2");
  server.say(bob, group, "g2");
  server.say(bob, alice, "p3");
  server.say(bob, group, "g3");
  await until("all six", () => live.core.of("message").length === 6);
  const heard = texts(live.core);
  assert.deepEqual(
    heard.filter((text) => text.startsWith("p")),
    ["p1", "p2", "p3"],
  );
  assert.deepEqual(
    heard.filter((text) => text.startsWith("g")),
    ["g1", "g2", "g3"],
  );
});

test("own sends count in the sequence: no difference is asked for after them", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  for (const chat of [privateChat(alice, bob), channelChat(group)]) {
    await live.connection.resolve?.(`@${bob.username}`, AbortSignal.timeout(1000));
    const order = orderFor(live.connection, chat, "one");
    const sent = await live.connection.send(order, createAttempt());
    assert.ok(sent.state === "sent");
    await live.connection.remove?.(chat, sent.sent.id, { as: "self" }, AbortSignal.timeout(1000));
  }
  const before = server.calls.length;
  server.say(bob, alice, "p");
  server.say(bob, group, "g");
  await live.core.until(() => texts(live.core).includes("p") && texts(live.core).includes("g"));
  const asked = server.calls.slice(before).map(({ name }) => name);
  assert.ok(!asked.some((name) => name.includes("Difference")), asked.join());
});

test("FLOOD_WAIT closes the login for as long as it says, and is never slept through", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  const order = orderFor(live.connection, channelChat(group), "hello");
  server.floodWait("messages.SendMessage", 30);
  const wait = await rejection(live.connection.send(order, createAttempt()));
  assert.deepEqual(
    [wait.code, wait.reached, wait.scope, wait.retryAfter],
    ["rate_limit", "no", "login", 30_000],
  );
  server.fail("messages.SendMessage", { code: 420, message: "SLOWMODE_WAIT_9" });
  const slow = await rejection(live.connection.send(order, createAttempt()));
  assert.deepEqual([slow.scope, slow.retryAfter], ["chat", 9000]);
  server.fail("messages.SendMessage", { code: 403, message: "CHAT_WRITE_FORBIDDEN" });
  const forbidden = await rejection(live.connection.send(order, createAttempt()));
  assert.deepEqual(
    [forbidden.code, forbidden.scope, forbidden.reached],
    ["forbidden", "chat", "no"],
  );
});

test("a call that hangs ends with its signal, and may have reached the network", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  const before = server.calls.length;
  const release = server.hang("messages.SendMessage");
  const stop = new AbortController();
  const tried = createAttempt(undefined, stop.signal);
  const order = orderFor(live.connection, channelChat(group), "slow");
  const sending = rejection(live.connection.send(order, tried));
  const sent = () => server.calls.slice(before).some(({ name }) => name === "messages.SendMessage");
  await until("the request", sent);
  stop.abort();
  const error = await sending;
  assert.deepEqual([error.code, error.reached], ["timeout", "unknown"]);
  release();
  const late = await live.core.until(() =>
    live.core.of("message").find((each) => each.confirms === tried.key),
  );
  assert.equal(late.sender, String(alice.id), "the late answer settles the send");
});

test("a login that was ended elsewhere needs a new login and does not knock again", async () => {
  const { alice, goLive } = world;
  const live = await goLive(alice);
  server.signOut(alice);
  await until("noticing", () => live.core.states.at(-1)?.state === "needs-login");
  const why = live.core.states.at(-1)?.why;
  assert.equal(why?.code, "auth");
  assert.match(why?.message ?? "", /log in again/);
  const chat = privateChat(alice, world.bob);
  const error = await rejection(live.connection.describe(chat, AbortSignal.timeout(1000)));
  assert.match(error.message, /never met|log in again/);
});

test("a bot whose session was ended makes a new one from its token", async () => {
  const { alice, bob, bot, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob, bot]);
  const live = await goLive(bot);
  const states = live.core.states.length;
  server.signOut(bot);
  await connectedAgain(live, states);
  server.say(bob, group, "welcome back");
  await live.core.until(() => texts(live.core).includes("welcome back"));
});

test("when the core cannot take events the source closes, and nothing is skipped", async () => {
  const { alice, bob, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob]);
  const live = await goLive(alice);
  server.say(bob, group, "one");
  await live.core.until(() => texts(live.core).includes("one"));
  const full = new BridgeError("full", "There is no room left.", {
    reached: "no",
    scope: "network",
  });
  live.core.beforeCommit = () => Promise.reject(full);
  const states = live.core.states.length;
  server.say(bob, group, "two");
  await until("closing", () => live.core.states.at(-1)?.state === "reconnecting");
  server.say(bob, group, "three");
  live.core.beforeCommit = () => Promise.resolve();
  await connectedAgain(live, states);
  assert.deepEqual(texts(live.core), ["one", "two", "three"]);
});

test("the short forms of the real server mean the same", async () => {
  const telegram = await openServer(true);
  const short = await openFixture(telegram);
  try {
    const { alice, bob, goLive } = short;
    const kitchen = telegram.addGroup("Kitchen", [bob, alice]);
    const live = await goLive(alice);
    telegram.say(bob, alice, "from a stranger");
    telegram.say(bob, alice, "from a friend");
    telegram.say(bob, kitchen, "in the group");
    await until("all three", () => live.core.of("message").length === 3);
    assert.deepEqual(texts(live.core), ["from a stranger", "from a friend", "in the group"]);
    const tried = createAttempt();
    const order = orderFor(live.connection, privateChat(alice, bob), "back");
    const sent = await live.connection.send(order, tried);
    const echo = await live.core.until(() =>
      live.core.of("message").find((each) => each.confirms === tried.key),
    );
    assert.ok(sent.state === "sent" && sent.sent.id === echo.id);
    assert.equal(echo.sender, String(alice.id));
    assert.deepEqual(echo.chat, privateChat(alice, bob));
  } finally {
    await short.close();
    await telegram.close();
  }
});

test("a session that was ended elsewhere is found out by asking", async () => {
  const { core, connection } = await world.goLive(world.alice);
  await connection.probe?.(AbortSignal.timeout(5000));
  server.fail("updates.GetState", { code: 401, message: "SESSION_REVOKED" }, 10);
  const error = await rejection(connection.probe?.(AbortSignal.timeout(5000)));
  assert.equal(error.code, "auth");
  await core.until(() => core.states.at(-1)?.state === "needs-login");
});
