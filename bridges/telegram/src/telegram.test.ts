import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BridgeError, firstPart, messageId, userId } from "@bridgebox/core/adapter";
import { createAttempt, MemoryHost, until } from "@bridgebox/core/testing";
import { channelChat, groupChat, openFixture, privateChat, type Fixture } from "./testing/world.ts";
import { telegram } from "./index.ts";
import { answering, connect, ordersFor, outgoing } from "./testing/login.ts";

let world: Fixture;
const soon = () => AbortSignal.timeout(5000);

before(async () => {
  world = await openFixture();
});

after(() => world.close());

const flowNamed = (name: string) => {
  const flow = telegram.logins[name];
  assert.ok(flow);
  return flow;
};

test("login by phone asks again for a wrong code and a wrong password, each with a sentence", async () => {
  const { server, config } = world;
  const said: string[] = [];
  const ui = answering(
    {
      phone: ["123", `+${world.bob.phone}`],
      code: ["00000", () => server.code(world.bob.phone ?? "")],
      password: ["wrong", "hunter2"],
    },
    said,
  );
  const [login] = await flowNamed("phone").run(ui, { config, signal: soon() });
  assert.equal(login?.name, "Bob");
  assert.equal(login?.role, "user");
  assert.equal(login?.user, String(world.bob.id));
  assert.match(said.join("\n"), /no phone number.*code is wrong.*password is wrong/s);
});

test("login says how long to wait when Telegram asks to slow down", async () => {
  world.server.floodWait("auth.SendCode", 77);
  const ui = answering({ phone: `+${world.alice.phone}` });
  await assert.rejects(
    flowNamed("phone").run(ui, { config: world.config, signal: soon() }),
    (error) =>
      error instanceof BridgeError &&
      error.code === "rate_limit" &&
      /77 seconds/.test(error.message),
  );
});

test("login by bot token asks again for a wrong one", async () => {
  const said: string[] = [];
  const ui = answering({ token: ["1:wrong", world.bot.token ?? ""] }, said);
  const [login] = await flowNamed("bot").run(ui, { config: world.config, signal: soon() });
  assert.equal(login?.role, "bot");
  assert.match(said[0] ?? "", /does not know that token/);
});

test("a relogin as somebody else is refused", async () => {
  const login = await world.logIn(world.alice);
  const ui = answering({ token: world.bot.token ?? "" });
  const relogin = { id: login.id, account: login.account };
  const run = flowNamed("bot").run(ui, { config: world.config, relogin, signal: soon() });
  await assert.rejects(run, /another Telegram account/);
});

test("private chats: both ways, replies, edits and deletions under the login's own numbers", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const post = server.say(bob, alice, "hello");
  const heard = await me.core.until(() =>
    me.core.of("message").find((each) => each.chat.id === chat.id),
  );
  assert.deepEqual(heard.chat, chat);
  assert.equal(heard.sender, String(bob.id));
  assert.equal(heard.id, String(server.idOf(post, alice)));
  assert.ok(me.core.of("user").some((each) => each.info.name === "Bob"));

  const answer = outgoing(chat, "hi **Bob**");
  const replying = { ...answer, content: { ...answer.content, replyTo: { ids: [heard.id] } } };
  const [order] = ordersFor(me.connection, replying);
  assert.ok(order);
  const tried = createAttempt();
  const result = await me.connection.send(order, tried);
  assert.ok(result.state === "sent");
  const sent = server.messages(alice, bob).at(-1);
  assert.equal(sent?.text, "hi **Bob**");
  assert.equal(sent?.replyTo, post);
  await until("the echo", () => me.core.of("message").some((each) => each.confirms === tried.key));

  const [change] = ordersFor(me.connection, outgoing(chat, "hi Robert"));
  assert.ok(change);
  await me.connection.edit?.(result.sent.id, change, createAttempt());
  assert.equal(sent?.text, "hi Robert");
  const again = await me.connection.edit?.(result.sent.id, change, createAttempt());
  assert.equal(again?.state, "sent", "not modified is a success");

  server.edit(post, "hello!");
  const edit = await me.core.until(() => me.core.of("edit").find((each) => each.id === heard.id));
  assert.match(edit.version, /^\d+\.\S{12}$/);

  await me.connection.remove?.(chat, result.sent.id, { as: "self" }, soon());
  await me.connection.remove?.(chat, result.sent.id, { as: "self" }, soon());
  assert.equal(sent?.deleted, true);
  server.remove(post);
  const gone = await me.core.until(() =>
    me.core.of("delete").find((each) => each.ids.includes(heard.id)),
  );
  assert.deepEqual(gone.chat, chat, "a private deletion names no chat on the wire");
  assert.equal(me.core.of("gap").length, 0);
});

test("basic groups belong to the login; titles, joins and kicks are told", async () => {
  const { server, alice, bob, bot, goLive } = world;
  const group = server.addGroup("Kitchen", [bob, alice]);
  const me = await goLive(alice);
  const chat = groupChat(alice, group);
  server.say(bob, group, "soup?");
  const heard = await me.core.until(() =>
    me.core.of("message").find((each) => each.chat.id === chat.id),
  );
  assert.deepEqual(heard.chat, chat);
  const [order] = ordersFor(me.connection, outgoing(chat, "yes"));
  assert.ok(order);
  await me.connection.send(order, createAttempt());
  assert.equal(server.messages(group).at(-1)?.text, "yes");
  server.rename(group, "Pantry");
  await until("the new title", () =>
    me.core.of("chat").find((each) => each.info.name === "Pantry"),
  );
  server.join(group, bot, bob);
  const joined = await me.core.until(() =>
    me.core.of("members").find(({ list }) => list[0]?.user === String(bot.id)),
  );
  assert.deepEqual(joined.list[0], { user: String(bot.id), state: "join", by: String(bob.id) });
  const info = await me.connection.describe(chat, soon());
  assert.equal(info.name, "Pantry");
  assert.equal(info.members?.length, 3);
  assert.equal(info.membersComplete, true);
  server.leave(group, alice, bob);
  const gone = await me.core.until(() =>
    me.core.of("gone").find((each) => each.chat.id === chat.id),
  );
  assert.equal(gone.why, "kicked");
});

test("a person and a bot share a supergroup, and see each message once", async () => {
  const { server, alice, bob, bot, goLive } = world;
  const group = server.addSupergroup("Lounge", [alice, bob, bot], { username: "lounge" });
  const chat = channelChat(group);
  const me = await goLive(alice);
  const robot = await goLive(bot);
  server.say(bob, group, "hello");
  for (const { core } of [me, robot]) {
    const heard = await core.until(() =>
      core.of("message").find((each) => each.chat.id === chat.id),
    );
    assert.equal(heard.sender, String(bob.id));
    assert.deepEqual(heard.chat, chat);
  }
  const [order] = ordersFor(robot.connection, outgoing(chat, "from the bot"));
  assert.ok(order);
  const tried = createAttempt();
  const result = await robot.connection.send(order, tried);
  assert.ok(result.state === "sent");
  const echo = await robot.core.until(() =>
    robot.core.of("message").find((each) => each.confirms === tried.key),
  );
  assert.equal(result.sent.id, echo.id);
  const theirs = await me.core.until(() =>
    me.core.of("message").find((each) => each.id === echo.id && each.chat.id === chat.id),
  );
  assert.equal(theirs.key, echo.key, "the same key for every login");
  server.typing(bob, group);
  await me.core.until(() => me.core.of("typing").find((each) => each.user === String(bob.id)));
  const members = [];
  for await (const page of me.connection.members?.(chat, soon()) ?? []) members.push(...page);
  assert.deepEqual(
    members.map(({ user }) => user).sort(),
    [alice, bob, bot].map(({ id }) => String(id)).sort(),
  );
  assert.equal((await me.connection.describe(chat, soon())).visibility, "public");
});

test("a list of members that grows shorter while it is read is a whole one", async () => {
  const { server, alice, bob } = world;
  const others = Array.from({ length: 199 }, (_, at) =>
    server.addUser({ firstName: `Many ${at}` }),
  );
  const [last] = others.slice(-1);
  assert.ok(last);
  const group = server.addSupergroup("Many", [bob, alice, ...others]);
  const me = await world.goLive(alice);
  const pages: number[] = [];
  for await (const page of me.connection.members?.(channelChat(group), soon()) ?? []) {
    pages.push(page.length);
    server.leave(group, last);
  }
  assert.deepEqual(pages, [200]);
});

test("people are found by name, told apart from nobody, and known by their number", async () => {
  const me = await world.goLive(world.alice);
  const { connection } = me;
  const bob = await connection.resolve?.(`@${world.bob.username}`, soon());
  assert.deepEqual(bob?.chat, privateChat(world.alice, world.bob));
  assert.equal(await connection.resolve?.("@nobody_here", soon()), undefined);
  assert.equal((await connection.user?.(userId(String(world.bob.id)), soon()))?.name, "Bob");
  const chat = await connection.startChat?.(userId(String(world.bob.id)), soon());
  assert.deepEqual(chat, privateChat(world.alice, world.bob));
  const listed = [];
  for await (const page of connection.chats?.(soon()) ?? []) listed.push(...page);
  assert.ok(listed.some(({ info }) => info.name === "Lounge"));
});

test("history is paged in both directions, oldest first", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Past", [alice, bob]);
  for (let number = 1; number <= 7; number += 1) server.say(bob, group, `line ${number}`);
  const me = await goLive(alice);
  const chat = channelChat(group);
  const read = async (query: object) =>
    me.connection.history?.({ chat, direction: "older", limit: 4, ...query }, soon());
  const newest = await read({});
  assert.deepEqual(
    newest?.events.map((each) => each.key),
    ["m:4", "m:5", "m:6", "m:7"],
  );
  const rest = await read({ page: newest?.page });
  assert.deepEqual(
    rest?.events.map((each) => each.key),
    ["m:1", "m:2", "m:3"],
  );
  assert.equal(rest?.page, undefined);
  const newer = await read({ direction: "newer", from: messageId("2") });
  assert.deepEqual(
    newer?.events.map((each) => each.key),
    ["m:3", "m:4", "m:5", "m:6"],
  );
});

test("a long text leaves as pieces within the limit, in order", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Long", [alice, bob]);
  const me = await goLive(alice);
  const text = Array.from({ length: 1500 }, (_, index) => `word${index}`).join(" ");
  const orders = ordersFor(me.connection, outgoing(channelChat(group), text));
  for (const order of orders) await me.connection.send(order, createAttempt());
  const said = server.messages(group).map((post) => post.text);
  assert.equal(said.join(" "), text);
  assert.equal(orders[0]?.draft.part, firstPart);
  assert.equal(new Set(orders.map(({ draft }) => draft.part)).size, orders.length);
});

test("groups are entered and left, again without a fuss", async () => {
  const { server, alice, bob, goLive } = world;
  const open = server.addSupergroup("Open", [bob], { username: "open_house" });
  const kitchen = server.addGroup("Small", [bob, alice]);
  server.say(bob, kitchen, "hello");
  const me = await goLive(alice);
  const chat = channelChat(open);
  await me.connection.resolve?.("@open_house", soon());
  for (const _ of [1, 2]) await me.connection.join?.(chat, soon());
  assert.ok(open.members.has(alice));
  for (const _ of [1, 2]) await me.connection.leave?.(chat, undefined, soon());
  assert.ok(!open.members.has(alice));
  for (const _ of [1, 2]) await me.connection.leave?.(groupChat(alice, kitchen), undefined, soon());
  assert.ok(!kitchen.members.has(alice));
});

test("no secret is in the log or in an unencrypted row", async () => {
  const { alice, logIn, goLive } = world;
  const me = await goLive(alice);
  const { account } = await logIn(alice);
  const session = account.session ?? "";
  assert.ok(session.length > 300);
  assert.ok(!me.core.log.includes(session));
  for (const [key, row] of me.core.kept.store) {
    const secret = JSON.stringify(row).includes(session.slice(40, 80));
    assert.ok(!secret || me.core.kept.secrets.has(key), key);
  }
});

test("a new name follows the person; who is put out of a supergroup is out", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Door", [bob, alice]);
  const me = await goLive(alice);
  server.say(bob, group, "hello");
  await me.core.until(() =>
    me.core.of("message").some((each) => each.chat.id === channelChat(group).id),
  );
  server.rename(bob, "Robert");
  await until("the new name", () => me.core.of("user").some((each) => each.info.name === "Robert"));
  server.leave(group, alice, bob);
  const gone = await me.core.until(() =>
    me.core.of("gone").find((each) => each.chat.id === channelChat(group).id),
  );
  assert.equal(gone.login, privateChat(alice, bob).receiver);
});

test("a bot of the config keeps its session, so that a restart is no new login", async () => {
  const { server, config } = world;
  const token = "555:Standing";
  server.addUser({ username: "standing", firstName: "Standing", token });
  const parsed = telegram.config.parse({ ...config, bots: [token] });
  assert.ok(parsed.ok);
  const core = new MemoryHost();
  const network = await telegram.open({ ...core.session(), signal: soon() }, parsed.value);
  const [login] = network.standing ?? [];
  assert.deepEqual([login?.id, login?.role], ["555", "bot"]);
  assert.ok(login);
  const imports = () =>
    server.calls.filter(({ name }) => name === "auth.ImportBotAuthorization").length;
  const before = imports();
  for (let start = 0; start < 2; start += 1) {
    const live = await connect(telegram, { config: parsed.value, login, core });
    await core.until(() => core.states.at(-1)?.state === "connected");
    await live.close();
    core.states.length = 0;
  }
  assert.equal(imports() - before, 1);
  assert.equal(core.kept.secrets.size, 1);
  assert.ok(![...core.kept.store.keys()].some((key) => key.includes("Standing")));
});

test("a config says everything that is wrong at once, and never shows a secret", () => {
  const parsed = telegram.config.parse({ api_id: "x", api_hash: "", bots: ["oops"], bot: 1 });
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.problems.map(({ path }) => path.join(".")).sort(), [
    "api_hash",
    "api_id",
    "bot",
    "bots.0",
  ]);
  assert.ok(!JSON.stringify(parsed.problems).includes("oops"));
  const { server, ...rest } = world.config;
  assert.ok(server);
  const bare = server.public_key.replace(/-----.*?-----|\n/g, "");
  const keys = [server.public_key, bare, "AAAA", ""].map(
    (key) => telegram.config.parse({ ...rest, server: { ...server, public_key: key } }).ok,
  );
  assert.deepEqual(keys, [true, true, false, false]);
  assert.ok(!telegram.account.parse({}).ok);
  assert.ok(telegram.account.parse({ token: "1:a" }).ok);
});
