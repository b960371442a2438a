import assert from "node:assert/strict";
import { firstPart, userId } from "@bridgebox/core/adapter";
import type { Connection, Inline } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import type { Wire } from "../../../test/networks/discord/index.ts";
import type { Fixture } from "./testing/fixture.ts";
import { relayed, self, sendAll } from "./testing/speak.ts";
import { story } from "./testing/story.ts";

const bodies = (fixture: Fixture): readonly Wire[] =>
  fixture.server.calls.flatMap(({ method, path, body }) =>
    method === "POST" && /\/messages$|^\/webhooks/.test(path) && body ? [body] : [],
  );

const spells = (role: string, user: string): readonly string[] => [
  "@everyone",
  "@here",
  "@\u200beveryone @everyone",
  `<@&${role}>`,
  `<@${user}>`,
  `<@!${user}>`,
  "`@everyone",
  "```@everyone",
  "||@everyone||",
  "[x](@everyone)",
  "> @everyone",
  "# @everyone",
  "\\@everyone",
  "<<@everyone>>",
];

story("no text from Matrix pings anybody by spelling it, whoever speaks", async (fixture) => {
  const { server, guild, bob, channel, chat, live } = fixture;
  const { connection } = await live();
  const role = server.addRole(guild, { name: "mods", mentionable: true });
  for (const speaker of [self, relayed("Ana"), relayed("@everyone"), relayed(`<@&${role.id}>`)]) {
    for (const text of spells(role.id, bob.id)) {
      await sendAll(connection, chat, fromPlain(`x ${text} y`), speaker);
    }
  }
  for (const { message, pings } of server.posts(channel))
    assert.deepEqual(pings, [], message.content);
  for (const body of bodies(fixture)) {
    const allowed = body["allowed_mentions"] as Wire;
    assert.deepEqual([allowed["parse"], allowed["users"], allowed["roles"]], [[], [], []]);
  }
});

story("everybody is reached exactly where the core allows it", async (fixture) => {
  const { server, guild, channel, bob, carol, chat, live } = fixture;
  const { connection } = await live();
  const role = server.addRole(guild, { name: "mods", mentionable: true });
  const say = (...of: readonly Inline[]) =>
    sendAll(connection, chat, [{ t: "para", of }], relayed("Ana"));
  await say({ t: "everyone", scope: "all", allowed: false });
  await say({ t: "everyone", scope: "all", allowed: true });
  await say({ t: "group", id: role.id, text: "mods" });
  await say({ t: "user", id: userId(bob.id), text: "Bob" }, { t: "text", text: ` <@${carol.id}>` });
  assert.deepEqual(
    server.posts(channel).map(({ pings }) => pings),
    [[], ["everyone"], [], [`user:${bob.id}`]],
  );
});

story("an edit pings nobody either", async ({ server, channel, chat, live }) => {
  const { connection } = await live();
  for (const speaker of [self, relayed("Ana")]) {
    const content = { parts: [{ id: firstPart, kind: "text", text: fromPlain("quiet") }] } as const;
    const [draft] = connection.plan?.({ chat, speaker, content, at: 0 }) ?? [];
    assert.ok(draft);
    const result = await connection.send({ chat, draft, speaker }, createAttempt());
    assert(result.state === "sent");
    const loud = {
      parts: [{ id: firstPart, kind: "text", text: fromPlain("@everyone") }],
    } as const;
    const [change] = connection.plan?.({ chat, speaker, content: loud, at: 0 }) ?? [];
    assert.ok(change);
    await connection.edit?.(result.sent.id, { chat, draft: change, speaker }, createAttempt());
  }
  const edits = server.calls.filter(({ method }) => method === "PATCH");
  assert.equal(edits.length, 2);
  for (const { body } of edits) {
    const allowed = body?.["allowed_mentions"] as Wire | undefined;
    assert.deepEqual(allowed?.["parse"], []);
  }
  assert.equal(server.messages(channel).length, 2);
});

const strange = [
  "\r\n",
  "\0",
  "\u2028",
  "\u0001",
  ": lead",
  ",",
  "\u202e",
  "@everyone",
  "<!channel>",
  "<b>x</b>",
  "`",
  "``` ",
  "**",
  "||",
  "Discord",
  "clyde",
  "a".repeat(300),
  "\ud800",
] as const;

story(
  "whatever stands in a name, the message is sent under a name that Discord takes",
  async (fixture) => {
    const { server, channel, chat, live } = fixture;
    const { connection } = await live();
    for (const name of strange) await sendAll(connection, chat, fromPlain("hi"), relayed(name));
    const names = server.messages(channel).map(({ author }) => author.username);
    assert.equal(names.length, strange.length);
    for (const name of names) {
      assert.match(name, /^[^\p{Cc}\u2028\u2029\u202e]{1,80}$/u);
      assert.doesNotMatch(name, /discord|clyde|@|#|:|```/i);
    }
  },
);

story("whatever stands in a text or an excerpt, it stays in its message", async (fixture) => {
  const { server, channel, bob, chat, live } = fixture;
  const { connection } = await live();
  const post = server.say(bob, channel, "original");
  for (const text of strange) {
    const content = {
      parts: [{ id: firstPart, kind: "text", text: fromPlain(`a ${text} b`) }],
      replyTo: { id: post.message.id, ids: [post.message.id], senderName: text, excerpt: text },
    } as unknown as Parameters<NonNullable<Connection["plan"]>>[0]["content"];
    for (const speaker of [self, relayed("Ana")]) {
      const before = server.messages(channel).length;
      const drafts = connection.plan?.({ chat, speaker, content, at: 0 }) ?? [];
      for (const draft of drafts) await connection.send({ chat, draft, speaker }, createAttempt());
      const added = server.posts(channel).slice(before);
      assert.equal(added.length, 1);
      const pings = added.flatMap((it) => it.pings);
      assert.deepEqual(pings, speaker.as === "self" ? [`user:${bob.id}`] : [], text);
      const lines = added[0]?.message.content.split("\n") ?? [];
      if (speaker.as === "relay") assert(lines[0]?.startsWith("-# ↩ ["), lines[0]);
    }
  }
});

story("neither the token nor a webhook's is in a log or an error", async (fixture) => {
  const { server, chat, live } = fixture;
  const { connection, host } = await live();
  await sendAll(connection, chat, fromPlain("hi"), relayed("Ana"));
  const [webhook] = [...server.world.webhooks.values()];
  assert.ok(webhook);
  server.refuse(/^POST \/webhooks/, 400, { message: "Invalid Form Body", code: 50_035 });
  const failed: unknown = await sendAll(connection, chat, fromPlain("hi"), relayed("Ana")).catch(
    (error: unknown) => error,
  );
  server.gateway.end(4000);
  await host.reached("connected", 2);
  const said = [
    host.log,
    String(failed),
    JSON.stringify(failed),
    JSON.stringify((failed as Error).cause),
  ];
  for (const text of said) {
    assert(!text.includes(webhook.token));
    assert(!text.includes(server.token));
  }
  const kept = [...host.kept.cursors.values(), ...host.kept.store.entries()].map((it) =>
    JSON.stringify(it),
  );
  for (const text of kept) assert(!text.includes(server.token));
});

story(
  "shutting somebody out changes one overwrite of theirs, and nothing else",
  async (fixture) => {
    const { server, guild, channel, bob, carol, chat, live } = fixture;
    const others = [
      { id: guild.id, type: 0, allow: "0", deny: String(1n << 17n) },
      { id: carol.id, type: 1, allow: String(1n << 10n), deny: "0" },
    ] as const;
    const speaking = String(1n << 11n);
    const before = { id: bob.id, type: 1, allow: String(1n << 10n), deny: speaking } as const;
    server.world.change(channel, { permission_overwrites: [...others, before] });
    const { connection } = await live();
    const since = server.calls.length;
    const now = () => channel.permission_overwrites ?? [];
    const shut = String((1n << 10n) | BigInt(speaking));
    const change = (state: "leave" | "ban" | "join", lifted?: true) => {
      const member = { user: userId(bob.id), state, ...(lifted && { lifted }) };
      return connection.setMember?.(chat, member, AbortSignal.timeout(2000));
    };
    const settled = (wanted: object) =>
      server.until(() => JSON.stringify(now().at(-1)) === JSON.stringify(wanted));
    await change("leave", true);
    await change("join");
    assert.deepEqual(now(), [...others, before], "who is not shut out keeps what they have");
    for (const state of ["leave", "ban"] as const) {
      await change(state);
      await settled({ id: bob.id, type: 1, allow: "0", deny: shut });
    }
    assert.deepEqual(now().slice(0, 2), others);
    const written = server.calls.slice(since).filter(({ method }) => method !== "GET");
    for (const { method, path } of written) {
      assert.equal(`${method} ${path}`, `PUT /channels/${channel.id}/permissions/${bob.id}`);
    }
    assert(guild.members.has(bob.id));
    const made = { user: userId(bob.id), state: "join", role: "moderator" } as const;
    await assert.rejects(
      async () => connection.setMember?.(chat, made, AbortSignal.timeout(2000)),
      { code: "unsupported", message: /role of Discord's is for a whole server/ },
    );
    await change("join");
    await settled({ id: bob.id, type: 1, allow: "0", deny: speaking });
    await change("ban");
    await change("leave", true);
    await settled({ id: bob.id, type: 1, allow: "0", deny: speaking });
  },
);
