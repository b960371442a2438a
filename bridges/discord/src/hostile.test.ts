import assert from "node:assert/strict";
import { chatId } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import { MemoryHost, nothingKept } from "@bridgebox/core/testing";
import type { Fixture } from "./testing/fixture.ts";
import { connected } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

/** Resolves once what is said now has come in. */
const hears = async (host: MemoryHost, { server, bob, channel }: Fixture): Promise<void> => {
  server.say(bob, channel, "still there");
  await host.event("what was said after it", (event) => {
    const [part] = event.kind === "message" ? event.content.parts : [];
    return part?.kind === "text" && toPlain(part.text) === "still there";
  });
};

const page = { message: "This page is blocked here." };

story("no frame that makes no sense stops what comes after it", async (fixture) => {
  const { server, channel, live } = fixture;
  const { host, connection } = await live();
  const id = channel.guild_id;
  for (const [name, data] of [
    ["MESSAGE_CREATE", { id: "no number", channel_id: channel.id, content: "x" }],
    ["MESSAGE_CREATE", { id: "1", channel_id: {} }],
    ["MESSAGE_CREATE", null],
    ["GUILD_CREATE", null],
    ["GUILD_CREATE", { id, channels: 7, threads: null, members: {} }],
    ["GUILD_CREATE", { id, channels: [null, { id: 5 }], threads: [], members: [null], roles: [] }],
    ["GUILD_ROLE_UPDATE", { guild_id: id, role: { id, name: "x", permissions: "all" } }],
    [
      "CHANNEL_UPDATE",
      { ...channel, permission_overwrites: [{ id, type: 0, allow: "x", deny: {} }] },
    ],
    ["GUILD_DELETE", null],
    ["GUILD_MEMBER_UPDATE", { guild_id: id }],
    ["INTERACTION_CREATE", { type: 2, data: [], member: { user: null } }],
    ["MESSAGE_REACTION_ADD", { channel_id: channel.id, message_id: "x", emoji: null }],
    ["SOMETHING_NEW", 7],
  ] as const)
    server.gateway.garble(name, data);
  await hears(host, fixture);
  assert.deepEqual(server.gateway.began, ["identify"]);
  const told = await connection.describe({ id: chatId(channel.id) }, AbortSignal.timeout(5000));
  assert(told.features.can.includes("edit"), "what made no sense counts for nothing");
});

story("a page of something on the way to Discord ends no login", async (fixture) => {
  const { server, live } = fixture;
  const asks = /^GET \/applications\/@me$/;
  server.refuse(asks, 200, page);
  server.refuse(asks, 403, page);
  server.refuse(asks, 401, page);
  server.refuse(/^GET \/gateway\/bot$/, 200, { ...page, url: "none", shards: 1 });
  const limit = { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 };
  const nowhere = { url: "none", shards: 1, session_start_limit: limit };
  server.refuse(/^GET \/gateway\/bot$/, 200, nowhere);
  const it = await live();
  await connected(it);
  assert(it.host.states.every(({ state }) => state !== "needs-login"));
  await hears(it.host, fixture);
});

story("a gateway that is asked for once more, and not told, ends no login", async (fixture) => {
  const { server, live } = fixture;
  const limit = { total: 1000, remaining: 1000, reset_after: -1, max_concurrency: 1 };
  const url = server.base.replace(/^http/, "ws");
  const over = { url, shards: 1, session_start_limit: limit };
  const asks = /^GET \/gateway\/bot$/;
  server.refuse(asks, 200, over, 2);
  server.refuse(asks, 503, page);
  const it = await live();
  await connected(it);
  await hears(it.host, fixture);
});

story("a use that Discord does not know ends no login", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const { host } = await live();
  await host.until(() => host.kept.store.has("commands"));
  server.refuse(/callback$/, 401, { message: "401: Unauthorized", code: 0 });
  server.uses.use(bob, channel, "link", {});
  await hears(host, fixture);
  assert.match(host.log, /use of a command was left out/);
  assert.doesNotMatch(host.log, /bot's token/);
  assert.deepEqual(server.gateway.began, ["identify"]);
});

story("a session goes on though nobody is where it was to be gone on with", async (fixture) => {
  const { server, live } = fixture;
  const first = await live();
  await hears(first.host, fixture);
  await first.close();
  for (const [index, resumeURL] of ["no address", "ws://127.0.0.1:1/"].entries()) {
    const stored = first.host.kept.cursors.get("gateway\nsession");
    const session = { ...(JSON.parse(stored ?? "") as object), resumeURL };
    const kept = { ...nothingKept(), cursors: new Map(first.host.kept.cursors) };
    kept.cursors.set("gateway\nsession", JSON.stringify(session));
    const second = await live(kept);
    await second.host.reached("connected");
    assert.equal(server.gateway.began.at(-1), "resume", resumeURL);
    assert.equal(server.gateway.began.length, index + 2);
    await second.close();
  }
});

story("pages that repeat themselves are not read for ever", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const first = await live();
  await hears(first.host, fixture);
  await first.close();
  server.gateway.forget();
  for (let at = 0; at < 100; at += 1) server.say(bob, channel, `missed ${at}`);
  const same = server.world.list(channel, { limit: "100" });
  server.refuse(/^GET \/channels\/\d+\/messages$/, 200, same, 1000);
  const second = await live(first.host.kept);
  await connected(second);
  await hears(second.host, fixture);
  const users = Array.from({ length: 1000 }, () => ({ user: bob, roles: [] }));
  server.refuse(/^GET \/guilds\/\d+\/members$/, 200, users, 1000);
  const chat = { id: chatId(channel.id) };
  const signal = AbortSignal.timeout(10_000);
  let pages = 0;
  for await (const members of second.connection.members?.(chat, signal) ?? [])
    pages += members.length > 0 ? 1 : 0;
  assert.equal(pages, 2);
});
