import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import bigInt from "big-integer";
import { Api, type TelegramClient } from "telegram";
import { Raw } from "telegram/events/index.js";
import { TelegramServer, type Account, type Channel, type Group, type Post } from "./index.ts";
import { testClient } from "./test-client.ts";

const CODE_LENGTH = 5;

/** A signed-in client and everything pushed to it. */
interface Device {
  readonly client: TelegramClient;
  readonly updates: Api.TypeUpdate[];
}

let server: TelegramServer;
let alice: Account;
let bobby: Account;
let bot: Account;
let group: Group;
let club: Channel;
let a: Device;
let b: Device;
let robot: Device;

before(async () => {
  server = await TelegramServer.listen({ sliceSize: 20 });
  alice = server.addUser({ phone: "+1 555 0001", username: "alice", firstName: "Alice" });
  bobby = server.addUser({
    phone: "15550002",
    username: "bobby",
    firstName: "Bob",
    password: "hunter2",
  });
  bot = server.addUser({ username: "bridgebot", firstName: "Bridge", token: "111:AAA" });
  group = server.addGroup("Basic", [alice, bobby, bot]);
  club = server.addSupergroup("Club", [alice, bobby, bot], { username: "theclub" });
  [a, b, robot] = await Promise.all([
    signIn("15550001"),
    signIn("15550002", "hunter2"),
    signInBot("111:AAA"),
  ]);
});

after(async () => {
  await Promise.all([a, b, robot].map(({ client }) => client.destroy()));
  await server.close();
});

function watched(client: TelegramClient): Device {
  const updates: Api.TypeUpdate[] = [];
  client.addEventHandler((update: Api.TypeUpdate) => updates.push(update), new Raw({}));
  return { client, updates };
}

async function signIn(phone: string, password?: string): Promise<Device> {
  const client = testClient(server.testServer);
  await client.start({
    phoneNumber: phone,
    phoneCode: () => Promise.resolve(server.code(phone)),
    ...(password === undefined ? {} : { password: () => Promise.resolve(password) }),
    onError: (error) => assert.fail(error),
  });
  return watched(client);
}

async function signInBot(token: string): Promise<Device> {
  const client = testClient(server.testServer);
  await client.start({ botAuthToken: token, onError: (error) => assert.fail(error) });
  return watched(client);
}

/** The first update of this class that fits, now or later. */
function update<U extends Api.TypeUpdate>(
  device: Device,
  type: new (...args: never[]) => U,
  fits: (update: U) => boolean = () => true,
): Promise<U> {
  return arrived(() =>
    device.updates.find((seen): seen is U => seen instanceof type && fits(seen)),
  );
}

/** Polls, since what a client has received is not the server's to announce. */
async function arrived<T>(probe: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const value = probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`never arrived: ${probe.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function textOf(message: Api.TypeMessage): string {
  return message instanceof Api.Message ? message.message : "";
}

async function send(
  { client }: Device,
  to: string | Api.TypePeer,
  options: { message: string; randomId?: number; entities?: Api.TypeMessageEntity[] },
): Promise<Api.TypeUpdates> {
  const { message, randomId, entities } = options;
  return client.invoke(
    new Api.messages.SendMessage({
      peer: await client.getInputEntity(to),
      message,
      randomId: bigInt(randomId ?? Math.ceil(Math.random() * 1e15)),
      ...(entities ? { entities } : {}),
    }),
  );
}

function refuses(promise: Promise<unknown>, error: string): Promise<void> {
  return assert.rejects(promise, { errorMessage: error });
}

function last(posts: readonly Post[]): Post {
  const post = posts.at(-1);
  assert.ok(post);
  return post;
}

const peerOf = (chat: Group | Channel): Api.TypePeer =>
  chat.kind === "group"
    ? new Api.PeerChat({ chatId: bigInt(chat.id) })
    : new Api.PeerChannel({ channelId: bigInt(chat.id) });

describe("signing in", () => {
  test("by code, by code and password, by bot token", async () => {
    const names = await Promise.all(
      [a, b, robot].map(async ({ client }) => (await client.getMe()).firstName),
    );
    assert.deepEqual(names, ["Alice", "Bob", "Bridge"]);
    assert.equal(server.code("15550001").length, CODE_LENGTH);
  });

  test("refuses a wrong code, a wrong password and an unknown token", async () => {
    const client = testClient(server.testServer);
    await client.connect();
    const credentials = { apiId: 1, apiHash: "x" };
    const stop = { onError: () => Promise.resolve(true) };
    await assert.rejects(
      client.signInUser(credentials, {
        phoneNumber: "15550001",
        phoneCode: () => Promise.resolve("1"),
        ...stop,
      }),
    );
    await assert.rejects(
      client.signInUser(credentials, {
        phoneNumber: "15550002",
        phoneCode: () => Promise.resolve(server.code("15550002")),
        password: () => Promise.resolve("wrong"),
        ...stop,
      }),
    );
    const errors = server.calls.map(({ error }) => error);
    assert.ok(errors.includes("PHONE_CODE_INVALID"));
    assert.ok(errors.includes("PASSWORD_HASH_INVALID"));
    await refuses(client.invoke(new Api.updates.GetState()), "SESSION_PASSWORD_NEEDED");
    await client.destroy();
  });

  test("a saved session works until the account signs it out", async () => {
    const carol = server.addUser({ phone: "15550003", firstName: "Carol" });
    const first = await signIn("15550003");
    const saved = String(first.client.session.save());
    await first.client.destroy();
    const second = testClient(server.testServer, saved);
    await second.connect();
    assert.equal((await second.getMe()).firstName, "Carol");
    await server.until(() => server.connected(carol));
    server.signOut(carol);
    await refuses(second.invoke(new Api.updates.GetState()), "AUTH_KEY_UNREGISTERED");
    await second.destroy();
  });
});

describe("messages", () => {
  test("a private text with entities arrives, and is answered by its number for each side", async () => {
    await b.client.sendMessage("alice", { message: "hi **alice**", parseMode: "md" });
    const { message } = await update(
      a,
      Api.UpdateNewMessage,
      (u) => textOf(u.message) === "hi alice",
    );
    assert.ok(message instanceof Api.Message);
    assert.deepEqual(
      message.entities?.map(({ className }) => className),
      ["MessageEntityBold"],
    );
    await a.client.sendMessage("bobby", { message: "a reply", replyTo: message.id });
    const reply = last(server.messages(alice, bobby));
    assert.equal(reply.text, "a reply");
    assert.equal(reply.replyTo?.text, "hi alice");
    const seen = await update(b, Api.UpdateNewMessage, (u) => textOf(u.message) === "a reply");
    assert.ok(reply.replyTo && seen.message instanceof Api.Message);
    assert.equal(seen.message.replyTo?.className, "MessageReplyHeader");
    assert.ok(seen.message.replyTo instanceof Api.MessageReplyHeader);
    assert.equal(seen.message.replyTo.replyToMsgId, server.idOf(reply.replyTo, bobby));
  });

  test("a basic group has its own numbers in every account", async () => {
    server.say(bobby, alice, "shifts the numbers");
    await send(b, peerOf(group), { message: "to the group" });
    const { message } = await update(
      a,
      Api.UpdateNewMessage,
      (u) => textOf(u.message) === "to the group",
    );
    await update(robot, Api.UpdateNewMessage, (u) => textOf(u.message) === "to the group");
    const post = last(server.messages(group));
    assert.equal(message.id, server.idOf(post, alice));
    assert.notEqual(server.idOf(post, alice), server.idOf(post, bot));
    assert.ok(message instanceof Api.Message && message.peerId instanceof Api.PeerChat);
    assert.ok(message.fromId instanceof Api.PeerUser && message.fromId.userId.eq(bobby.id));
  });

  test("a supergroup message is edited and deleted for everybody", async () => {
    const sent = await a.client.sendMessage("theclub", { message: "v1" });
    await a.client.editMessage("theclub", { message: sent.id, text: "v2" });
    await update(b, Api.UpdateEditChannelMessage, (u) => textOf(u.message) === "v2");
    await refuses(
      a.client.invoke(
        new Api.messages.EditMessage({ peer: "theclub", id: sent.id, message: "v2" }),
      ),
      "MESSAGE_NOT_MODIFIED",
    );
    await refuses(
      b.client.invoke(
        new Api.messages.EditMessage({ peer: "theclub", id: sent.id, message: "v3" }),
      ),
      "MESSAGE_AUTHOR_REQUIRED",
    );
    await a.client.deleteMessages("theclub", [sent.id], { revoke: true });
    await update(robot, Api.UpdateDeleteChannelMessages, (u) => u.messages.includes(sent.id));
    assert.ok(!server.messages(club).some(({ text }) => text === "v2"));
  });

  test("a private deletion reaches the other side under its own number", async () => {
    const sent = await a.client.sendMessage("bobby", { message: "gone soon" });
    const post = last(server.messages(alice, bobby));
    const theirs = server.idOf(post, bobby);
    await a.client.deleteMessages("bobby", [sent.id], { revoke: true });
    await update(b, Api.UpdateDeleteMessages, (u) => u.messages.includes(theirs));
    assert.equal(post.deleted, true);
  });

  test("what the network would not take is refused", async () => {
    const bold = new Api.MessageEntityBold({ offset: 2, length: 9 });
    await refuses(send(a, "theclub", { message: " " }), "MESSAGE_EMPTY");
    await refuses(send(a, "theclub", { message: "x".repeat(4097) }), "MESSAGE_TOO_LONG");
    await refuses(
      send(a, "theclub", { message: "short", entities: [bold] }),
      "ENTITY_BOUNDS_INVALID",
    );
    const held = server.messages(club).length;
    await send(a, "theclub", { message: "once", randomId: 77 });
    await refuses(send(a, "theclub", { message: "once", randomId: 77 }), "RANDOM_ID_DUPLICATE");
    assert.equal(server.messages(club).length, held + 1);
  });

  test("joining, leaving and renaming are service messages; typing is pushed", async () => {
    const dave = server.addUser({ firstName: "Dave" });
    server.join(club, dave, alice);
    server.rename(club, "The Club");
    server.leave(club, dave);
    server.join(group, dave, bobby);
    server.typing(bobby, alice);
    await update(a, Api.UpdateUserTyping, (u) => u.userId.eq(bobby.id));
    const actions = server.messages(club).flatMap(({ action }) => action?.className ?? []);
    assert.deepEqual(actions, [
      "MessageActionChatAddUser",
      "MessageActionChatEditTitle",
      "MessageActionChatDeleteUser",
    ]);
    const joined = await update(
      a,
      Api.UpdateNewMessage,
      (u) => u.message instanceof Api.MessageService,
    );
    assert.ok(joined.message instanceof Api.MessageService);
    assert.equal(joined.message.action.className, "MessageActionChatAddUser");
  });

  test("an access hash is worth nothing to another account", async () => {
    const peer = await a.client.getInputEntity("theclub");
    await refuses(
      b.client.invoke(new Api.messages.SendMessage({ peer, message: "borrowed" })),
      "CHANNEL_INVALID",
    );
  });
});

describe("reading", () => {
  test("history is paged, and refused to bots", async () => {
    for (let i = 0; i < 130; i++) server.say(bobby, club, `h${i}`);
    const seen = await a.client.getMessages("theclub", { limit: 130 });
    assert.deepEqual(
      Array.from(seen, ({ message }) => message),
      Array.from({ length: 130 }, (_, i) => `h${129 - i}`),
    );
    const peer = await robot.client.getInputEntity("theclub");
    await refuses(robot.client.invoke(new Api.messages.GetHistory({ peer })), "BOT_METHOD_INVALID");
  });

  test("dialogs, members and single messages", async () => {
    const titles = (await a.client.getDialogs({})).map(({ title }) => title);
    assert.ok(
      ["Basic", "The Club", "Bob"].every((title) => titles.includes(title)),
      String(titles),
    );
    const members = await a.client.getParticipants("theclub");
    assert.deepEqual(
      Array.from(members, ({ firstName }) => firstName),
      ["Alice", "Bob", "Bridge"],
    );
    const full = await a.client.invoke(new Api.messages.GetFullChat({ chatId: bigInt(group.id) }));
    assert.ok(full.fullChat instanceof Api.ChatFull);
    assert.ok(full.fullChat.participants instanceof Api.ChatParticipants);
    assert.equal(full.fullChat.participants.participants.length, group.members.size);
    const post = last(server.messages(club));
    const [one] = await a.client.getMessages("theclub", { ids: [server.idOf(post, alice)] });
    assert.equal(one?.message, post.text);
    const read = await a.client.markAsRead("theclub");
    assert.equal(read, true);
  });
});

describe("catching up", () => {
  const stateOf = (device: Device): Promise<Api.updates.State> =>
    device.client.invoke(new Api.updates.GetState());
  const difference = (device: Device, pts: number): Promise<Api.updates.TypeDifference> =>
    device.client.invoke(new Api.updates.GetDifference({ pts, date: 2 ** 31 - 1, qts: 0 }));

  test("slices what was missed while the connection was down", async () => {
    const { pts } = await stateOf(a);
    server.dropConnections();
    for (let i = 0; i < 25; i++) server.say(bobby, alice, `missed ${i}`);
    const slice = await difference(a, pts);
    assert.ok(slice instanceof Api.updates.DifferenceSlice);
    assert.ok(slice.intermediateState instanceof Api.updates.State);
    const rest = await difference(a, slice.intermediateState.pts);
    assert.ok(rest instanceof Api.updates.Difference && rest.state instanceof Api.updates.State);
    const texts = [...slice.newMessages, ...rest.newMessages].map(textOf);
    assert.deepEqual(
      texts,
      Array.from({ length: 25 }, (_, i) => `missed ${i}`),
    );
    assert.ok((await difference(a, rest.state.pts)) instanceof Api.updates.DifferenceEmpty);
  });

  test("a channel has a difference of its own, with edits and deletions", async () => {
    const { pts } = club.box;
    const kept = server.say(bobby, club, "kept");
    const gone = server.say(bobby, club, "gone");
    server.edit(kept, "kept, edited");
    server.remove(gone);
    const request = { filter: new Api.ChannelMessagesFilterEmpty(), pts, limit: 100 };
    const channel = "theclub";
    const missed = await a.client.invoke(
      new Api.updates.GetChannelDifference({ channel, ...request }),
    );
    assert.ok(missed instanceof Api.updates.ChannelDifference);
    assert.deepEqual(missed.newMessages.map(textOf), ["kept, edited"]);
    assert.deepEqual(
      missed.otherUpdates.map(({ className }) => className),
      ["UpdateEditChannelMessage", "UpdateDeleteChannelMessages"],
    );
    assert.equal(missed.pts, club.box.pts);
    server.tooLong();
    const tooLong = await a.client.invoke(
      new Api.updates.GetChannelDifference({ channel, ...request }),
    );
    assert.ok(tooLong instanceof Api.updates.ChannelDifferenceTooLong);
    assert.ok((await difference(a, 1)) instanceof Api.updates.DifferenceTooLong);
  });

  test("a lost push leaves a hole in pts", async () => {
    await server.until(() => server.connected(alice));
    const { pts } = await stateOf(a);
    server.pushGap(alice);
    server.say(bobby, alice, "lost on the way");
    server.say(bobby, alice, "after the hole");
    const seen = await update(
      a,
      Api.UpdateNewMessage,
      (u) => textOf(u.message) === "after the hole",
    );
    assert.equal(seen.pts, pts + 2);
    assert.ok(
      !a.updates.some(
        (u) => u instanceof Api.UpdateNewMessage && textOf(u.message) === "lost on the way",
      ),
    );
  });
});

describe("faults", () => {
  test("flood waits, failures and hanging requests", async () => {
    server.floodWait("messages.SendMessage", 30);
    await assert.rejects(send(a, "theclub", { message: "too fast" }), { seconds: 30 });
    server.fail("messages.SendMessage", { code: 403, message: "CHAT_WRITE_FORBIDDEN" });
    await refuses(send(a, "theclub", { message: "not allowed" }), "CHAT_WRITE_FORBIDDEN");
    const release = server.hang("messages.SendMessage");
    const hanging = send(a, "theclub", { message: "late" });
    await server.until(() => server.calls.at(-1)?.name === "messages.SendMessage");
    assert.notEqual(last(server.messages(club)).text, "late");
    release();
    await hanging;
    assert.equal(last(server.messages(club)).text, "late");
  });

  test("after a swallowed answer the client's own repetition is a duplicate", async () => {
    server.swallowReply("messages.SendMessage");
    await refuses(send(a, "theclub", { message: "acknowledgement lost" }), "RANDOM_ID_DUPLICATE");
    const held = server.messages(club).filter(({ text }) => text === "acknowledgement lost");
    assert.equal(held.length, 1);
  });

  test("a restart keeps port, logins and messages", async () => {
    const { port } = server;
    const held = server.messages(club).length;
    await server.stop();
    assert.equal(server.connected(alice), false);
    await server.start();
    assert.equal(server.port, port);
    await server.until(() => server.connected(alice));
    await send(a, "theclub", { message: "still here" });
    assert.equal(server.messages(club).length, held + 1);
  });

  test("nothing was unknown to the server, and nobody broke the protocol", () => {
    assert.deepEqual(server.unhandled, []);
    assert.deepEqual(server.faults, []);
  });
});

test("short forms: plain private and basic group texts, and the answer to a private one", async () => {
  const terse = await TelegramServer.listen({ shortUpdates: true });
  const erin = terse.addUser({ phone: "15550009", username: "erinn" });
  const frank = terse.addUser({ username: "frank", firstName: "Frank" });
  const pair = terse.addGroup("Pair", [erin, frank]);
  const client = testClient(terse.testServer);
  await client.start({
    phoneNumber: "15550009",
    phoneCode: () => Promise.resolve(terse.code("15550009")),
    onError: (error) => assert.fail(error),
  });
  const device = watched(client);
  const sent = await send(device, "frank", { message: "hello" });
  assert.ok(sent instanceof Api.UpdateShortSentMessage);
  assert.equal(sent.id, terse.idOf(last(terse.messages(erin, frank)), erin));
  terse.say(frank, erin, "short");
  terse.say(frank, pair, "short too");
  await arrived(() => device.updates.find((u) => u.className === ("UpdateShortMessage" as string)));
  await arrived(() =>
    device.updates.find((u) => u.className === ("UpdateShortChatMessage" as string)),
  );
  await client.destroy();
  await terse.close();
});
