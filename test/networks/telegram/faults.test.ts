import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Api } from "telegram";
import { TelegramServer, type Account, type Channel } from "./index.ts";
import { last, refuses, send, signIn, textOf, update, type Device } from "./test-device.ts";

describe("a Telegram that fails on demand", () => {
  let server: TelegramServer;
  let alice: Account;
  let bobby: Account;
  let club: Channel;
  let a: Device;

  before(async () => {
    server = await TelegramServer.listen({ sliceSize: 20 });
    alice = server.addUser({ phone: "15550001", username: "alice", firstName: "Alice" });
    bobby = server.addUser({ username: "bobby", firstName: "Bob" });
    club = server.addSupergroup("Club", [alice, bobby], { username: "theclub" });
    a = await signIn(server, "15550001");
  });

  after(async () => {
    await a.client.destroy();
    await server.close();
    assert.deepEqual(server.unhandled, []);
    assert.deepEqual(server.faults, []);
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

    test("a forgotten session hears nothing until it speaks", async () => {
      server.forgetSessions();
      assert.equal(server.connected(alice), false);
      server.say(bobby, alice, "while forgotten");
      await a.client.invoke(new Api.updates.GetState());
      assert.equal(server.connected(alice), true);
      server.say(bobby, alice, "heard again");
      await update(a, Api.UpdateNewMessage, (u) => textOf(u.message) === "heard again");
      const heard = a.updates.some(
        (u) => u instanceof Api.UpdateNewMessage && textOf(u.message) === "while forgotten",
      );
      assert.equal(heard, false);
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
  });
});
