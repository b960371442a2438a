import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { firstPart, partId, type ChatRef, type Content, type Part } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import { Api, long } from "./api/tl.ts";
import { sendParts } from "./testing/files.ts";
import { heard, reactions } from "./testing/heard.ts";
import { ordersFor, outgoing } from "./testing/login.ts";
import { channelChat, openFixture, privateChat, type Fixture } from "./testing/world.ts";

let world: Fixture;
const soon = () => AbortSignal.timeout(5000);
const self = { as: "self" } as const;

before(async () => {
  world = await openFixture();
  world.server.say(world.bob, world.alice, "hello");
});

after(() => world.close());

test("a place moves until it stops, both ways", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const post = server.say(bob, alice, "", { media: server.studio.livePlace(1, 2, 900) });
  const event = await me.core.until(() =>
    me.core.of("message").find(({ content }) => content.parts[0]?.kind === "location"),
  );
  const [place] = event.content.parts;
  assert.ok(place?.kind === "location");
  assert.equal(place.live?.until, event.at + 900_000);
  server.people.replaceMedia(post, server.studio.livePlace(3, 4, 900));
  const moved = await me.core.until(() => me.core.of("location").at(-1));
  assert.deepEqual([moved.id, moved.lat, moved.lon], [event.id, 3, 4]);
  assert.equal(me.core.of("edit").length, 0);

  const live = { until: Date.now() + 600_000 };
  const at = (lat: number, until = live.until): Part => ({
    id: firstPart,
    kind: "location",
    lat,
    lon: 9,
    live: { until },
  });
  const [sent] = await sendParts(me, chat, [at(5)]);
  assert.ok(sent);
  const ours = server.messages(alice, bob).at(-1);
  const where = () =>
    ours?.media?.kind === "place" ? [ours.media.point.lat, ours.media.period] : [];
  assert.deepEqual(where(), [5, 600]);
  const change = async (part: Part) => {
    const [order] = ordersFor(me.connection, { ...outgoing(chat, ""), content: { parts: [part] } });
    assert.ok(order);
    await me.connection.edit?.(sent.id, order, createAttempt());
  };
  await change(at(6));
  assert.deepEqual(where(), [6, 600]);
  await change(at(6, Date.now() - 1));
  assert.deepEqual(where(), [6, 0]);
  const venue: Part = { id: firstPart, kind: "location", lat: 1, lon: 2, name: "Harbour" };
  await sendParts(me, chat, [venue]);
  const said = server.messages(alice, bob).at(-1)?.media;
  assert.ok(said?.kind === "fixed" && said.media instanceof Api.MessageMediaVenue);
  assert.equal(said.media.title, "Harbour");
});

test("a contact leaves with its card; one without a number as text", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const card = (lines: string): Part => ({
    id: firstPart,
    kind: "contact",
    name: "Ada Lovelace",
    vcard: `BEGIN:VCARD\r\nVERSION:4.0\r\n${lines}\r\nEND:VCARD`,
  });
  await sendParts(me, chat, [card("N:Lovelace;Ada;;;\r\nTEL;VALUE=uri:tel:+1-555-0100")]);
  const sent = server.messages(alice, bob).at(-1)?.media;
  assert.ok(sent?.kind === "fixed" && sent.media instanceof Api.MessageMediaContact);
  const { phoneNumber, firstName, lastName } = sent.media;
  assert.deepEqual([phoneNumber, firstName, lastName], ["+15550100", "Ada", "Lovelace"]);
  await sendParts(me, chat, [card("EMAIL:ada@example.com")]);
  assert.equal(server.messages(alice, bob).at(-1)?.text, "Ada Lovelace");
});

test("the buttons of a bot are links where they lead to a page, and named where they do not", async () => {
  const { server, alice, bot, goLive } = world;
  const me = await goLive(alice);
  const buttons = [
    new Api.KeyboardButtonUrl({ text: "Site", url: "https://example.com/a" }),
    new Api.KeyboardButtonUrl({ text: "Trap", url: "javascript:alert(1)" }),
    new Api.KeyboardButtonCallback({ text: "Press", data: Buffer.from("x") }),
  ];
  const rows = [new Api.KeyboardButtonRow({ buttons }), new Api.KeyboardButtonRow({ buttons: [] })];
  server.say(bot, alice, "choose", { markup: new Api.ReplyInlineMarkup({ rows }) });
  const said = await me.core.until(() =>
    me.core.of("message").find(({ sender }) => sender === String(bot.id)),
  );
  const [part, ...more] = said.content.parts;
  assert.ok(part?.kind === "text" && more.length === 0);
  assert.deepEqual(part.text.slice(1), [
    {
      t: "para",
      of: [
        { t: "link", url: "https://example.com/a", of: [{ t: "text", text: "Site" }] },
        { t: "text", text: " " },
        { t: "text", text: "[Trap]" },
        { t: "text", text: " " },
        { t: "text", text: "[Press]" },
      ],
    },
  ]);
});

test("topics are chats of their own inside of the group", async () => {
  const { server, alice, bob, goLive } = world;
  const forum = server.addSupergroup("Forum", [bob, alice], { forum: true, admins: [alice] });
  const me = await goLive(alice);
  const number = server.people.openTopic(forum, bob, "Gardening");
  const chat: ChatRef = { id: channelChat(forum).id.concat(`/${number}`) as ChatRef["id"] };
  const told = await me.core.until(() =>
    me.core.of("chat").find((each) => each.chat.id === chat.id),
  );
  assert.deepEqual(told.info, { kind: "topic", name: "Gardening", parent: channelChat(forum) });
  const post = server.say(bob, forum, "about roses", { topic: number });
  server.say(bob, forum, "in general");
  const inTopic = await heard(me, "about roses");
  assert.deepEqual(inTopic.chat, chat);
  assert.equal(inTopic.content.replyTo, undefined);
  assert.deepEqual((await heard(me, "in general")).chat, channelChat(forum));
  const info = await me.connection.describe(chat, soon());
  assert.deepEqual([info.kind, info.name, info.parent], ["topic", "Gardening", channelChat(forum)]);
  assert.equal((await me.connection.describe(channelChat(forum), soon())).features.thread, "chat");

  await sendParts(me, chat, [{ id: firstPart, kind: "text", text: fromPlain("and tulips") }]);
  const replyTo = { ids: [inTopic.id] };
  await sendParts(me, chat, [{ id: partId("1"), kind: "text", text: fromPlain("yes") }], {
    replyTo,
  });
  const [tulips, yes] = server.messages(forum).slice(-2);
  assert.deepEqual([tulips?.topic, tulips?.replyTo], [number, undefined]);
  assert.deepEqual([yes?.topic, yes?.replyTo], [number, post]);
  const echo = await heard(me, "yes");
  assert.deepEqual([echo.chat.id, echo.content.replyTo?.id], [chat.id, inTopic.id]);

  const page = await me.connection.history?.({ chat, direction: "older", limit: 10 }, soon());
  assert.deepEqual(
    page?.events.map((each) => each.chat.id),
    [chat.id, chat.id, chat.id],
  );
  server.people.react(post, bob, "👍");
  const reacted = await me.core.until(() => reactions(me, inTopic.id));
  assert.equal(reacted.chat.id, chat.id);
  server.people.pin(post);
  assert.equal((await me.core.until(() => me.core.of("pins").at(-1))).chat.id, chat.id);
  server.remove(post);
  const gone = await me.core.until(() => me.core.of("delete").at(-1));
  assert.deepEqual([gone.chat.id, gone.ids], [chat.id, [inTopic.id]]);
});

test("forwards name their author, posts their signature, quotes their words", async () => {
  const { server, alice, bob, goLive } = world;
  const news = server.addSupergroup("News", [bob, alice], { broadcast: true, signatures: true });
  const me = await goLive(alice);
  const headline = server.say(bob, news, "the headline");
  const signed = await heard(me, "the headline");
  assert.deepEqual([signed.sender, signed.profile], [`channel:${news.id}`, { name: "Bob" }]);
  const original = { from: news, date: 500 };
  server.say(bob, alice, "passed on", { forward: original });
  assert.deepEqual((await heard(me, "passed on")).content.forwarded, { from: "News", at: 500_000 });
  server.say(bob, alice, "in secret", { forward: { from: "Somebody hidden", date: 500 } });
  assert.equal((await heard(me, "in secret")).content.forwarded?.from, "Somebody hidden");
  server.say(bob, news, "quoting", { replyTo: headline, quote: "headline" });
  assert.deepEqual((await heard(me, "quoting")).content.replyTo, {
    id: signed.id,
    excerpt: "headline",
  });
});

test("reading, typing and pinning go both ways; typing is repeated while it lasts", async (t) => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const chat = privateChat(alice, bob);
  const post = server.say(bob, alice, "read me");
  const { id } = await heard(me, "read me");
  await me.connection.markRead?.(chat, id, soon());
  const [sent] = await sendParts(me, chat, [
    { id: firstPart, kind: "text", text: fromPlain("and you me") },
  ]);
  const ours = server.messages(alice, bob).at(-1);
  assert.ok(ours && sent);
  server.people.read(bob, ours);
  await me.core.until(() =>
    me.core.of("read").some((each) => each.user === String(bob.id) && each.upTo === sent.id),
  );
  await me.connection.pin?.(chat, { id, on: true }, soon());
  await me.connection.pin?.(chat, { id, on: true }, soon());
  assert.equal(post.pinned, true);
  await me.core.until(() => me.core.of("pins").some(({ set }) => set[0]?.id === id && set[0].on));
  const shown = () => server.calls.filter(({ name }) => name === "messages.SetTyping").length;
  const before = shown();
  t.mock.timers.enable({ apis: ["setInterval", "Date"], now: Date.now() });
  me.connection.typing?.(chat, "text");
  await server.until(() => shown() === before + 1);
  t.mock.timers.tick(5000);
  await server.until(() => shown() === before + 2);
  me.connection.typing?.(chat, "none");
  await server.until(() => shown() === before + 3);
  t.mock.timers.tick(20_000);
  assert.equal(shown(), before + 3);
  t.mock.timers.reset();
});

test("calls are told; a mute and a mark of this account are its own", async () => {
  const { server, alice, bob, goLive } = world;
  const me = await goLive(alice);
  const reason = new Api.PhoneCallDiscardReasonMissed();
  server.people.announce(bob, alice, new Api.MessageActionPhoneCall({ callId: long(1), reason }));
  const call = await me.core.until(() => me.core.of("call").at(-1));
  assert.deepEqual([call.state, call.sender], ["missed", String(bob.id)]);
});

test("every piece of a split message is edited and deleted by its own number", async () => {
  const { server, alice, bob, goLive } = world;
  const group = server.addSupergroup("Split", [bob, alice]);
  const me = await goLive(alice);
  const chat = channelChat(group);
  const long = (word: string): Part => ({
    id: firstPart,
    kind: "text",
    text: fromPlain(Array.from({ length: 1200 }, () => word).join(" ")),
  });
  const sent = await sendParts(me, chat, [long("first")]);
  assert.equal(sent.length, 2);
  const content: Content = { parts: [long("other")] };
  const orders = ordersFor(me.connection, { ...outgoing(chat, ""), content });
  for (const [place, order] of orders.entries()) {
    const id = sent[place]?.id;
    assert.ok(id);
    await me.connection.edit?.(id, order, createAttempt());
  }
  assert.ok(server.messages(group).every(({ text }) => text.startsWith("other")));
  for (const { id } of sent) await me.connection.remove?.(chat, id, self, soon());
  assert.equal(server.messages(group).length, 0);
});
