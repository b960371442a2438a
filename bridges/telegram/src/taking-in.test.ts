import assert from "node:assert/strict";
import { createAttempt, MemoryHost, until } from "@bridgebox/core/testing";
import type { Account, TelegramServer } from "../../../test/networks/telegram/index.ts";
import { FaultyHost } from "./testing/faulty-host.ts";
import { connectedAgain, texts } from "./testing/heard.ts";
import { ordersFor, outgoing } from "./testing/login.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import { channelChat, privateChat, type Fixture } from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

test("a message that the store refuses to keep comes again, and no position passes it", async () => {
  const { alice, bob, goLive } = world;
  const core = new FaultyHost();
  const live = await goLive(alice, core);
  const states = core.states.length;
  core.refuse("get", /^where:/);
  server.say(bob, alice, "one");
  await connectedAgain(live, states);
  assert.deepEqual(texts(core), ["one"]);
  const group = server.addSupergroup("Polls", [bob, alice]);
  server.say(bob, group, "two");
  await core.until(() => texts(core).includes("two"));
  const again = core.states.length;
  core.refuse("set", /^poll:/);
  const media = server.studio.poll("tea?", ["yes", "no"], { open: true });
  server.say(bob, group, "", { media });
  await connectedAgain(live, again);
  assert.equal(core.of("message").length, 3);
  assert.equal(core.refused.length, 2, core.refused.join());
});

const refusals = [
  { code: 500, message: "WORKER_BUSY_TOO_LONG_RETRY" },
  { code: 420, message: "FLOOD_WAIT_30" },
  { code: 403, message: "BROADCAST_FORBIDDEN" },
];

for (const refusal of refusals) {
  test(`reactions and votes that cannot be listed are told as far as they are known (${refusal.message})`, async () => {
    const { alice, bob, goLive } = world;
    const people = [1, 2, 3, 4, 5].map((number) => server.addUser({ firstName: `P${number}` }));
    const group = server.addSupergroup("Lounge", [bob, alice, ...people]);
    const me = await goLive(alice);
    const post = server.say(bob, group, "react here");
    await me.core.until(() => texts(me.core).includes("react here"));
    const states = me.core.states.length;
    server.fail("messages.GetMessageReactionsList", refusal, 2);
    for (const one of people) server.people.react(post, one, "👍");
    const told = () => me.core.of("reactions").filter(({ complete }) => complete === "delta");
    await me.core.until(() => told().length === 2);
    assert.ok(told().every(({ set }) => set.length > 0));
    const media = server.studio.poll("tea?", ["yes", "no"], { open: true });
    const poll = server.say(bob, group, "", { media });
    server.fail("messages.GetPollVotes", refusal);
    server.people.vote(poll, alice, 0);
    const votes = await me.core.until(() => me.core.of("votes").find(({ tally }) => tally));
    assert.equal(votes.id, String(server.idOf(poll, alice)));
    assert.equal(me.core.states.length, states, "the connection stays");
  });
}

/** A group where so many reacted that a list of them has to be asked for. */
const reactedTo = async () => {
  const { alice, bob, goLive } = world;
  const people = [1, 2, 3, 4, 5].map((number) => server.addUser({ firstName: `P${number}` }));
  const group = server.addSupergroup("Lounge", [bob, alice, ...people]);
  const me = await goLive(alice);
  const post = server.say(bob, group, "react here");
  for (const one of people) server.people.react(post, one, "👍");
  await until("all of them", () => me.core.of("reactions").at(-1)?.set.length === 5);
  return { me, group };
};

test("a page of history comes also where its reactions cannot be listed", async () => {
  const { me, group } = await reactedTo();
  server.fail("messages.GetMessageReactionsList", refusals[2] ?? { code: 400, message: "NO" });
  const page = await me.connection.history?.(
    { chat: channelChat(group), direction: "older", limit: 10 },
    AbortSignal.timeout(5000),
  );
  assert.equal(page?.events.length, 1);
  assert.deepEqual(
    page.states.map((state) => state.kind === "reactions" && state.complete),
    ["delta"],
  );
});

test("a page of history does not pass for whole where the line was cut while its reactions were listed", async () => {
  const { me, group } = await reactedTo();
  const states = me.core.states.length;
  const calls = server.calls.length;
  const release = server.hang("messages.GetMessageReactionsList");
  const page = me.connection.history?.(
    { chat: channelChat(group), direction: "older", limit: 10 },
    AbortSignal.timeout(10_000),
  );
  const failed = assert.rejects(async () => page, { code: "network" });
  await until("the list is asked for", () =>
    server.calls.slice(calls).some(({ name }) => name === "messages.GetMessageReactionsList"),
  );
  server.dropConnections();
  release();
  await failed;
  await connectedAgain(me, states);
});

test("a new channel is begun where it was first heard of, whatever fails behind it", async () => {
  const { alice, bob, goLive } = world;
  const core = new FaultyHost();
  const live = await goLive(alice, core);
  for (const [what, key] of [
    ["set", /^poll:/],
    ["set", /^channels$/],
  ] as const) {
    const states = core.states.length;
    const group = server.addSupergroup("New", [bob, alice]);
    core.refuse(what, key);
    const media = server.studio.poll("tea?", ["yes", "no"], { open: true });
    server.say(bob, group, "", { media });
    await connectedAgain(live, states);
    await core.until(() =>
      core.of("message").some(({ chat }) => chat.id === channelChat(group).id),
    );
    assert.deepEqual(core.of("gap"), []);
  }
  assert.equal(core.refused.length, 2);
});

test("a new channel is known after a kill between its two writes", async () => {
  const { alice, bob, goLive } = world;
  const core = new MemoryHost();
  const live = await goLive(alice, core);
  const group = server.addSupergroup("New", [bob, alice]);
  core.beforeCommit = () => new Promise(() => undefined);
  server.say(bob, group, "first");
  await core.until(() =>
    JSON.stringify(core.kept.store.get("channels") ?? "").includes(`${group.id}`),
  );
  const { store, cursors, ...kept } = core.kept;
  const disk = { ...kept, store: new Map(store), cursors: new Map(cursors) };
  void live.close();
  const again = await goLive(alice, new MemoryHost(disk));
  assert.deepEqual(texts(again.core), ["first"]);
  assert.deepEqual(again.core.of("gap"), []);
});

test("a channel that is closed is told as gone also where the first telling is not kept", async () => {
  const { alice, bob, goLive } = world;
  const core = new MemoryHost();
  const live = await goLive(alice, core);
  const group = server.addSupergroup("Closing", [bob, alice]);
  server.say(bob, group, "hello");
  await core.until(() => texts(core).includes("hello"));
  await live.close();
  server.leave(group, alice, bob);
  let told = 0;
  core.beforeCommit = async ({ events }) => {
    if (!events.some(({ kind }) => kind === "gone")) return;
    told += 1;
    if (told === 1) throw new Error("The store is busy.");
  };
  await goLive(alice, core);
  await until("both tellings", () => told === 2);
  await core.until(() => core.of("gone").length === 1);
  assert.deepEqual(core.of("gone")[0]?.chat, channelChat(group));
});

test("a new name is told again where the first telling was not kept, and after a kill", async () => {
  const { alice, bob, goLive } = world;
  const core = new MemoryHost();
  const live = await goLive(alice, core);
  const group = server.addSupergroup("First name", [bob, alice]);
  server.say(bob, group, "hello");
  await core.until(() => texts(core).includes("hello"));
  const names = (host: MemoryHost) => host.of("user").map(({ info }) => info.name);
  const titles = (host: MemoryHost) => host.of("chat").map(({ info }) => info.name);

  const states = core.states.length;
  core.beforeCommit = async ({ events }) => {
    if (!events.some(({ kind }) => kind === "user")) return;
    core.beforeCommit = () => Promise.resolve();
    throw new Error("The store is busy.");
  };
  server.rename(bob, "Robert");
  await connectedAgain(live, states);
  server.say(bob, group, "it is me");
  await core.until(() => texts(core).includes("it is me"));
  assert.ok(names(core).includes("Robert"), names(core).join());

  const told = Promise.withResolvers<void>();
  core.beforeCommit = async ({ events }) => {
    const changed = events.some((event) => event.kind === "chat" || event.kind === "user");
    if (!changed) return undefined;
    told.resolve();
    return new Promise(() => undefined);
  };
  server.rename(group, "Second name");
  await told.promise;
  const { store, cursors, ...kept } = core.kept;
  const disk = { ...kept, store: new Map(store), cursors: new Map(cursors) };
  void live.close();
  const again = await goLive(alice, new MemoryHost(disk));
  server.say(bob, group, "and here we are");
  await again.core.until(() => texts(again.core).includes("and here we are"));
  assert.ok(titles(again.core).includes("Second name"), titles(again.core).join());
  const tellings = titles(again.core).length;
  server.say(bob, group, "still");
  await again.core.until(() => texts(again.core).includes("still"));
  assert.equal(titles(again.core).length, tellings, "what was told is not told again");
});

test("the key to a person is kept though the store refused it once", async () => {
  const { alice, bob, goLive } = world;
  const core = new FaultyHost();
  const live = await goLive(alice, core);
  const states = core.states.length;
  core.refuse("set", /^peer:user/);
  server.say(bob, alice, "hello");
  await connectedAgain(live, states);
  await core.until(() => texts(core).includes("hello"));
  assert.ok(core.of("user").some(({ user }) => user === String(bob.id)));
  await live.close();
  const again = await goLive(alice, new MemoryHost(core.kept));
  const [order] = ordersFor(again.connection, outgoing(privateChat(alice, bob), "dear Bob"));
  assert.ok(order);
  const sent = await again.connection.send(order, createAttempt());
  assert.equal(sent.state, "sent");
});

test("a name that is heard of while chats are listed is told", async () => {
  const { alice, bob, goLive } = world;
  const core = new MemoryHost();
  server.say(bob, alice, "hello");
  const live = await goLive(alice, core);
  await live.close();
  server.rename(bob, "Robert");
  const again = await goLive(alice, core);
  const listed: unknown[] = [];
  for await (const page of again.connection.chats?.(AbortSignal.timeout(5000)) ?? []) {
    listed.push(...page.map(({ info }) => info.name));
  }
  assert.deepEqual(listed, ["Robert"]);
  await core.until(() => core.of("user").some(({ info }) => info.name === "Robert"));
});

test("what is pushed before the first connection has begun does not pass for its beginning", async () => {
  const { alice, bob, goLive, logIn } = world;
  const group = server.addSupergroup("Old friends", [bob, alice]);
  const core = new MemoryHost();
  await logIn(alice);
  let early = 0;
  const push = ({ name, user }: { readonly name: string; readonly user?: Account }) => {
    if (name !== "help.GetConfig" || user !== alice || early > 0) return;
    early += 1;
    server.say(bob, alice, "early");
  };
  server.events.on("call", push);
  const release = server.hang("updates.GetState");
  const going = goLive(alice, core);
  await until("the push", () => early > 0);
  release();
  const live = await going;
  server.events.off("call", push);
  await live.close();
  server.say(bob, group, "while away");
  const again = await goLive(alice, core);
  await again.core.until(() => texts(again.core).includes("while away"));
});
