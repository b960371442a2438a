import assert from "node:assert/strict";
import { BridgeError, chatId, firstPart } from "@bridgebox/core/adapter";
import type { Connection, Order } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import { story } from "./testing/story.ts";

const orderOf = (connection: Connection, chat: Order["chat"], text: string): Order => {
  const speaker = { as: "self" } as const;
  const content = { parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }] } as const;
  const [draft] = connection.plan?.({ chat, speaker, content, at: 0 }) ?? [];
  assert.ok(draft);
  return { chat, draft, speaker };
};

const failure = async (run: Promise<unknown>): Promise<BridgeError> => {
  const thrown: unknown = await run.then(
    () => new Error("it was not refused"),
    (error: unknown) => error,
  );
  assert(thrown instanceof BridgeError, String(thrown));
  return thrown;
};

const sends = /^POST \/channels\/\d+\/messages$/;

for (const { scope, closes } of [
  { scope: "user", closes: "chat" },
  { scope: "shared", closes: "chat" },
  { scope: "global", closes: "login" },
] as const) {
  story(
    `a limit of scope ${scope} closes the ${closes}, for as long as Discord says`,
    async (fixture) => {
      const { server, channel, chat, live } = fixture;
      const { connection } = await live();
      server.limit(sends, 0.5, scope);
      const error = await failure(
        connection.send(orderOf(connection, chat, "hello"), createAttempt()),
      );
      assert.deepEqual([error.code, error.scope, error.reached], ["rate_limit", closes, "no"]);
      const wait = error.retryAfter ?? 0;
      assert(wait > 300 && wait <= 1000, String(wait));
      assert.deepEqual(server.messages(channel), []);
      const sent = server.calls.filter(({ method, path }) => sends.test(`${method} ${path}`));
      assert.equal(sent.length, 1, "the library does not try again by itself");
    },
  );
}

story("a file that does not leave for a limit is let go of", async (fixture) => {
  const { server, chat, files, reading, live } = fixture;
  const { connection } = await live();
  server.limit(sends, 5, "global");
  await failure(connection.send(orderOf(connection, chat, "hello"), createAttempt()));
  files.set("cat", Buffer.from("meow"));
  const media = { locator: "cat", name: "cat.png", mime: "image/png" };
  const content = { parts: [{ id: firstPart, kind: "media", as: "image", media }] } as const;
  const speaker = { as: "self" } as const;
  const [draft] = connection.plan?.({ chat, speaker, content, at: 0 }) ?? [];
  assert.ok(draft);
  const error = await failure(connection.send({ chat, draft, speaker }, createAttempt()));
  assert.equal(error.code, "rate_limit");
  assert.deepEqual([...reading], []);
});

story(
  "a fault of Discord's own is not tried again by the library",
  async ({ server, chat, live }) => {
    const { connection } = await live();
    server.refuse(sends, 502, { message: "bad gateway" });
    const error = await failure(
      connection.send(orderOf(connection, chat, "hello"), createAttempt()),
    );
    assert.deepEqual([error.code, error.reached], ["network", "unknown"]);
    assert.equal(
      server.calls.filter(({ method, path }) => sends.test(`${method} ${path}`)).length,
      1,
    );
  },
);

story("what the bot may not do names the permission", async (fixture) => {
  const { server, guild, channel, chat, bob, live } = fixture;
  const { connection } = await live();
  const post = server.say(bob, channel, "hello");
  const { connection: mute } = { connection };
  server.deny(guild, channel, "sendMessages", "addReactions", "pinMessages");
  const error = await failure(mute.send(orderOf(connection, chat, "hello"), createAttempt()));
  assert.deepEqual([error.code, error.reached], ["forbidden", "no"]);
  assert.match(error.message, /Send Messages/);
  const signal = AbortSignal.timeout(2000);
  const { id } = post.message;
  const order = { id: id as Parameters<NonNullable<Connection["edit"]>>[0], emoji: "👍", on: true };
  const reacting = await failure(
    connection.react?.(chat, order, { as: "self" }, signal) ?? Promise.resolve(),
  );
  assert.match(reacting.message, /Add Reactions/);
  const pinning = await failure(
    connection.pin?.(chat, { id: order.id, on: true }, signal) ?? Promise.resolve(),
  );
  assert.match(pinning.message, /Pin Messages/);
});

story("a channel that the bot cannot see says so", async ({ server, guild, live }) => {
  const { connection } = await live();
  const hidden = server.addChannel(guild, { name: "hidden" });
  server.deny(guild, hidden, "viewChannel");
  const chat = { id: chatId(hidden.id) };
  const error = await failure(connection.send(orderOf(connection, chat, "hello"), createAttempt()));
  assert.deepEqual([error.code, error.scope, error.reached], ["forbidden", "chat", "no"]);
  assert.match(error.message, /View Channel/);
});

story(
  "a server that throws the bot out takes its chats with it",
  async ({ server, guild, chat, live }) => {
    const { host } = await live();
    server.expel(guild);
    const gone = await host.event("the end", (it) => it.kind === "gone" && it);
    assert.deepEqual([gone.chat, gone.why], [chat, "kicked"]);
    assert.equal(gone.login, `bot:${server.bot.id}`);
  },
);

story(
  "too long a text of Discord's own kind is never sent",
  async ({ server, channel, chat, live }) => {
    const { connection } = await live();
    const speaker = { as: "self" } as const;
    const content = {
      parts: [{ id: firstPart, kind: "text", text: fromPlain("*".repeat(3000)) }],
    } as const;
    const drafts = connection.plan?.({ chat, speaker, content, at: 0 }) ?? [];
    for (const draft of drafts) await connection.send({ chat, draft, speaker }, createAttempt());
    const all = server
      .messages(channel)
      .map((it) => it.content.replaceAll("\\", ""))
      .join("");
    assert.equal(all, "*".repeat(3000));
  },
);
