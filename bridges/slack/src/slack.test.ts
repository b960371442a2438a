import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { messageId } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import { createAttempt, until } from "@bridgebox/core/testing";
import { shownText } from "./testing/shown-text.ts";
import { chatOf, openFixture, orderFor, said } from "./testing/world.ts";
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

const messageOf = (live: Live, text: string) =>
  live.core.event(text, (event) => {
    if (event.kind !== "message") return false;
    const [part] = event.content.parts;
    const shown =
      part?.kind === "text" ? part.text : part?.kind === "media" ? part.caption : undefined;
    return shown !== undefined && toPlain(shown) === text && event;
  });

describe("what happens in a conversation", () => {
  onSlack("a thread has a root, and may be shown in the channel too", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const root = server.say(bob, general, "root");
    server.say(bob, general, "leaf", { thread: root });
    server.say(bob, general, "both", { thread: root, broadcast: true });
    const leaf = await messageOf(live, "leaf");
    assert.deepEqual(leaf.content.thread, { root: { id: root.ts, sender: bob.id } });
    const both = await messageOf(live, "both");
    assert.equal(both.content.thread?.alsoInChat, true);
    const answer = orderFor(live, {
      chat: chatOf(general),
      content: said("to the leaf", { replyTo: { id: leaf.id, ids: [leaf.id] } }),
    });
    await live.connection.send(answer, createAttempt());
    const post = general.posts.find((each) => each.text === "to the leaf");
    assert.equal(post?.threadTs, root.ts, "threads have one level");
  });

  onSlack(
    "a huddle is a call, told when it begins and once when it is over",
    async (fixture, live) => {
      const { server, bob, general } = fixture;
      const end = server.huddle(general, bob);
      end();
      end();
      server.huddle(general, bob)(true);
      server.say(bob, general, "after it");
      await messageOf(live, "after it");
      const calls = live.core.of("call");
      const [first] = calls;
      assert.equal(first?.sender, bob.id);
      assert.equal(
        first?.link,
        `https://app.slack.com/huddle/${server.world.team.id}/${general.id}`,
      );
      assert.deepEqual(
        calls.map(({ state }) => state),
        ["ringing", "ended", "ended", "ringing", "missed"],
      );
      assert.equal(
        new Set(calls.map(({ key }) => key)).size,
        4,
        "what comes again has the same key",
      );
    },
  );

  onSlack("a channel that was made private is open to nobody", async (fixture, live) => {
    const { server, bob, general } = fixture;
    server.convert(general, bob);
    const change = await live.core.event("the change", (event) => event.kind === "chat" && event);
    const closed = { visibility: "secret", entry: "invite" };
    assert.deepEqual([change.chat, change.info], [chatOf(general), closed]);
    const told = await live.connection.describe(chatOf(general), AbortSignal.timeout(5000));
    assert.equal(told.entry, "invite");
  });

  onSlack("what is sent is told to stand in its thread, or in none", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const root = server.say(bob, general, "root");
    const leaf = server.say(bob, general, "leaf", { thread: root });
    await messageOf(live, "leaf");
    const toLeaf = { id: messageId(leaf.ts), ids: [messageId(leaf.ts)] };
    const ends = [
      { words: "in the chat", more: {}, thread: null },
      { words: "to the leaf", more: { replyTo: toLeaf }, thread: root.ts },
      // It is listed in both.
      { words: "in both", more: { thread: { root: toLeaf, alsoInChat: true } }, thread: undefined },
    ];
    for (const { words, more, thread } of ends) {
      const order = orderFor(live, { chat: chatOf(general), content: said(words, more) });
      const attempt = createAttempt();
      const sent = await live.connection.send(order, attempt);
      const found = await live.connection.find?.(order, attempt);
      assert(sent.state === "sent" && found?.state === "sent", words);
      assert.deepEqual([sent.sent.thread, found.sent.thread], [thread, thread], words);
    }
  });

  onSlack("reactions come and go, with the workspace's own emoji", async (fixture, live) => {
    const { server, bob, general } = fixture;
    server.world.emoji.set("partyparrot", `${server.url}/emoji/parrot.png`);
    server.world.emoji.set("party", "alias:partyparrot");
    const post = server.say(bob, general, "react");
    server.react(general, post, { user: bob, name: "thumbsup::skin-tone-3" });
    server.fail("emoji.list", "internal_error", { status: 500 });
    server.react(general, post, { user: bob, name: "party" });
    await until("it has no picture for once", () => live.core.of("reactions").length === 2);
    server.react(general, post, { user: bob, name: "party", on: false });
    await until("it is taken back", () => live.core.of("reactions").length === 3);
    server.react(general, post, { user: bob, name: "party" });
    server.react(general, post, { user: bob, name: "party", on: false });
    const sets = await until("three more reactions", () => {
      const all = live.core.of("reactions");
      return all.length === 5 && all.map(({ set }) => set[0]).toSpliced(1, 2);
    });
    assert.deepEqual(
      sets.map((each) => [each?.emoji, each?.on]),
      [
        ["👍🏼", true],
        [":party:", true],
        [":party:", false],
      ],
    );
    assert.deepEqual(sets[1]?.custom?.locator, { picture: `${server.url}/emoji/parrot.png` });
    const { connection } = live;
    const signal = AbortSignal.timeout(5000);
    const id = (await messageOf(live, "react")).id;
    for (const emoji of ["❤️", "👍🏿", ":party:"])
      await connection.react?.(chatOf(general), { id, emoji, on: true }, { as: "self" }, signal);
    const ours = post.reactions.filter(({ users }) => users.includes(fixture.app.bot));
    assert.deepEqual(
      ours.map(({ name }) => name),
      ["heart", "+1::skin-tone-6", "party"],
    );
    await assert.rejects(
      async () =>
        connection.react?.(chatOf(general), { id, emoji: "x", on: true }, { as: "self" }, signal),
      /no emoji like it/,
    );
  });

  onSlack("what a channel is for stands where it has no topic", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const shown = () => live.core.of("chat").map(({ info }) => info.topic);
    const next = async (length: number) => {
      await until("the change", () => shown().length === length);
      return shown().at(-1);
    };
    server.purpose(general, bob, "To talk");
    assert.equal(await next(1), "To talk");
    server.topic(general, bob, "Now: tea");
    assert.equal(await next(2), "Now: tea");
    server.purpose(general, bob, "To talk at length");
    assert.equal(await next(3), "Now: tea", "a topic goes before it");
    server.topic(general, bob, "");
    assert.equal(await next(4), "To talk at length");
    server.limit("conversations.info", 1);
    server.topic(general, bob, "");
    assert.equal(await next(5), "To talk at length", "it is waited as long as Slack asks to");
    server.answer("conversations.info", '{"ok":true}');
    server.answer("conversations.info", '{"ok":true}');
    server.purpose(general, bob, "Nobody reads it");
    server.topic(general, bob, "");
    server.say(bob, general, "after it");
    await until("what was said after", () => live.core.of("message").length === 1);
    assert.equal(shown().length, 5, "what is not known is not told");
    assert.deepEqual(live.core.of("notice"), []);
  });

  onSlack("who comes and goes, and what a channel is called", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const carl = server.addUser("carl");
    server.join(general, carl);
    server.leave(general, carl);
    server.rename(general, "lounge");
    server.topic(general, bob, "quiet, please");
    server.archive(general, bob);
    const chats = await until(
      "three changes",
      () => live.core.of("chat").length === 3 && live.core.of("chat"),
    );
    assert.deepEqual(
      chats.map(({ info }) => info),
      [{ name: "lounge" }, { topic: "quiet, please" }, { readOnly: true }],
    );
    const members = live.core.of("members").map(({ list }) => [list[0]?.user, list[0]?.state]);
    assert.deepEqual(members, [
      [carl.id, "join"],
      [carl.id, "leave"],
    ]);
    assert.deepEqual(live.core.of("message"), [], "no line about it is shown");
    const info = await live.connection.describe(chatOf(general), AbortSignal.timeout(5000));
    assert.deepEqual(
      [info.kind, info.name, info.topic, info.visibility, info.entry, info.readOnly],
      ["channel", "lounge", "quiet, please", "public", "open", true],
    );
  });

  onSlack(
    "when the bot is taken out of a channel, the channel is over for it",
    async (fixture, live) => {
      fixture.server.leave(fixture.general, fixture.app.bot);
      const gone = await live.core.event("the end", (event) => event.kind === "gone" && event);
      assert.equal(gone.login, "slack:bot");
    },
  );

  onSlack("a person's new name and picture", async (fixture, live) => {
    const { server, bob } = fixture;
    server.changeUser(bob, { displayName: "Robert", image: `${server.url}/avatar/bob.png` });
    const event = await live.core.event("the change", (it) => it.kind === "user" && it);
    assert.equal(event.info.name, "Robert");
    assert.deepEqual(event.info.avatar, { locator: { picture: `${server.url}/avatar/bob.png` } });
  });

  onSlack("pins", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const post = server.say(bob, general, "pin me");
    server.pin(general, post, { user: bob });
    server.pin(general, post, { user: bob, on: false });
    await until("two pins", () => live.core.of("pins").length === 2);
    assert.deepEqual(
      live.core.of("pins").flatMap(({ set }) => set.map(({ on }) => on)),
      [true, false],
    );
  });

  onSlack("what bots post: a name for one message, blocks, attachments", async (fixture, live) => {
    const { server, general } = fixture;
    server.say(undefined, general, "", {
      username: "Build",
      icon: "https://ca.slack-edge.com/x.png",
      botId: "B0BUILDER1",
      blocks: [{ type: "section", text: { type: "mrkdwn", text: "*red*" } }],
      attachments: [{ title: "Log", title_link: "https://ci.example/1", text: "step 3 failed" }],
    });
    const event = await live.core.event("the message", (it) => it.kind === "message" && it);
    assert.equal(event.sender, "B0BUILDER1");
    assert.equal(event.profile?.name, "Build");
    const [part] = event.content.parts;
    assert(part?.kind === "text");
    assert.equal(toPlain(part.text), "red\n\n> Log (https://ci.example/1)\n>\n> step 3 failed");
  });

  onSlack("a preview that Slack adds is no edit, a real edit is one", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const post = server.say(bob, general, "see <https://e.example>");
    server.unfurl(general, post, [{ from_url: "https://e.example", title: "Example" }]);
    server.edit(general, post, "seen");
    const edit = await live.core.event("the edit", (it) => it.kind === "edit" && it);
    const [part] = edit.content.parts;
    assert.equal(part?.kind === "text" && toPlain(part.text), "seen");
    assert.equal(live.core.of("edit").length, 1);
  });

  onSlack("what is deleted is gone, also when a thread hangs on it", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const root = server.say(bob, general, "root");
    const leaf = server.say(bob, general, "leaf", { thread: root });
    server.remove(general, root);
    server.remove(general, leaf);
    const gone = await until(
      "both",
      () => live.core.of("delete").length === 2 && live.core.of("delete"),
    );
    assert.deepEqual(
      gone.map(({ ids }) => ids),
      [[root.ts], [leaf.ts]],
    );
    assert.deepEqual(live.core.of("edit"), []);
  });

  onSlack("a bot that changes its message without a mark has changed it", async (fixture, live) => {
    const { server, general } = fixture;
    const post = server.say(undefined, general, "1 %", { username: "Build", botId: "B0BUILDER1" });
    server.rewrite(general, post, "2 %");
    const edit = await live.core.event("the edit", (it) => it.kind === "edit" && it);
    const [part] = edit.content.parts;
    assert.equal(part?.kind === "text" && toPlain(part.text), "2 %");
  });

  onSlack("an action is one", async (fixture, live) => {
    const { server, bob, general } = fixture;
    server.say(bob, general, "waves", { subtype: "me_message" });
    const event = await messageOf(live, "waves");
    const [part] = event.content.parts;
    assert.equal(part?.kind === "text" && part.tone, "action");
  });

  onSlack("the same event twice is one, also when Slack says it anew", async (fixture, live) => {
    const { server, bob, general } = fixture;
    server.say(bob, general, "once");
    await messageOf(live, "once");
    const [payload] = server.feed.sent;
    assert(payload);
    server.feed.repeat(payload);
    server.say(bob, general, "then");
    await messageOf(live, "then");
    assert.equal(live.core.of("message").length, 2);
    await server.until(() => server.feed.acknowledged.length >= 3);
  });
});

test("what is shown is what was said", async () => {
  const fixture = await openFixture();
  try {
    const live = await fixture.goLive();
    const text = "*a* _b_ <c> & `d` :smile: @here";
    const order = orderFor(live, { chat: chatOf(fixture.general), content: said(text) });
    await live.connection.send(order, createAttempt());
    const [post] = fixture.general.posts;
    assert(post);
    assert.equal(shownText(post), text);
    assert.deepEqual(fixture.server.callsOf(post), []);
    const echo = await live.core.event("the echo", (it) => it.kind === "message" && it);
    const [part] = echo.content.parts;
    assert.equal(part?.kind === "text" && toPlain(part.text), text);
  } finally {
    await fixture.close();
  }
});
