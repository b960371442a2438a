import assert from "node:assert/strict";
import { chatId, messageId } from "@bridgebox/core/adapter";
import type { MessageEvent } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import type { MemoryHost } from "@bridgebox/core/testing";
import { botLogin, chatFor } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

const signal = () => AbortSignal.timeout(3000);

const textOf = (event: MessageEvent): string =>
  event.content.parts
    .map((part) => (part.kind === "text" ? toPlain(part.text) : part.kind))
    .join("|");

const heard = (host: MemoryHost, text: string): Promise<MessageEvent> =>
  host.event(`the message ${text}`, (it) => it.kind === "message" && textOf(it) === text && it);

story("a bulk delete takes all of its messages", async ({ server, bob, channel, live }) => {
  const { host } = await live();
  const posts = ["a", "b", "c"].map((text) => server.say(bob, channel, text));
  await heard(host, "c");
  server.remove(...posts);
  const gone = await host.event("the removal", (it) => it.kind === "delete" && it);
  assert.deepEqual(
    gone.ids,
    posts.map(({ message }) => message.id),
  );
});

story("reactions come, go, and are cleared", async ({ server, bob, carol, channel, live }) => {
  const { host } = await live();
  const post = server.say(bob, channel, "react");
  const states = () => host.of("reactions");
  server.world.react(post, bob, "👍");
  server.world.react(post, carol, "👍");
  server.world.react(post, carol, "blob:123456789012345678");
  server.world.react(post, server.bot, "👍");
  server.world.react(post, bob, "👍", false);
  await host.until(() => states().length === 4);
  const custom = states()[2]?.set[0];
  assert.equal(custom?.emoji, ":blob:");
  assert.deepEqual(custom?.custom?.locator, {
    kind: "emoji",
    id: "123456789012345678",
    animated: false,
  });
  assert.equal(states()[3]?.set[0]?.on, false);
  server.world.clearReactions(post, "blob:123456789012345678");
  await host.until(() => states().length === 5);
  assert.deepEqual(
    states()[4]?.set.map(({ user }) => user),
    [carol.id],
  );
  assert.equal(states()[4]?.complete, "all");
  server.world.clearReactions(post);
  await host.until(() => states().length === 6);
  assert.deepEqual(states()[5]?.set, []);
});

story("a private chat belongs to the bot, and goes both ways", async ({ server, bob, live }) => {
  const { host, connection } = await live();
  const direct = server.direct(bob);
  server.say(bob, direct, "psst");
  const event = await heard(host, "psst");
  assert.deepEqual(event.chat, { id: direct.id, receiver: botLogin(server) });
  const info = await connection.describe(event.chat, signal());
  assert.deepEqual([info.kind, info.peer, info.features.relay.text], ["dm", bob.id, "prefix"]);
  assert.deepEqual(await connection.startChat?.(event.sender, signal()), event.chat);
});

story(
  "channels, threads and posts are what they are",
  async ({ server, guild, channel, bob, live }) => {
    const { connection, host } = await live();
    const news = server.addChannel(guild, { name: "news", type: 5, topic: "What is new" });
    const forum = server.addChannel(guild, { name: "help", type: 15 });
    const post = server.addThread(forum, bob, { name: "It does not work" });
    const thread = server.addThread(channel, bob, { name: "Plans" });
    const kinds = [];
    for (const place of [channel, news, forum, post, thread]) {
      const info = await connection.describe(chatFor(place), signal());
      kinds.push([info.kind, info.name, info.parent?.id, info.topic, info.root]);
    }
    assert.deepEqual(kinds, [
      ["channel", "#lounge", `guild:${guild.id}`, undefined, undefined],
      ["broadcast", "#news", `guild:${guild.id}`, "What is new", undefined],
      ["space", "help", `guild:${guild.id}`, undefined, undefined],
      ["topic", "It does not work", forum.id, undefined, undefined],
      ["thread", "Plans", channel.id, undefined, thread.id],
    ]);
    const space = await connection.describe({ id: chatId(`guild:${guild.id}`) }, signal());
    assert.deepEqual([space.kind, space.name], ["space", "The club"]);
    server.say(bob, post, "help!");
    assert.equal((await heard(host, "help!")).chat.id, post.id);
    const listed = [];
    for await (const page of connection.chats?.(signal()) ?? []) listed.push(...page);
    assert.deepEqual(
      listed.map(({ info }) => info.name),
      ["It does not work", "#lounge", "#news", "Plans"],
    );
  },
);

story(
  "a channel that is renamed or deleted is told of",
  async ({ server, channel, chat, live }) => {
    const { host } = await live();
    server.world.change(channel, { name: "salon", topic: "Tea" });
    const change = await host.event(
      "the name",
      (it) => it.kind === "chat" && it.info.name === "#salon" && it,
    );
    assert.deepEqual([change.chat, change.info.topic], [chat, "Tea"]);
    server.world.close(channel);
    const gone = await host.event("the end", (it) => it.kind === "gone" && it);
    assert.deepEqual([gone.chat, gone.why], [chat, "deleted"]);
  },
);

story("of a channel that was deleted no place is kept", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const { host } = await live();
  const thread = server.addThread(channel, bob, { name: "short" });
  server.say(bob, thread, "there");
  await heard(host, "there");
  const place = `gateway\nlast:${thread.id}`;
  assert(host.kept.cursors.has(place));
  server.world.close(thread);
  await host.event("it is gone", (it) => it.kind === "gone" && it);
  assert.equal(host.kept.cursors.get(place) ?? undefined, undefined);
});

story("all servers of a bot in very many are listed", async (fixture) => {
  const { server, bob, live } = fixture;
  const { connection } = await live();
  for (let at = 0; at < 205; at += 1) server.addGuild(`Server ${at}`, [bob]);
  const last = server.addGuild("The last", [bob]);
  const room = server.addChannel(last, { name: "far-away" });
  const found = await connection.resolve?.("The last#far-away", signal());
  assert.equal(found?.chat?.id, room.id);
});

story("roles, bans and who leaves", async ({ server, guild, channel, bob, carol, live }) => {
  const { host, connection } = await live();
  const role = server.addRole(guild, { name: "mods", permissions: String(1n << 13n) });
  server.changeMember(guild, bob, { roles: [role.id] });
  const promoted = await host.event("the role", (it) => it.kind === "members" && it);
  assert.deepEqual(promoted.list, [{ user: bob.id, state: "join", role: "moderator" }]);
  server.ban(guild, carol);
  await host.event(
    "the ban",
    (it) => it.kind === "members" && it.list.some(({ state }) => state === "ban"),
  );
  const all = [];
  for await (const page of connection.members?.(chatFor(channel), signal()) ?? [])
    all.push(...page);
  const roles = Object.fromEntries(all.map(({ user, role }) => [user, role]));
  assert.equal(roles[bob.id], "moderator");
  assert.equal(Object.values(roles).filter((it) => it === "owner").length, 1);
  const { members, features } = await connection.describe(chatFor(channel), signal());
  const itself = members?.map(({ user, role: own }) => [user, own]);
  assert.deepEqual(itself, [[server.bot.id, "admin"]]);
  assert.equal(features.roles, undefined, "they are for a whole server");
});

story("what a server's people cannot see, its member list does not show", async (fixture) => {
  const { server, guild, channel, carol, live } = fixture;
  channel.permission_overwrites = [
    { id: guild.id, type: 0, allow: "0", deny: String(1n << 10n) },
    { id: server.bot.id, type: 1, allow: String(1n << 10n), deny: "0" },
  ];
  const { connection } = await live();
  const open = server.addChannel(guild, { name: "open" });
  const doors = [channel, open].map((one) => connection.describe(chatFor(one), signal()));
  assert.deepEqual(
    (await Promise.all(doors)).map(({ entry }) => entry),
    ["invite", "open"],
  );
  const all = [];
  for await (const page of connection.members?.(chatFor(channel), signal()) ?? [])
    all.push(...page);
  assert(!all.some(({ user }) => user === carol.id));
  assert(all.some(({ user }) => user === server.bot.id));
});

story("typing, both ways", async ({ server, bob, channel, chat, live }) => {
  const { host, connection } = await live();
  server.typing(bob, channel);
  server.typing(server.bot, channel);
  const typing = await host.event("typing", (it) => it.kind === "typing" && it);
  assert.deepEqual([typing.user, typing.what, typing.chat], [bob.id, "text", chat]);
  for (let time = 0; time < 3; time += 1) connection.typing?.(chat, "text");
  await server.until(() => server.typed.length === 1);
  assert.equal(host.of("typing").length, 1);
});

story("pins come as the whole list", async ({ server, bob, channel, live }) => {
  const { host } = await live();
  const [a, b] = [server.say(bob, channel, "a"), server.say(bob, channel, "b")];
  server.world.pin(a, true);
  server.world.pin(b, true);
  server.world.pin(a, false);
  await host.until(() => host.of("pins").length === 3);
  assert.deepEqual(host.of("pins").at(-1)?.set, [{ id: b.message.id, on: true }]);
});

story("a forward, a card, a preview, a sticker and a message of the service", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const { host } = await live();
  const snapshot = {
    type: 0,
    content: "**once** said",
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    timestamp: new Date(0).toISOString(),
    edited_timestamp: null,
    flags: 0,
    components: [],
  };
  server.say(bob, channel, "", {
    reference: { type: 1, message_id: "1", channel_id: channel.id },
    more: { message_snapshots: [{ message: snapshot }] },
  });
  const forward = await heard(host, "once said");
  assert.deepEqual(forward.content.forwarded, { from: "#lounge", at: 0 });
  server.say(bob, channel, "https://x.org/", {
    embeds: [{ type: "link", url: "https://x.org/", title: "X", description: "About x" }],
  });
  const preview = await heard(host, "https://x.org/");
  const [part] = preview.content.parts;
  assert.deepEqual(part?.kind === "text" && part.previews, [
    { url: "https://x.org/", title: "X", text: "About x" },
  ]);
  server.say(bob, channel, "", {
    embeds: [{ type: "rich", title: "Build", description: "It is *green*" }],
  });
  await host.event("the card", (it) => it.kind === "message" && textOf(it).includes("It is green"));
  const sticker = { id: "123456789012345678", name: "wave", format_type: 1 };
  server.say(bob, channel, "", { more: { sticker_items: [sticker] } });
  const shown = await heard(host, "media");
  assert(shown.content.parts[0]?.kind === "media" && shown.content.parts[0].as === "sticker");
  const moving = { ...sticker, name: "dance", format_type: 3 };
  server.say(bob, channel, "", { more: { sticker_items: [moving] } });
  const named = await heard(host, "unsupported");
  const [said] = named.content.parts;
  assert(said?.kind === "unsupported");
  assert.equal(toPlain(said.text), "Sticker: dance (an animation that Discord alone can show)");
  assert.equal(said.link, `https://cdn.discordapp.com/stickers/${moving.id}.json`);
  server.say(bob, channel, "Plans", { more: { type: 18 } });
  const notice = await host.event("the notice", (it) => it.kind === "notice" && it);
  assert.equal(toPlain(notice.text), "Bob started a thread: Plans");
});

story("an edit that is none is not told", async ({ server, bob, channel, live }) => {
  const { host } = await live();
  const post = server.say(bob, channel, "https://x.org/");
  server.world.amend(post, { embeds: [] }, true);
  server.edit(post, "https://x.org/ now");
  await host.event("the edit", (it) => it.kind === "edit" && it);
  assert.equal(host.of("edit").length, 1);
});

story("names of channels and roles are looked up after a restart", async (fixture) => {
  const { server, guild, bob, channel, live } = fixture;
  const role = server.addRole(guild, { name: "mods" });
  const other = server.addChannel(guild, { name: "other" });
  const first = await live();
  server.say(bob, channel, "hello");
  await heard(first.host, "hello");
  await first.close();
  server.say(bob, channel, `<#${other.id}> <@&${role.id}> <@${bob.id}>`);
  const second = await live(first.host.kept);
  await heard(second.host, "#other @mods @Bob");
});

story(
  "channels and people are found by name, id and link",
  async ({ guild, bob, channel, live }) => {
    const { connection } = await live();
    const find = (text: string) => connection.resolve?.(text, signal());
    for (const name of [
      "#lounge",
      "lounge",
      "The club#lounge",
      channel.id,
      `<#${channel.id}>`,
      `https://discord.com/channels/${guild.id}/${channel.id}`,
    ]) {
      assert.equal((await find(name))?.chat?.id, channel.id, name);
    }
    assert.equal((await find("bob"))?.user, bob.id);
    assert.equal((await find(bob.id))?.user, bob.id);
    assert.equal(await find("Another club#lounge"), undefined);
    assert.deepEqual(
      (await connection.search?.("loun", signal()))?.map(({ chat }) => chat?.id),
      [channel.id],
    );
    const info = await connection.user?.((await find("bob"))?.user ?? ("" as never), signal());
    assert.equal(info?.name, "Bob");
  },
);

story("history pages both ways, with reactions", async ({ server, bob, channel, chat, live }) => {
  const posts = Array.from({ length: 25 }, (_, at) => server.say(bob, channel, `n${at}`));
  const first = posts[0];
  assert.ok(first);
  server.world.react(first, bob, "👍");
  const { connection } = await live();
  const texts: string[] = [];
  let page: string | undefined;
  let states = 0;
  do {
    const from = page === undefined ? {} : { page };
    const got = await connection.history?.(
      { chat, direction: "older", limit: 10, ...from },
      signal(),
    );
    texts.unshift(
      ...(got?.events ?? []).flatMap((it) => (it.kind === "message" ? [textOf(it)] : [])),
    );
    states += got?.states.length ?? 0;
    page = got?.page;
    assert.equal(got?.unlisted, "deleted");
  } while (page !== undefined);
  assert.deepEqual(
    texts,
    posts.map(({ message }) => message.content),
  );
  assert.equal(states, 1);
  const newer = await connection.history?.(
    { chat, direction: "newer", from: (posts[19]?.message.id ?? "") as never, limit: 10 },
    signal(),
  );
  assert.equal(newer?.events.length, 5);
});

story("what the bot was not given in a server is named", async ({ server, bob, live }) => {
  const poor = server.addGuild("The poor", [bob]);
  for (const role of poor.wire.roles) role.permissions = String((1n << 10n) | (1n << 11n));
  const { host } = await live();
  const line = await host.until(() => host.log.split("\n").find((it) => it.includes("The poor")));
  assert.match(line, /^warn .*"Read Message History".*"Manage Webhooks".*oauth2/);
  assert(!host.log.includes("The club"));
});

story("an emoji is spelled as Discord takes it", async ({ server, bob, channel, chat, live }) => {
  const { connection } = await live();
  const post = server.say(bob, channel, "react");
  const id = messageId(post.message.id);
  for (const emoji of ["👍", "👍\ufe0f", "❤", "❤️", "👩‍❤️‍👨"]) {
    await connection.react?.(chat, { id, emoji, on: true }, { as: "self" }, signal());
  }
  assert.deepEqual([...post.reactions.keys()], ["👍", "❤️", "👩‍❤️‍👨"]);
  await connection.react?.(chat, { id, emoji: "👍\ufe0f", on: false }, { as: "self" }, signal());
  assert.equal(post.reactions.get("👍")?.size, 0);
  const failed: unknown = await connection
    .react?.(chat, { id, emoji: "word", on: true }, { as: "self" }, signal())
    .catch((error: unknown) => error);
  assert.match(String(failed), /does not know that emoji/);
});

story(
  "what is answered to is cut into whole characters",
  async ({ server, bob, channel, live }) => {
    const { host } = await live();
    server.reply(bob, server.say(bob, channel, `${"x".repeat(299)}🍜`), "yes");
    const { content } = await heard(host, "yes");
    assert.equal(content.replyTo?.excerpt, `${"x".repeat(299)}\uFFFD`);
  },
);
