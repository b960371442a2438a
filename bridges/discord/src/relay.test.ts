import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, firstPart, messageId } from "@bridgebox/core/adapter";
import type { Connection, Content, Order, Speaker } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import { chatFor } from "./testing/fixture.ts";
import { webhookName } from "./webhooks.ts";
import { story } from "./testing/story.ts";

const ana: Speaker = {
  as: "relay",
  handle: "ana",
  name: "Ana",
  avatarUrl: "https://media.example.com/ana.png",
};

const saying = (text: string): Content => ({
  parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }],
});

const orders = (
  connection: Connection,
  chat: Order["chat"],
  content: Content,
  speaker: Speaker = ana,
): readonly Order[] => {
  const drafts = connection.plan?.({ chat, speaker, content, at: 0 }) ?? [];
  return drafts.map((draft) => ({ chat, draft, speaker }));
};

const one = (...given: Parameters<typeof orders>): Order => {
  const [order] = orders(...given);
  assert.ok(order);
  return order;
};

const failure = async (run: Promise<unknown>): Promise<BridgeError> => {
  const thrown: unknown = await run.then(
    () => new Error("it was not refused"),
    (error: unknown) => error,
  );
  assert(thrown instanceof BridgeError, String(thrown));
  return thrown;
};

story(
  "a webhook is made once, kept as a secret, and found again after a restart",
  async (fixture) => {
    const { server, channel, chat, live } = fixture;
    const first = await live();
    const send = (connection: Connection, text: string) =>
      connection.send(one(connection, chat, saying(text)), createAttempt());
    await Promise.all(["a", "b", "c"].map((text) => send(first.connection, text)));
    const [webhook, ...more] = server.webhooks(channel);
    assert.ok(webhook);
    assert.deepEqual(more, []);
    assert(first.host.kept.secrets.has(`webhook:${channel.id}`));
    assert(!first.host.log.includes(webhook.token));
    await first.close();
    const second = await live(first.host.kept);
    await send(second.connection, "d");
    const lists = server.calls.filter(
      ({ method, path }) => method === "GET" && path.endsWith("/webhooks"),
    );
    assert.equal(lists.length, 1);
    await second.close();
    const third = await live();
    await send(third.connection, "e");
    assert.deepEqual(server.webhooks(channel), [webhook]);
    const authors = server
      .messages(channel)
      .map(({ author, content }) => `${author.username}: ${content}`);
    assert.deepEqual(authors.toSorted(), ["Ana: a", "Ana: b", "Ana: c", "Ana: d", "Ana: e"]);
    const call = server.calls.find(({ path }) => path.startsWith("/webhooks/"));
    assert.equal(call?.body?.["avatar_url"], "https://media.example.com/ana.png");
    assert.equal(call?.query["wait"], "true");
    assert.equal(call?.authorization, undefined);
  },
);

story(
  "a webhook that somebody deleted is made again, and nothing is lost or doubled",
  async (fixture) => {
    const { server, channel, chat, live } = fixture;
    const { connection } = await live();
    await connection.send(one(connection, chat, saying("before")), createAttempt());
    const [webhook] = server.webhooks(channel);
    assert.ok(webhook);
    server.deleteWebhook(webhook);
    const result = await connection.send(one(connection, chat, saying("after")), createAttempt());
    assert.equal(result.state, "sent");
    assert.deepEqual(
      server.messages(channel).map(({ content }) => content),
      ["before", "after"],
    );
  },
);

story(
  "what our webhook and our bot say does not come back; what others' webhooks say does",
  async (fixture) => {
    const { server, channel, bob, chat, live } = fixture;
    const { connection, host } = await live();
    await connection.send(one(connection, chat, saying("ours")), createAttempt());
    const attempt = createAttempt();
    await connection.send(one(connection, chat, saying("the bot's"), { as: "self" }), attempt);
    const foreign = server.addWebhook(channel, "News");
    const author = { ...server.addUser({ username: "News", bot: true }), id: foreign.id };
    server.say(author, channel, "foreign", { webhook: foreign });
    server.say(bob, channel, "end");
    const end = await host.event(
      "the end",
      (it) => it.kind === "message" && it.sender === bob.id && it,
    );
    const messages = host.of("message");
    assert.equal(messages.length, 3);
    assert.equal(messages[0]?.confirms, attempt.key);
    assert.equal(messages[1]?.profile?.name, "News");
    const known = host.of("user").find(({ user }) => user === foreign.id);
    assert.equal(known?.info.name, "News");
    assert.equal(messages[2], end);
  },
);

story("history names what our webhook said, so that a deletion of it is seen", async (fixture) => {
  const { server, bob, channel, chat, live } = fixture;
  const { connection } = await live();
  const said = async (text: string) => {
    const sent = await connection.send(one(connection, chat, saying(text)), createAttempt());
    assert(sent.state === "sent");
    return sent.sent;
  };
  server.say(bob, channel, "first");
  const kept = await said("kept");
  const removed = await said("removed by somebody there");
  server.remove(
    server.posts(channel).find(({ message }) => message.id === removed.id) ?? assert.fail(),
  );
  const edited = server.say(bob, channel, "last");
  server.edit(edited, "last, edited");
  const query = { chat, direction: "older", limit: 100 } as const;
  const page = await connection.history?.(query, AbortSignal.timeout(5000));
  assert.ok(page);
  assert.deepEqual([page.unlisted, page.ours], ["deleted", true]);
  const events = page.events.filter((event) => event.kind === "message");
  assert.equal(events.length, 2);
  assert.deepEqual(
    page.listed?.map(({ id }) => String(id)),
    server.posts(channel).map(({ message }) => message.id),
  );
  assert.deepEqual(
    page.listed?.find(({ id }) => id === kept.id),
    kept,
  );
  assert.deepEqual(
    events.map(({ edited: at }) => at),
    [null, Date.parse(edited.message.edited_timestamp ?? "")],
  );
});

story("edits and deletes go by the webhook that wrote", async ({ server, channel, chat, live }) => {
  const { connection } = await live();
  const result = await connection.send(one(connection, chat, saying("tpyo")), createAttempt());
  assert(result.state === "sent");
  await connection.edit?.(
    result.sent.id,
    one(connection, chat, saying("typo @everyone")),
    createAttempt(),
  );
  assert.equal(server.messages(channel)[0]?.content, "typo @everyone");
  const edit = server.calls.find(({ method }) => method === "PATCH");
  assert.deepEqual(edit?.body?.["allowed_mentions"], {
    parse: [],
    users: [],
    roles: [],
    replied_user: false,
  });
  await connection.remove?.(chat, result.sent.id, ana, AbortSignal.timeout(2000));
  await connection.remove?.(chat, result.sent.id, ana, AbortSignal.timeout(2000));
  assert.deepEqual(server.messages(channel), []);
});

story("a thread is spoken to by its channel's webhook", async ({ server, channel, bob, live }) => {
  const thread = server.addThread(channel, bob, { name: "Plans" });
  const { connection } = await live();
  const chat = chatFor(thread);
  const result = await connection.send(one(connection, chat, saying("in here")), createAttempt());
  assert(result.state === "sent");
  await connection.edit?.(
    result.sent.id,
    one(connection, chat, saying("in there")),
    createAttempt(),
  );
  assert.equal(server.messages(thread)[0]?.content, "in there");
  assert.deepEqual(server.webhooks(thread), []);
  assert.equal(server.webhooks(channel).length, 1);
  const info = await connection.describe(chat, AbortSignal.timeout(2000));
  assert.equal(info.kind, "thread");
  assert.equal(info.parent?.id, channel.id);
  await connection.remove?.(chat, result.sent.id, ana, AbortSignal.timeout(2000));
  assert.deepEqual(server.messages(thread), []);
});

story("a reply is a line with a link, for a webhook cannot reply", async (fixture) => {
  const { server, channel, guild, bob, chat, live } = fixture;
  const { connection } = await live();
  const post = server.say(bob, channel, "what time is it?");
  const replyTo = {
    id: messageId(post.message.id),
    senderName: "Bob [x](https://evil.org)",
    excerpt: "what time is it?\n# really",
  };
  await connection.send(one(connection, chat, { ...saying("late"), replyTo }), createAttempt());
  const url = `https://discord.com/channels/${guild.id}/${channel.id}/${post.message.id}`;
  const [line, text] = server.messages(channel)[1]?.content.split("\n") ?? [];
  assert(line?.startsWith("-# ↩ [Bob  x"));
  assert(line?.includes(`](${url}): what time is it? # really`));
  assert.equal(text, "late");
  const long = { ...saying("word ".repeat(900)), replyTo };
  for (const order of orders(connection, chat, long)) await connection.send(order, createAttempt());
  assert(server.messages(channel)[2]?.content.startsWith("-# ↩"));
});

story("without Manage Webhooks the bot speaks, but never without the name", async (fixture) => {
  const { server, channel, guild, chat, live } = fixture;
  const { connection, host } = await live();
  const unnamed = one(connection, chat, saying("who am I?"));
  server.deny(guild, channel, "manageWebhooks");
  const told = await host.event(
    "the change",
    (it) => it.kind === "chat" && it.info.features?.relay.text === "prefix" && it,
  );
  assert.deepEqual(told.chat, chat);
  const error = await failure(connection.send(unnamed, createAttempt()));
  assert.equal(error.code, "forbidden");
  assert.match(error.message, /Manage Webhooks/);
  await connection.send(one(connection, chat, saying("Ana: hello")), createAttempt());
  const [message] = server.messages(channel);
  assert.equal(message?.author.id, server.bot.id);
});

story(
  "a lost answer is found by name and text; two equal ones cannot be told apart",
  async (fixture) => {
    const { server, channel, chat, live } = fixture;
    const { connection } = await live();
    await connection.send(one(connection, chat, saying("hello")), createAttempt());
    const order = one(connection, chat, saying("hello"));
    server.swallow(/^POST \/webhooks/);
    const stop = new AbortController();
    const attempt = createAttempt(undefined, stop.signal);
    const failed = failure(connection.send(order, attempt));
    await server.until(() => server.messages(channel).length === 2);
    stop.abort();
    assert.equal((await failed).reached, "unknown");
    const found = await connection.find?.(order, createAttempt(attempt));
    assert.equal(found?.state, "sent");
    const other = await connection.find?.(
      one(connection, chat, saying("hello"), { ...ana, name: "Eve" }),
      createAttempt(attempt),
    );
    assert.equal(other?.state, "absent");
    await connection.send(order, createAttempt());
    assert.equal((await connection.find?.(order, createAttempt(attempt)))?.state, "unknown");
  },
);

story(
  "what may stand behind more than is looked through is not taken for absent",
  async (fixture) => {
    const { server, bob, channel, chat, live } = fixture;
    const { connection } = await live();
    const order = one(connection, chat, saying("hello"));
    const attempt = createAttempt();
    const state = async () => (await connection.find?.(order, createAttempt(attempt)))?.state;
    for (let said = 0; said < 499; said += 1) server.say(bob, channel, "so much");
    assert.equal(await state(), "absent");
    server.say(bob, channel, "and more");
    assert.equal(await state(), "unknown");
  },
);

story(
  "the bot's own message is never doubled by a retry",
  async ({ server, channel, chat, live }) => {
    const { connection } = await live();
    const order = one(connection, chat, saying("hello"), { as: "self" });
    server.swallow(/^POST \/channels\/\d+\/messages$/);
    const stop = new AbortController();
    const attempt = createAttempt(undefined, stop.signal);
    const failed = failure(connection.send(order, attempt));
    await server.until(() => server.messages(channel).length === 1);
    stop.abort();
    await failed;
    const again = await connection.send(order, createAttempt(attempt));
    assert.equal(again.state === "sent" && again.sent.id, server.messages(channel)[0]?.id);
    assert.equal(server.messages(channel).length, 1);
  },
);

story(
  "a poll of somebody relayed is asked by the bot, with their name, so that it can be ended",
  async (fixture) => {
    const { server, channel, bob, chat, live } = fixture;
    const { connection, host } = await live();
    const options = [
      { id: "a", text: "tea" },
      { id: "b", text: "coffee" },
    ];
    const part = {
      id: firstPart,
      kind: "poll",
      question: "What?",
      options,
      max: 1,
      hidden: false,
    } as const;
    const result = await connection.send(one(connection, chat, { parts: [part] }), createAttempt());
    assert(result.state === "sent");
    const [post] = server.posts(channel);
    assert.ok(post);
    assert.equal(post.message.content, "**Ana** asks:");
    server.vote(bob, post, "coffee");
    const vote = await host.event("the vote", (it) => it.kind === "votes" && it);
    assert.deepEqual(vote.options, ["2"]);
    await connection.closePoll?.(chat, result.sent.id, AbortSignal.timeout(2000));
    const end = await host.event(
      "the end",
      (it) => it.kind === "votes" && it.closed === true && it,
    );
    assert.deepEqual(end.tally, { 2: 1 });
  },
);

test("names that Discord refuses are altered", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["Ana", "Ana"],
    ["Discord Bot", "Disc0rd Bot"],
    ["DISCORD", "DISC0RD"],
    ["clyde", "c1yde"],
    ["xClYdEx", "xC1YdEx"],
    ["@everyone", "＠everyone"],
    ["everyone", "everyone."],
    ["here", "here."],
    ["a#b:c", "a＃b：c"],
    ["```", "'''"],
    ["", "somebody"],
    ["\u200b\u202e", "somebody"],
    ["a".repeat(200), "a".repeat(80)],
    ["line\nbreak", "line break"],
  ];
  for (const [name, wanted] of cases) assert.equal(webhookName(name), wanted, name);
  assert(webhookName("👍".repeat(100)).length <= 160);
});
