import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import bigInt from "big-integer";
import { Api } from "telegram";
import { TelegramServer, type Account, type Channel, type Group } from "./index.ts";
import { testClient } from "./test-client.ts";
import {
  arrived,
  last,
  refuses,
  send,
  signIn,
  signInBot,
  textOf,
  update,
  type Device,
} from "./test-device.ts";

const CODE_LENGTH = 5;

describe("a Telegram of our own", () => {
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
    server = await TelegramServer.listen();
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
      signIn(server, "15550001"),
      signIn(server, "15550002", "hunter2"),
      signInBot(server, "111:AAA"),
    ]);
  });

  after(async () => {
    await Promise.all([a, b, robot].map(({ client }) => client.destroy()));
    await server.close();
    assert.deepEqual(server.unhandled, []);
    assert.deepEqual(server.faults, []);
  });

  const peerOf = (chat: Group): Api.TypePeer => new Api.PeerChat({ chatId: bigInt(chat.id) });

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
      const first = await signIn(server, "15550003");
      const saved = String(first.client.session.save());
      await first.client.destroy();
      const second = testClient(server.testServer, { saved });
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

    test("media goes out with or without a caption", async () => {
      const media = new Api.MessageMediaGeo({
        geo: new Api.GeoPoint({ long: 13.4, lat: 52.5, accessHash: bigInt(1) }),
      });
      const post = server.say(bobby, club, "", { media });
      const id = server.idOf(post, alice);
      const { message } = await update(a, Api.UpdateNewChannelMessage, (u) => u.message.id === id);
      assert.ok(message instanceof Api.Message && message.media instanceof Api.MessageMediaGeo);
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
    test("every lookup is answered", async () => {
      const { client } = a;
      const channel = await client.getInputEntity("theclub");
      const userId = await client.getInputEntity("bobby");
      const full = await client.invoke(new Api.channels.GetFullChannel({ channel }));
      assert.ok(full.fullChat instanceof Api.ChannelFull);
      assert.equal(full.fullChat.participantsCount, club.members.size);
      const person = await client.invoke(new Api.users.GetFullUser({ id: userId }));
      assert.equal(person.users.length, 1);
      const seat = await client.invoke(
        new Api.channels.GetParticipant({ channel, participant: userId }),
      );
      assert.ok(seat.participant instanceof Api.ChannelParticipant);
      const { chats } = await client.invoke(new Api.messages.GetChats({ id: [bigInt(group.id)] }));
      assert.deepEqual(
        chats.map((chat) => chat instanceof Api.Chat && chat.title),
        ["Basic"],
      );
      const channels = await client.invoke(new Api.channels.GetChannels({ id: [channel] }));
      assert.equal(channels.chats.length, 1);
      const peers = [new Api.InputDialogPeer({ peer: channel })];
      const { dialogs } = await client.invoke(new Api.messages.GetPeerDialogs({ peers }));
      assert.ok(dialogs[0] instanceof Api.Dialog);
      assert.equal(dialogs[0].pts, club.box.pts);
      await refuses(
        client.invoke(new Api.contacts.ResolveUsername({ username: "nobody" })),
        "USERNAME_NOT_OCCUPIED",
      );
    });

    test("reading is told to the author, and a new name to all who know it", async () => {
      const post = server.say(bobby, alice, "read me");
      const maxId = server.idOf(post, alice);
      await a.client.invoke(new Api.messages.ReadHistory({ peer: "bobby", maxId }));
      const theirs = server.idOf(post, bobby);
      await update(b, Api.UpdateReadHistoryOutbox, (u) => u.maxId === theirs);
      server.rename(bobby, "Robert");
      const { firstName } = await update(a, Api.UpdateUserName, (u) => u.userId.eq(bobby.id));
      assert.equal(firstName, "Robert");
    });

    test("history is paged, and refused to bots", async () => {
      for (let i = 0; i < 130; i++) server.say(bobby, club, `h${i}`);
      const seen = await a.client.getMessages("theclub", { limit: 130 });
      assert.deepEqual(
        Array.from(seen, ({ message }) => message),
        Array.from({ length: 130 }, (_, i) => `h${129 - i}`),
      );
      const peer = await robot.client.getInputEntity("theclub");
      await refuses(
        robot.client.invoke(new Api.messages.GetHistory({ peer })),
        "BOT_METHOD_INVALID",
      );
    });

    test("dialogs, members and single messages", async () => {
      const titles = (await a.client.getDialogs({})).map(({ title }) => title);
      assert.ok(
        ["Basic", "The Club", "Robert"].every((title) => titles.includes(title)),
        String(titles),
      );
      const members = await a.client.getParticipants("theclub");
      assert.deepEqual(
        Array.from(members, ({ firstName }) => firstName),
        ["Alice", "Robert", "Bridge"],
      );
      const full = await a.client.invoke(
        new Api.messages.GetFullChat({ chatId: bigInt(group.id) }),
      );
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
});

test("short forms: plain private and basic group texts, and the answer to a private one", async () => {
  const terse = await TelegramServer.listen({ shortUpdates: true });
  const erin = terse.addUser({ phone: "15550009", username: "erinn" });
  const frank = terse.addUser({ username: "frank", firstName: "Frank" });
  const pair = terse.addGroup("Pair", [erin, frank]);
  const device = await signIn(terse, "15550009");
  const sent = await send(device, "frank", { message: "hello" });
  assert.ok(sent instanceof Api.UpdateShortSentMessage);
  assert.equal(sent.id, terse.idOf(last(terse.messages(erin, frank)), erin));
  terse.say(frank, erin, "short");
  terse.say(frank, pair, "short too");
  await arrived(() => device.updates.find((u) => u.className === ("UpdateShortMessage" as string)));
  await arrived(() =>
    device.updates.find((u) => u.className === ("UpdateShortChatMessage" as string)),
  );
  await device.client.destroy();
  await terse.close();
});
