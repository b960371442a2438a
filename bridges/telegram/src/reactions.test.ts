import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BridgeError, firstPart, messageId, type Part } from "@bridgebox/core/adapter";
import { Api } from "./api/tl.ts";
import { emojiRef } from "./locator.ts";
import { read, sendParts } from "./testing/files.ts";
import { heard, reactions } from "./testing/heard.ts";
import { ordersFor, outgoing, type Live } from "./testing/login.ts";
import { png } from "./testing/pictures.ts";
import { channelChat, openFixture, privateChat, type Fixture } from "./testing/world.ts";

let world: Fixture;
const soon = () => AbortSignal.timeout(5000);
const self = { as: "self" } as const;

before(async () => {
  world = await openFixture();
  world.server.say(world.bob, world.alice, "hello");
});

after(() => world.close());

test("all who reacted are told, also beyond those that come along; custom emoji have their name", async () => {
  const { server, alice, bob, goLive } = world;
  const people = [1, 2, 3, 4, 5].map((number) => server.addUser({ firstName: `P${number}` }));
  const rich = server.addUser({ firstName: "Rich", premium: true });
  const group = server.addSupergroup("Reactions", [bob, alice, rich, ...people]);
  const attributes = [
    new Api.DocumentAttributeCustomEmoji({
      alt: "🦊",
      stickerset: new Api.InputStickerSetEmpty(),
    }),
  ];
  const fox = server.studio.document(png(8, 8), { mime: "image/webp", attributes });
  const me = await goLive(alice);
  const post = server.say(bob, group, "react here");
  const { id } = await heard(me, "react here");
  for (const one of people) server.people.react(post, one, "👍");
  await me.core.until(() => reactions(me, id)?.set.length === 5);
  assert.equal(reactions(me, id)?.complete, "all");
  server.people.react(post, rich, "🔥", fox.file.id);
  await me.core.until(() => reactions(me, id)?.set.length === 7);
  const custom = reactions(me, id)?.set.find(({ emoji }) => emoji.startsWith("🦊"));
  assert.equal(custom?.emoji, `🦊:${fox.file.id}`);
  assert.deepEqual(custom.custom, emojiRef(String(fox.file.id)));
  assert.deepEqual(await read(me, emojiRef(String(fox.file.id))), png(8, 8));
  server.people.react(post, rich);
  for (const one of people) server.people.react(post, one);
  await me.core.until(() => reactions(me, id)?.set.length === 0);
  const page = await me.connection.history?.(
    { chat: channelChat(group), direction: "older", limit: 10 },
    soon(),
  );
  assert.deepEqual(page?.states, []);
});

test("one reaction takes the place of the other; with Premium three stand beside each other", async () => {
  const { server, alice, bob, goLive } = world;
  const rich = server.addUser({ phone: "15558001", firstName: "Rich", premium: true });
  const group = server.addSupergroup("Own reactions", [bob, alice, rich]);
  const post = server.say(bob, group, "take this");
  const chat = channelChat(group);
  const emojiOf = (who: typeof alice) =>
    (post.reactions.get(who) ?? []).map(({ reaction }) =>
      reaction instanceof Api.ReactionEmoji ? reaction.emoticon : "custom",
    );
  const me = await goLive(alice);
  const { id } = { id: messageId(String(server.idOf(post, alice))) };
  const react = (live: Live, emoji: string, on = true) =>
    live.connection.react?.(chat, { id, emoji, on }, self, soon());
  await react(me, "❤\uFE0F");
  assert.deepEqual(emojiOf(alice), ["❤"]);
  await react(me, "👍");
  assert.deepEqual(emojiOf(alice), ["👍"]);
  await react(me, "❤", false);
  assert.deepEqual(emojiOf(alice), ["👍"], "what was replaced is not taken back");
  await react(me, "👍", false);
  assert.deepEqual(emojiOf(alice), []);
  await assert.rejects(
    async () => react(me, "🦑"),
    (error) => error instanceof BridgeError && /does not take that reaction/.test(error.message),
  );
  const other = await goLive(rich);
  for (const emoji of ["❤", "👍", "🔥", "🎉"]) await react(other, emoji);
  assert.deepEqual(emojiOf(rich), ["👍", "🔥", "🎉"]);
  const mine = (await me.connection.describe(chat, soon())).features.reactions;
  const theirs = (await other.connection.describe(chat, soon())).features.reactions;
  assert.deepEqual([mine?.perUser, mine?.custom], [1, false]);
  assert.deepEqual([theirs?.perUser, theirs?.custom], [3, true]);
  assert.ok(mine?.allowed?.includes("👍"));
  group.reactions = ["👎"];
  const { features } = await me.connection.describe(chat, soon());
  assert.deepEqual(features.reactions, { allowed: ["👎"], perUser: 1, custom: false });
});

test("a bot that is an admin hears of each reaction, also of those while it was away", async () => {
  const { server, bob, bot, goLive } = world;
  const group = server.addSupergroup("Bot", [bob, bot], { admins: [bot] });
  const robot = await goLive(bot);
  const post = server.say(bob, group, "for the bot");
  const { id } = await heard(robot, "for the bot");
  server.people.react(post, bob, "👍");
  await robot.core.until(() => reactions(robot, id)?.set.some(({ on }) => on));
  server.pushGap(bot, 5);
  server.people.react(post, bob, "🔥");
  server.dropConnections();
  await robot.core.until(() => reactions(robot, id)?.set.some(({ emoji }) => emoji === "🔥"));
  assert.deepEqual(
    reactions(robot, id)?.set.map(({ emoji, on }) => [emoji, on]),
    [
      ["🔥", true],
      ["👍", false],
    ],
  );
  await robot.connection.react?.(channelChat(group), { id, emoji: "🎉", on: true }, self, soon());
  assert.equal(post.reactions.get(bot)?.length, 1);
});

const ask = (max = 1): Extract<Part, { kind: "poll" }> => ({
  id: firstPart,
  kind: "poll",
  question: "tea?",
  options: [
    { id: "yes", text: "Yes" },
    { id: "no", text: "No" },
  ],
  max,
  hidden: false,
});

test("votes in our own poll are told by voter, with the options' own ids; taken back ones too", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Polls", [bob, alice]);
  const me = await goLive(alice);
  const [sent] = await sendParts(me, channelChat(group), [ask(2)]);
  assert.ok(sent);
  const post = server.messages(group).at(-1);
  assert.ok(post?.media?.kind === "poll" && post.media.open && post.media.multiple);
  await me.connection.vote?.(channelChat(group), { id: sent.id, options: ["yes", "no"] }, soon());
  const votesOf = (who: typeof bob) =>
    me.core.of("votes").findLast((each) => each.voter === String(who.id))?.options;
  await me.core.until(() => votesOf(alice)?.length === 2);
  const hex = (text: string) => Buffer.from(text).toString("hex");
  post.media.votes.set(bob.id, [hex("no")]);
  await me.connection.vote?.(channelChat(group), { id: sent.id, options: ["yes"] }, soon());
  await me.core.until(() => votesOf(bob)?.[0] === "no");
  post.media.votes.delete(bob.id);
  await me.connection.vote?.(channelChat(group), { id: sent.id, options: ["yes"] }, soon());
  await me.core.until(() => votesOf(bob)?.length === 0);
  await me.connection.closePoll?.(channelChat(group), sent.id, soon());
  await me.connection.closePoll?.(channelChat(group), sent.id, soon());
  assert.equal(post.media.closed, true);
});

test("what is no poll for Telegram goes as text", async () => {
  const me = await world.goLive(world.alice);
  const chat = privateChat(world.alice, world.bob);
  const polls: readonly Part[] = [
    { ...ask(), options: [{ id: "one", text: "Only" }] },
    { ...ask(), question: "x".repeat(256) },
  ];
  for (const part of polls) {
    const [order] = ordersFor(me.connection, { ...outgoing(chat, ""), content: { parts: [part] } });
    assert.match(order?.draft.plain ?? "", /\n/);
  }
});
