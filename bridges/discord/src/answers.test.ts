import assert from "node:assert/strict";
import { messageId, userId } from "@bridgebox/core/adapter";
import type { BridgeError, Connection } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import { relayed, self, sendAll } from "./testing/speak.ts";
import { story } from "./testing/story.ts";

const signal = () => AbortSignal.timeout(5000);

const all = async <T>(pages: AsyncIterable<T> | undefined): Promise<readonly T[]> => {
  const read: T[] = [];
  for await (const page of pages ?? []) read.push(page);
  return read;
};

/** What somebody on the way may say in the place of Discord, with a good status. */
const nonsense = [
  { message: "This page is blocked here." },
  [{ id: "no number", user: {}, roles: 7, type: 0 }],
  null,
  { id: "../x", type: "text", token: "../../users", channel_id: {}, items: 7, users: [null] },
] as const;

story("an answer that makes no sense is none, whatever was asked", async (fixture) => {
  const { server, channel, bob, carol, chat, live } = fixture;
  const post = server.say(bob, channel, "hello");
  const { connection } = await live();
  const id = messageId(post.message.id);
  const asked: Readonly<Record<string, (it: Connection) => unknown>> = {
    "GET /channels/\\d+/messages$": (it) =>
      it.history?.({ chat, direction: "older", limit: 10 }, signal()),
    "GET /guilds/\\d+/members$": (it) => all(it.members?.(chat, signal())),
    "GET /users/@me/guilds$": (it) => all(it.chats?.(signal())),
    "GET /guilds/\\d+/channels$": (it) => all(it.chats?.(signal())),
    "GET /guilds/\\d+/threads/active$": (it) => all(it.chats?.(signal())),
    "GET /users/\\d+$": (it) => it.user?.(userId(bob.id), signal()),
    "GET /guilds/\\d+/emojis$": (it) =>
      it.react?.(chat, { id, emoji: ":x:", on: true }, self, signal()),
    "GET /channels/\\d+$": (it) =>
      it.setMember?.(chat, { user: userId(bob.id), state: "leave" }, signal()),
    "POST /users/@me/channels$": (it) => it.startChat?.(userId(carol.id), signal()),
    "POST /guilds/\\d+/channels$": (it) =>
      it.createGroup?.({ kind: "channel", name: "lunch", members: [] }, createAttempt()),
    "GET /channels/\\d+/webhooks$": (it) => sendAll(it, chat, fromPlain("x"), relayed("Ana")),
    "POST /channels/\\d+/webhooks$": (it) => sendAll(it, chat, fromPlain("x"), relayed("Ana")),
    "POST /channels/\\d+/messages$": (it) => sendAll(it, chat, fromPlain("x"), self),
  };
  for (const [pattern, ask] of Object.entries(asked))
    for (const answer of nonsense) {
      // Of these only what is asked for is looked for in the list.
      if (/emojis|GET.*webhooks/.test(pattern) && Array.isArray(answer)) continue;
      server.refuse(new RegExp(`^${pattern}`), 200, answer);
      await assert.rejects(
        async () => ask(connection),
        (error: BridgeError) => {
          assert.equal(error.name, "BridgeError", `${pattern}: ${String(error)}`);
          const changes = pattern.startsWith("POST") && !pattern.includes("webhooks");
          const advice = changes ? /sense. Look on Discord/ : /sense, .*If trying again does not/;
          assert.match(error.message, advice, pattern);
          assert.equal(error.reached, changes ? "unknown" : "no", pattern);
          return true;
        },
        pattern,
      );
    }
});

story("reactions that make no sense keep no page of the history away", async (fixture) => {
  const { server, channel, bob, chat, live } = fixture;
  const [odd, good] = [server.say(bob, channel, "odd"), server.say(bob, channel, "good")];
  const { connection } = await live();
  server.refuse(/^GET \/channels\/\d+\/messages$/, 200, [
    good.message,
    { ...odd.message, reactions: [null] },
  ]);
  const page = await connection.history?.({ chat, direction: "older", limit: 10 }, signal());
  const ids = page?.events.map((event) => "id" in event && event.id);
  assert.deepEqual(ids, [odd.message.id, good.message.id]);
});
