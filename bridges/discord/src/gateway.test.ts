import assert from "node:assert/strict";
import { toPlain } from "@bridgebox/core/richtext";
import { chatId } from "@bridgebox/core/adapter";
import type { MessageEvent } from "@bridgebox/core/adapter";
import { until } from "@bridgebox/core/testing";
import type { MemoryHost } from "@bridgebox/core/testing";
import { botLogin, connected } from "./testing/fixture.ts";
import type { Fixture } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

const textOf = (event: MessageEvent): string =>
  event.content.parts
    .map((part) => (part.kind === "text" ? toPlain(part.text) : part.kind))
    .join("|");

const texts = (host: MemoryHost): readonly string[] => host.of("message").map(textOf);

const heard = (host: MemoryHost, text: string): Promise<MessageEvent> =>
  host.event(`the message ${text}`, (it) => it.kind === "message" && textOf(it) === text && it);

story(
  "a restart goes on with the session, from what was stored",
  async ({ server, bob, channel, live }) => {
    const first = await live();
    server.say(bob, channel, "one");
    await heard(first.host, "one");
    await first.close();
    const stored = JSON.parse(first.host.kept.cursors.get("gateway\nsession") ?? "{}") as {
      sequence: number;
    };
    const missed = server.say(bob, channel, "two");
    server.edit(missed, "two and a half");
    server.remove(server.posts(channel)[0] ?? missed);
    const second = await live(first.host.kept);
    await second.host.event("the removal", (it) => it.kind === "delete" && it);
    assert.deepEqual(server.gateway.began, ["identify", "resume"]);
    assert.equal(server.gateway.said.at(-1)?.["seq"], stored.sequence);
    assert.deepEqual(texts(second.host), ["two"]);
    assert.equal(second.host.of("edit").length, 1);
  },
);

story(
  "a session that Discord forgot is begun anew, and what was missed is fetched",
  async (fixture) => {
    const { server, bob, channel, live } = fixture;
    const first = await live();
    server.say(bob, channel, "one");
    await heard(first.host, "one");
    await first.close();
    server.gateway.forget();
    for (let at = 0; at < 230; at += 1) server.say(bob, channel, `missed ${at}`);
    const second = await live(first.host.kept);
    await connected(second);
    server.say(bob, channel, "live again");
    await heard(second.host, "live again");
    const wanted = Array.from({ length: 230 }, (_, at) => `missed ${at}`);
    assert.deepEqual(texts(second.host), [...wanted, "live again"]);
    const oldest = server.posts(channel).find(({ message }) => message.content === "missed 0");
    assert.deepEqual(
      second.host.of("gap").map(({ only, to, healable }) => [only, to, healable]),
      [["changes", oldest?.message.id, true]],
    );
    assert.deepEqual(server.gateway.began, ["identify", "identify"]);
    assert(second.host.batches.some(({ catchUp }) => catchUp === true));
  },
);

story(
  "changes of what was said before are asked for once in a session that is begun anew, in chats that are known",
  async (fixture) => {
    const { server, guild, bob, channel, live } = fixture;
    const other = server.addChannel(guild, { name: "nobody asked for it" });
    const direct = server.direct(bob);
    const chat = { id: chatId(direct.id), receiver: botLogin(server) };
    const first = await live(undefined, [chat]);
    for (const place of [channel, other, direct]) {
      server.say(bob, place, `in ${place.id}`);
      await heard(first.host, `in ${place.id}`);
    }
    assert.deepEqual(first.host.of("gap"), [], "nothing was heard before");
    await first.close();
    const resumed = await live(first.host.kept, [chat]);
    await connected(resumed);
    assert.deepEqual(resumed.host.of("gap"), [], "a session that goes on tells of all");
    await resumed.close();
    server.gateway.forget();
    const again = await live(resumed.host.kept, [chat]);
    await connected(again);
    const gaps = again.host.of("gap");
    const chats = gaps.map((gap) => String(gap.chat.id));
    assert.deepEqual(chats.toSorted(), [channel.id, direct.id].toSorted());
    assert(gaps.every(({ only, to }) => only === "changes" && to === undefined));
    assert.deepEqual(texts(again.host), []);
  },
);

story(
  "a cut line, a close by Discord and an invalid sequence are gone on from",
  async (fixture) => {
    const { server, bob, channel, live } = fixture;
    const { host } = await live();
    for (const [index, code] of [4000, 4009, 1001, 4007].entries()) {
      server.gateway.end(code);
      await host.reached("connected", index + 2);
      server.say(bob, channel, `after ${code}`);
      await heard(host, `after ${code}`);
    }
    assert.deepEqual(server.gateway.began, ["identify", "resume", "resume", "resume", "identify"]);
    assert.equal(texts(host).length, 4);
  },
);

story(
  "a commit that is refused brings everything again, once",
  async ({ server, bob, channel, live }) => {
    const { host } = await live();
    let refusals = 2;
    host.beforeCommit = (batch) => {
      if (refusals === 0 || !batch.events.some((it) => it.kind === "message"))
        return Promise.resolve();
      refusals -= 1;
      return Promise.reject(new Error("The disk is full."));
    };
    for (let at = 0; at < 20; at += 1) server.say(bob, channel, `line ${at}`);
    await heard(host, "line 19");
    assert.deepEqual(
      texts(host),
      Array.from({ length: 20 }, (_, at) => `line ${at}`),
    );
    assert.equal(refusals, 0);
    const why = host.states.find(({ state }) => state === "reconnecting")?.why;
    assert.equal(why?.code, "full");
  },
);

story(
  "what comes on a new line while the old one's commit still hangs is kept",
  async ({ server, bob, channel, live }) => {
    const { host } = await live();
    const hanging = Promise.withResolvers<void>();
    let commits = 0;
    host.beforeCommit = ({ events }) => {
      if (!events.some((it) => it.kind === "message")) return Promise.resolve();
      commits += 1;
      return commits === 1 ? hanging.promise : Promise.resolve();
    };
    server.say(bob, channel, "slow");
    await until("the commit hangs", () => commits === 1);
    server.gateway.drop();
    await server.until(() => server.gateway.began.length === 2);
    server.say(bob, channel, "after");
    await server.gateway.read();
    hanging.resolve();
    await heard(host, "after");
    await host.reached("connected", 2);
    assert.deepEqual(server.gateway.began, ["identify", "resume"]);
  },
);

/** A second life, for which Discord has forgotten the session, in which one thing was missed. */
const missing = async ({ server, bob, channel, live }: Fixture, text: string) => {
  const first = await live();
  server.say(bob, channel, "one");
  await heard(first.host, "one");
  await first.close();
  server.gateway.forget();
  server.say(bob, channel, text);
  return first.host.kept;
};

const fault = { message: "500: Internal Server Error", code: 0 };
/** Milliseconds in which all tries, with their pauses, have long been made. */
const tried = 15_000;
const reading = /^GET \/channels\/\d+\/messages$/;

story(
  "what was missed is asked for again where Discord has a fault of its own",
  async (fixture) => {
    const { server, bob, channel, live } = fixture;
    const kept = await missing(fixture, "missed");
    server.refuse(reading, 500, fault, 2);
    const second = await live(kept);
    await connected(second);
    server.say(bob, channel, "live again");
    await heard(second.host, "live again");
    assert.deepEqual(texts(second.host), ["missed", "live again"]);
  },
);

story("what was missed in a private chat is asked for again too", async (fixture) => {
  const { server, bob, live } = fixture;
  const direct = server.direct(bob);
  const chat = { id: chatId(direct.id), receiver: botLogin(server) };
  const first = await live();
  server.say(bob, direct, "one");
  await heard(first.host, "one");
  await first.close();
  server.gateway.forget();
  server.say(bob, direct, "missed");
  server.refuse(reading, 500, fault, 2);
  const second = await live(first.host.kept, [chat]);
  await heard(second.host, "missed");
  await connected(second);
  assert.deepEqual(
    second.host.of("gap").filter(({ only }) => only === undefined),
    [],
  );
});

story(
  "what cannot be read for long is left to the core as a gap, and stops nothing",
  async (fixture) => {
    const { server, bob, channel, live } = fixture;
    const kept = await missing(fixture, "missed");
    server.refuse(reading, 500, fault, 1000);
    const second = await live(kept);
    const gap = await until("the gap is told", () => second.host.of("gap")[0], tried);
    assert.deepEqual([gap.chat.id, gap.healable], [channel.id, true]);
    server.say(bob, channel, "live again");
    await heard(second.host, "live again");
  },
);

story("a message that makes no sense is left out of what was missed", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const kept = await missing(fixture, "missed");
  server.refuse(reading, 200, [{ id: "9".repeat(19), channel_id: channel.id, type: 0 }], 2);
  const second = await live(kept);
  await connected(second);
  server.say(bob, channel, "live again");
  await heard(second.host, "live again");
  assert.match(second.host.log, /error .*left out/);
  assert.deepEqual(server.gateway.began, ["identify", "identify"]);
});

story("a frame that asks Discord is taken again after a fault of Discord's", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const { host } = await live();
  const post = server.say(bob, channel, "react");
  await heard(host, "react");
  server.world.react(post, bob, "👍");
  server.refuse(/^GET \/channels\/\d+\/messages\/\d+$/, 500, fault);
  server.world.clearReactions(post, "👍");
  const cleared = await host.event(
    "the reactions",
    (it) => it.kind === "reactions" && it.complete === "all" && it,
  );
  assert.deepEqual(cleared.set, []);
  assert.deepEqual(server.gateway.began, ["identify", "resume"]);
});

story("a frame that fails for ever is left out in the end", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const { host } = await live();
  const post = server.say(bob, channel, "pin");
  server.refuse(/^GET \/channels\/\d+\/messages\/pins$/, 500, fault, 1000);
  server.world.pin(post, true);
  server.say(bob, channel, "after");
  await until("what follows comes", () => texts(host).includes("after"), tried);
  assert.match(host.log, /error .*left out.*CHANNEL_PINS_UPDATE/);
});

story("a server whose permissions cannot be read is caught up all the same", async (fixture) => {
  const { server, bob, channel, guild, live } = fixture;
  const kept = await missing(fixture, "missed");
  guild.tellsMembers = false;
  server.refuse(/^GET \/guilds\/\d+\/members\//, 500, fault, 1000);
  const second = await live(kept);
  await connected(second);
  server.say(bob, channel, "live again");
  await heard(second.host, "live again");
  assert.deepEqual(texts(second.host), ["missed", "live again"]);
  assert.match(second.host.log, /warn .*permissions/);
  assert.deepEqual(server.gateway.began, ["identify", "identify"]);
});

story("a token that Discord does not know needs a login", async ({ server, live }) => {
  server.token = "another";
  const { host } = await live();
  assert.equal(host.states.at(-1)?.state, "needs-login");
  assert.match(host.states.at(-1)?.why?.message ?? "", /token.*make a new one/);
});

story("a token that is taken back while running needs a login", async ({ server, live, chat }) => {
  const { host, connection } = await live();
  server.token = "another";
  const failed = await connection
    .history?.({ chat, direction: "older", limit: 1 }, AbortSignal.timeout(2000))
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  assert.match(String(failed), /token/);
  await host.reached("needs-login");
});

story("whoever asks learns that the token was taken back", async ({ server, live }) => {
  const { host, connection } = await live();
  await connection.probe?.(AbortSignal.timeout(5000));
  server.token = "another";
  await assert.rejects(async () => connection.probe?.(AbortSignal.timeout(5000)), {
    code: "auth",
    message: /token/,
  });
  await host.reached("needs-login");
});

story("frames that come in one turn keep their order", async ({ server, bob, channel, live }) => {
  const first = await live();
  await first.close();
  const wanted = Array.from({ length: 300 }, (_, at) => `n${at}`);
  for (const text of wanted) server.say(bob, channel, text);
  const second = await live(first.host.kept);
  await heard(second.host, "n299");
  assert.deepEqual(texts(second.host), wanted);
});

story("a chat that was silent before the outage is caught up too", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  server.say(bob, channel, "long before the bridge");
  const first = await live();
  await connected(first);
  await until("the channel's place is stored", () =>
    first.host.kept.cursors.has(`gateway\nlast:${channel.id}`),
  );
  await first.close();
  server.gateway.forget();
  server.say(bob, channel, "in the outage");
  const second = await live(first.host.kept);
  await heard(second.host, "in the outage");
  assert.deepEqual(texts(second.host), ["in the outage"]);
});

story(
  "nothing is left running after a close in the middle of connecting",
  async ({ server, live }) => {
    const release = server.hang(/gateway\/bot/);
    const opening = live();
    await until("the question where to connect", () =>
      server.calls.some(({ path }) => path === "/gateway/bot"),
    );
    release();
    const opened = await opening;
    await opened.close();
  },
);
