import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { userId } from "@bridgebox/core/adapter";
import type { ChatRef } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import { createAttempt, MemoryHost, until } from "@bridgebox/core/testing";
import { chatOf, directOf, openFixture, orderFor, said } from "./testing/world.ts";
import type { Fixture, Live } from "./testing/world.ts";

/** One test on a workspace of its own. */
const onSlack = (name: string, play: (fixture: Fixture, live: Live) => Promise<void>): void => {
  test(name, { timeout: 20_000 }, async () => {
    const fixture = await openFixture();
    try {
      await play(fixture, await fixture.goLive());
    } finally {
      await fixture.close();
    }
  });
};

/** The core after a restart. */
const hostAgain = ({ core }: Live, chat: ChatRef): MemoryHost => {
  const host = new MemoryHost(core.kept);
  host.chats.push(chat);
  return host;
};

const messageOf = (live: Live, text: string) =>
  live.core.event(text, (event) => {
    if (event.kind !== "message") return false;
    const [part] = event.content.parts;
    const shown =
      part?.kind === "text" ? part.text : part?.kind === "media" ? part.caption : undefined;
    return shown !== undefined && toPlain(shown) === text && event;
  });

describe("people without a login", () => {
  onSlack("speak under their own names, by the bot", async (fixture, live) => {
    const { general, app, server } = fixture;
    const speaker = {
      as: "relay",
      handle: "@eve:m",
      name: "Eve",
      avatarUrl: "https://m.example/a.png",
    } as const;
    const order = orderFor(live, { chat: chatOf(general), content: said("hi"), speaker });
    const result = await live.connection.send(order, createAttempt());
    const [post] = general.posts;
    assert.deepEqual(
      [post?.username, post?.icon, post?.botId],
      ["Eve", "https://m.example/a.png", app.bot.botId],
    );
    const echo = await messageOf(live, "hi");
    assert.equal(echo.sender, app.bot.id, "our own bot is no ghost");
    assert.equal(echo.profile, undefined);
    assert(result.state === "sent");
    const edit = orderFor(live, { chat: chatOf(general), content: said("hello"), speaker });
    await live.connection.edit?.(result.sent.id, edit, createAttempt());
    assert.equal(post?.text, "hello");
    await live.connection.remove?.(
      chatOf(general),
      result.sent.id,
      speaker,
      AbortSignal.timeout(5000),
    );
    assert.equal(general.posts.length, 0);
    assert.deepEqual(server.violations, []);
  });
});

describe("the directory", () => {
  onSlack("finds channels and people, and lists who is where", async (fixture, live) => {
    const { server, ana, bob, general, app } = fixture;
    server.pageSize = 2;
    const secret = server.addChannel("secret", [ana, bob], "private");
    const { connection } = live;
    const signal = AbortSignal.timeout(5000);
    assert.equal((await connection.resolve?.("#general", signal))?.chat?.id, general.id);
    assert.equal((await connection.resolve?.(general.id, signal))?.name, "general");
    assert.equal((await connection.resolve?.("@Bob", signal))?.user, bob.id);
    assert.equal((await connection.resolve?.(ana.id, signal))?.name, "Ana");
    assert.equal(
      await connection.resolve?.("secret", signal),
      undefined,
      "nobody's secret is told",
    );
    assert.equal(await connection.resolve?.(secret.id, signal), undefined);
    const found = (await connection.search?.("an", signal)) ?? [];
    assert.deepEqual(
      found.map(({ name }) => name),
      ["Ana"],
    );
    const members: string[] = [];
    for await (const page of connection.members?.(chatOf(general), signal) ?? [])
      members.push(...page.map(({ user }) => user));
    assert.deepEqual(members.toSorted(), [ana.id, bob.id, app.bot.id].toSorted());
  });

  onSlack("lists conversations, the liveliest first", async (fixture, live) => {
    const { server, bob, general, app } = fixture;
    const quiet = server.addChannel("quiet", [bob, app.bot]);
    const direct = server.direct(app.bot, bob);
    server.say(bob, quiet, "1");
    server.say(bob, general, "2");
    server.say(bob, direct, "3");
    const listed: string[] = [];
    server.limit("users.info", 1);
    for await (const page of live.connection.chats?.(AbortSignal.timeout(5000)) ?? [])
      listed.push(...page.map(({ ref }) => ref.id));
    assert.deepEqual(listed, [direct.id, general.id, quiet.id]);
  });

  onSlack("opens a direct conversation, which belongs to its login", async (fixture, live) => {
    const { bob } = fixture;
    const chat = await live.connection.startChat?.(userId(bob.id), AbortSignal.timeout(5000));
    assert.match(String(chat?.id), /^D/);
    assert.equal(chat?.receiver, "slack:bot");
    assert(chat);
    const info = await live.connection.describe(chat, AbortSignal.timeout(5000));
    assert.deepEqual([info.kind, info.peer, info.visibility], ["dm", bob.id, "secret"]);
  });

  onSlack("makes channels and groups, and lets people in and out", async (fixture, live) => {
    const { server, ana, bob, app } = fixture;
    const members = [userId(ana.id), userId(bob.id)];
    const { connection } = live;
    const group = await connection.createGroup?.({ kind: "group", members }, createAttempt());
    assert.deepEqual(server.direct(app.bot, ana, bob).id, group?.id);
    const closed = await connection.createGroup?.(
      { kind: "group", name: "Just us", members },
      createAttempt(),
    );
    const own = server.world.channels.get(String(closed?.id));
    assert.deepEqual([own?.kind, own?.name, own?.members.size], ["private", "just-us", 3]);
    const made = await connection.createGroup?.(
      { kind: "channel", name: "My New Channel!", members },
      createAttempt(),
    );
    const channel = server.world.channels.get(String(made?.id));
    assert.equal(channel?.name, "my-new-channel");
    assert(made && channel?.members.has(bob));
    const again = await connection.createGroup?.(
      { kind: "channel", name: "My New Channel!", members },
      { ...createAttempt(), notes: { channel: made.id } },
    );
    assert.deepEqual(again, made, "after a restart nobody of them is missing");
    server.fail("conversations.invite", "ura_max_channels");
    const empty = await connection.createGroup?.(
      { kind: "channel", name: "alone", members },
      createAttempt(),
    );
    assert.deepEqual(
      empty?.missing?.map(({ user }) => user),
      members,
    );
    assert.match(
      empty?.missing?.[0]?.why ?? "",
      /^They were not invited: a guest of one channel may be in no other\.$/,
    );
    assert.equal(server.world.channels.get(empty.id)?.name, "alone");
    const signal = AbortSignal.timeout(5000);
    for (const state of ["leave", "leave", "invite", "invite"] as const) {
      await connection.setMember?.(made, { user: userId(bob.id), state }, signal);
      assert.equal(channel.members.has(bob), state === "invite");
    }
    await connection.setMember?.(
      made,
      { user: userId(bob.id), state: "leave", lifted: true },
      signal,
    );
    assert.ok(channel.members.has(bob), "nobody is taken out by the end of a ban");
    await connection.setInfo?.(made, { name: "Other name", topic: "news" }, signal);
    assert.deepEqual([channel.name, channel.topic], ["other-name", "news"]);
  });

  test("a role in the workspace is the account's in every channel, and none can be given", async () => {
    const fixture = await openFixture();
    const { server, ana, bob, general } = fixture;
    try {
      ana.rank = "owner";
      const live = await fixture.alone(server.addToken("session", ana));
      const signal = AbortSignal.timeout(5000);
      const chat = chatOf(general);
      live.core.chats.push(chat, directOf(server.direct(ana, bob), ana));
      const { members, features } = await live.connection.describe(chat, signal);
      assert.deepEqual(members, [{ user: ana.id, state: "join", role: "owner" }]);
      assert.equal(features.roles, undefined);
      server.changeUser(ana, { rank: "admin" });
      const told = await live.core.event("the role", (it) => it.kind === "members" && it);
      assert.deepEqual(
        [told.chat, told.list],
        [chat, [{ user: ana.id, state: "join", role: "admin" }]],
      );
      const calls = server.calls.length;
      const made = { user: userId(bob.id), state: "join", role: "moderator" } as const;
      await assert.rejects(async () => live.connection.setMember?.(chat, made, signal), {
        code: "unsupported",
        message: /role was not changed: a role of Slack's is for a whole workspace/,
      });
      assert.equal(server.calls.length, calls);
      await live.close();
      ana.rank = "member";
      const again = await fixture.alone(server.addToken("session", ana), hostAgain(live, chat));
      const lost = await again.core.event("the role", (it) => it.kind === "members" && it);
      assert.deepEqual(lost.list, [{ user: ana.id, state: "join", role: "member" }]);
    } finally {
      await fixture.close();
    }
  });

  onSlack("enters public channels, and says why it cannot enter others", async (fixture, live) => {
    const { server, bob, app } = fixture;
    const open = server.addChannel("open", [bob]);
    await live.connection.join?.(chatOf(open), AbortSignal.timeout(5000));
    assert(open.members.has(app.bot));
    const closed = server.addChannel("closed", [bob], "private");
    await assert.rejects(
      async () => live.connection.join?.(chatOf(closed), AbortSignal.timeout(5000)),
      /does not know that conversation, or this account is not in it\.$/,
    );
  });
});

describe("people with logins of their own", () => {
  onSlack("what they see comes on the app's socket, and says who saw it", async (fixture, live) => {
    const { server, ana, bob, general, app } = fixture;
    const token = server.addToken("user", ana, app.app);
    const mine = await fixture.join(live, token);
    const alone = server.addChannel("ours", [ana, bob], "private");
    server.say(bob, general, "to both");
    server.say(bob, alone, "to Ana");
    const direct = server.direct(ana, bob);
    server.say(bob, direct, "to her alone");
    await messageOf(live, "to her alone");
    const seenBy = (text: string) =>
      live.core.batches.find(({ events }) =>
        events.some(
          (it) =>
            it.kind === "message" &&
            it.content.parts.some((part) => part.kind === "text" && toPlain(part.text) === text),
        ),
      )?.seenBy;
    const login = `slack:T0TEAM001-${ana.id}`;
    assert.deepEqual(seenBy("to both")?.toSorted(), [login, "slack:bot"].toSorted());
    assert.deepEqual(seenBy("to Ana"), [login]);
    assert.deepEqual(seenBy("to her alone"), [login]);
    assert.deepEqual((await messageOf(live, "to her alone")).chat, directOf(direct, ana));
    const order = orderFor(mine, { chat: directOf(direct, ana), content: said("it is me") });
    await mine.connection.send(order, createAttempt());
    const post = direct.posts.find(({ text }) => text === "it is me");
    assert.equal(post?.user, ana);
    assert.equal(post?.botId, undefined);
    assert(!("typing" in mine.connection), "an app cannot type");
    await mine.connection.markRead?.(
      directOf(direct, ana),
      (await messageOf(live, "to her alone")).id,
      AbortSignal.timeout(5000),
    );
    assert.equal(direct.read.get(ana), direct.posts[0]?.ts);
  });

  onSlack(
    "who leaves a channel over there is out of it, whoever else is in it",
    async (fixture, live) => {
      const { server, ana, bob, general, app } = fixture;
      const mine = await fixture.join(live, server.addToken("user", ana, app.app));
      const closed = server.addChannel("closed", [ana, bob], "private");
      for (const channel of [general, closed]) server.say(bob, channel, `in ${channel.name}`);
      await messageOf(live, "in closed");
      for (const channel of [general, closed]) {
        server.leave(channel, ana);
        const login = `slack:T0TEAM001-${ana.id}`;
        const gone = await live.core.event("she is out", (event) => {
          return event.kind === "gone" && event.chat.id === channel.id && event;
        });
        assert.deepEqual([gone.why, gone.login], ["left", login]);
      }
      const left = live.core.batches.find(({ events }) =>
        events.some(({ kind }) => kind === "gone"),
      );
      assert.deepEqual(
        left?.events.map(({ kind }) => kind),
        ["members", "gone"],
      );
      assert.equal(left.seenBy.length, 2, "also where an app is not told of channel_left");
      await mine.close();
    },
  );

  test(
    "a browser's session hears all that its person does, types and marks as read",
    { timeout: 20_000 },
    async () => {
      const fixture = await openFixture();
      const { server, ana, bob, general } = fixture;
      try {
        server.direct(ana, bob);
        const live = await fixture.alone(server.addToken("session", ana));
        const presence = () => live.core.of("presence").map(({ user, state }) => [user, state]);
        await until("who is there", () => presence().length === 1);
        server.appear(bob, "away");
        await until("who went away", () => presence().length === 2);
        assert.deepEqual(presence(), [
          [bob.id, "online"],
          [bob.id, "away"],
        ]);
        server.typing(general, bob);
        const typing = await live.core.event("typing", (event) => event.kind === "typing" && event);
        assert.equal(typing.user, bob.id);
        server.say(bob, general, "hello session");
        const { id } = await messageOf(live, "hello session");
        live.connection.typing?.(chatOf(general), "text");
        await server.until(() => server.typed.some(({ user }) => user === ana));
        await live.connection.markRead?.(chatOf(general), id, AbortSignal.timeout(5000));
        const read = await live.core.event("the mark", (event) => event.kind === "read" && event);
        assert.deepEqual([read.user, read.upTo], [ana.id, id]);
        const order = orderFor(live, { chat: chatOf(general), content: said("from the browser") });
        const attempt = createAttempt();
        await live.connection.send(order, attempt);
        const again = await live.connection.send(order, attempt);
        assert.equal(again.state, "sent");
        const posts = general.posts.filter(({ text }) => text === "from the browser");
        assert.equal(posts.length, 1, "Slack knows it again");
        assert.equal(posts[0]?.user, ana);
        const found = await live.connection.find?.(order, attempt);
        assert.equal(found?.state, "sent");
        server.dropConnections();
        await until(
          "a reconnect",
          () => live.core.states.filter(({ state }) => state === "connected").length === 2,
        );
        await until("who is there, asked anew", () => presence().length === 3);
        server.say(bob, general, "after the cut");
        await messageOf(live, "after the cut");
      } finally {
        await fixture.close();
      }
    },
  );
});
