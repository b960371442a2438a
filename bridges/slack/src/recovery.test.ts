import assert from "node:assert/strict";
import { describe } from "node:test";
import { BridgeError } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import { createAttempt, MemoryHost, until } from "@bridgebox/core/testing";
import { chatOf, orderFor, said } from "./testing/world.ts";
import { hostIn, onSlack } from "./testing/on-slack.ts";

const texts = (core: MemoryHost, kind: "message" | "edit" = "message"): readonly string[] =>
  core.events.flatMap((event) =>
    event.kind === kind
      ? event.content.parts.map((part) => (part.kind === "text" ? toPlain(part.text) : part.kind))
      : [],
  );

describe("what happened while nobody listened", () => {
  onSlack("is fetched to its last word, in order", async (fixture) => {
    const { server, bob, general } = fixture;
    server.pageSize = 3;
    const first = await fixture.goLive(hostIn(fixture));
    server.say(bob, general, "before");
    await first.core.event("before", (event) => event.kind === "message" && event);
    await first.close();
    for (let number = 1; number <= 20; number += 1) server.say(bob, general, `missed ${number}`);
    const core = hostIn(fixture, first.core);
    await fixture.goLive(core);
    server.say(bob, general, "after");
    await until("all of it", () => texts(core).includes("after"));
    const missed = Array.from({ length: 20 }, (_, index) => `missed ${index + 1}`);
    assert.deepEqual([...new Set(texts(core))], [...missed, "after"]);
  });

  onSlack("also answers in threads and reactions", async (fixture) => {
    const { server, bob, general } = fixture;
    const first = await fixture.goLive(hostIn(fixture));
    const root = server.say(bob, general, "root");
    server.say(bob, general, "beside it");
    await until("both", () => texts(first.core).length === 2);
    await first.close();
    server.say(bob, general, "leaf", { thread: root });
    const liked = server.say(bob, general, "liked");
    server.react(general, liked, { user: bob, name: "heart" });
    const core = hostIn(fixture, first.core);
    await fixture.goLive(core);
    await until("the new ones", () => new Set(texts(core)).size === 2);
    assert.deepEqual([...new Set(texts(core))].toSorted(), ["leaf", "liked"]);
    const [all] = core.of("reactions");
    assert.deepEqual([all?.set[0]?.emoji, all?.complete], ["❤️", "all"]);
    const leaf = core.events.find((event) => event.kind === "message" && event.content.thread);
    assert(leaf?.kind === "message");
    assert.equal(leaf.content.thread?.root.id, root.ts);
  });

  onSlack("also what became of older messages, once in each conversation", async (fixture) => {
    const { server, app, bob, general } = fixture;
    const quiet = server.addChannel("quiet", [bob, app.bot]);
    const first = await fixture.goLive(hostIn(fixture));
    server.say(bob, general, "root");
    await until("it", () => texts(first.core).length === 1);
    assert.deepEqual(first.core.of("gap"), [], "nothing was heard before");
    await first.close();
    const missed = server.say(bob, general, "missed");
    server.say(bob, general, "missed too");
    const core = hostIn(fixture, first.core);
    core.chats.push(chatOf(quiet));
    await fixture.goLive(core);
    const gaps = await until("both", () => core.of("gap").length === 2 && core.of("gap"));
    assert(gaps.every(({ only, healable }) => only === "changes" && healable));
    const of = ({ id }: { readonly id: string }) => gaps.find(({ chat }) => chat.id === id);
    assert.equal(of(general)?.to, missed.ts);
    assert.deepEqual([of(quiet)?.to, (of(quiet)?.at ?? 0) > 0], [undefined, true]);
    const told = core.batches.find(({ events }) => events.some(({ kind }) => kind === "gap"));
    assert.equal(told?.events.at(-1)?.kind, "gap", "behind what was said");
  });

  onSlack("is waited for as long as Slack asks", async (fixture) => {
    const { server, bob, general } = fixture;
    const first = await fixture.goLive(hostIn(fixture));
    await first.close();
    server.say(bob, general, "missed");
    server.limit("conversations.history", 1);
    const core = hostIn(fixture, first.core);
    await fixture.goLive(core);
    server.say(bob, general, "live");
    await until("both, in order", () => texts(core).length >= 2);
    assert.deepEqual([...new Set(texts(core))], ["missed", "live"]);
  });

  onSlack("in a thread that is gone stops nothing", async (fixture) => {
    const { server, bob, general } = fixture;
    const first = await fixture.goLive(hostIn(fixture));
    await first.close();
    const root = server.say(bob, general, "root");
    server.say(bob, general, "leaf", { thread: root });
    server.say(bob, general, "beside it");
    server.fail("conversations.replies", "thread_not_found", { times: Number.MAX_SAFE_INTEGER });
    const core = hostIn(fixture, first.core);
    await fixture.goLive(core);
    await until("the others", () => texts(core).includes("beside it"));
  });

  onSlack("in a channel that the bot is not in any more stops nothing", async (fixture) => {
    const { server, bob, general, app } = fixture;
    const other = server.addChannel("other", [bob, app.bot]);
    const first = await fixture.goLive(hostIn(fixture));
    await first.close();
    server.leave(general, app.bot);
    server.say(bob, other, "elsewhere");
    const core = hostIn(fixture, first.core);
    core.chats.push(chatOf(other));
    await fixture.goLive(core);
    await until("the other", () => texts(core).includes("elsewhere"));
  });
});

describe("the socket", () => {
  onSlack("is acknowledged only when the event is on disk", async (fixture) => {
    const { server, bob, general } = fixture;
    const core = hostIn(fixture);
    const stored = Promise.withResolvers<void>();
    core.beforeCommit = ({ events }) => (events.length > 0 ? stored.promise : Promise.resolve());
    const live = await fixture.goLive(core);
    server.say(bob, general, "slowly");
    await server.until(() => server.feed.sent.length === 1);
    server.say(undefined, general, "", { username: "x", botId: "B0XXXXXXXX" });
    assert.deepEqual(server.feed.acknowledged, []);
    stored.resolve();
    await server.until(() => server.feed.acknowledged.length === 2);
    assert.equal(live.core.of("message").length, 2);
  });

  onSlack("that Slack renews loses nothing", async (fixture) => {
    const { server, bob, general } = fixture;
    const live = await fixture.goLive(hostIn(fixture));
    server.feed.recycle();
    server.say(bob, general, "in between");
    await until(
      "a new socket",
      () => live.core.states.filter(({ state }) => state === "connected").length >= 2,
    );
    server.say(bob, general, "on the new one");
    // What comes again under the same key is one message: the core takes it once.
    const heard = (): readonly string[] => [...new Set(texts(live.core))];
    await until("both", () => heard().length >= 2);
    assert.deepEqual(heard(), ["in between", "on the new one"]);
    assert.deepEqual(live.core.of("gap"), [], "what was not acknowledged comes again");
  });
});

describe("what Slack refuses", () => {
  onSlack("too many messages: the conversation waits", async (fixture) => {
    const live = await fixture.goLive();
    fixture.server.limit("chat.postMessage", 7);
    const order = orderFor(live, { chat: chatOf(fixture.general), content: said("wait") });
    const error = await live.connection
      .send(order, createAttempt())
      .catch((thrown: unknown) => thrown);
    assert(error instanceof BridgeError);
    assert.deepEqual(
      [error.code, error.scope, error.retryAfter, error.reached],
      ["rate_limit", "chat", 7000, "no"],
    );
  });

  onSlack(
    "a scope that is missing is named, at the start and when it is needed",
    async (fixture) => {
      const { app, general } = fixture;
      app.botToken.scopes.delete("chat:write.customize");
      const live = await fixture.goLive();
      assert.match(live.core.log, /lacks scopes.*"missing":\["chat:write\.customize"\]/);
      const speaker = { as: "relay", handle: "@eve:m", name: "Eve" } as const;
      const order = orderFor(live, { chat: chatOf(general), content: said("hi"), speaker });
      await assert.rejects(
        live.connection.send(order, createAttempt()),
        /lacks the scope chat:write\.customize\. Add it/,
      );
    },
  );

  onSlack("a token that was revoked needs a new login, the app goes on", async (fixture) => {
    const { server, ana, app } = fixture;
    const live = await fixture.goLive();
    const token = server.addToken("user", ana, app.app);
    const mine = await fixture.join(live, token);
    server.revoke(token);
    await mine.core.reached("needs-login");
    assert.equal(mine.core.states.at(-1)?.why?.code, "auth");
    assert.equal(live.core.states.at(-1)?.state, "connected");
    const order = orderFor(mine, { chat: chatOf(fixture.general), content: said("hi") });
    const error = await mine.connection
      .send(order, createAttempt())
      .catch((thrown: unknown) => thrown);
    assert(error instanceof BridgeError);
    assert.deepEqual([error.code, error.scope], ["auth", "login"]);
    assert.match(error.message, / – log in again\.$/);
  });

  onSlack("tokens of the config that were revoked are told as the config's", async (fixture) => {
    const { server, app, ana } = fixture;
    const live = await fixture.goLive();
    const mine = await fixture.join(live, server.addToken("user", ana, app.app));
    const why = () => live.core.states.at(-1)?.why?.message;
    server.revoke(app.botToken);
    await live.core.reached("needs-login");
    assert.equal(
      why(),
      "Nothing is bridged any more: Slack ended this login – put a new bot_token into the config.",
    );
    assert.equal(mine.core.states.at(-1)?.state, "connected");
    for (const token of server.world.tokens.values())
      if (token.kind === "app") token.revoked = true;
    server.feed.cut();
    await mine.core.reached("needs-login");
    assert.equal(
      mine.core.states.at(-1)?.why?.message,
      "Slack's events cannot be heard: Slack does not take this login any more – put a new app_token into the config.",
    );
  });

  onSlack("an app that was removed says so", async (fixture) => {
    const live = await fixture.goLive();
    fixture.server.uninstall(fixture.app.app);
    await live.core.reached("needs-login");
    assert.match(String(live.core.states.at(-1)?.why?.message), /the app was removed/);
  });

  onSlack("a bot token that is dead at the start: others still log in", async (fixture) => {
    const { server, app, ana } = fixture;
    app.botToken.revoked = true;
    const core = new MemoryHost();
    const { slack } = await import("./index.ts");
    const network = await slack.open(core.host, fixture.config);
    const [bot] = network.standing ?? [];
    assert(bot);
    await assert.rejects(
      network.connect(bot, core.session()),
      (error) =>
        error instanceof BridgeError &&
        error.code === "auth" &&
        error.message.endsWith(" – put a new bot_token into the config."),
    );
    core.stop();
    await network.close();
    const live = await fixture.alone(server.addToken("session", ana));
    assert.equal(live.core.states.at(-1)?.state, "connected");
  });
});

describe("a token that nobody said was revoked", () => {
  onSlack("is found out by asking", async (fixture) => {
    const { connection } = await fixture.goLive(hostIn(fixture));
    await connection.probe?.(AbortSignal.timeout(5000));
    fixture.server.fail("auth.test", "token_revoked");
    await assert.rejects(async () => connection.probe?.(AbortSignal.timeout(5000)), {
      code: "auth",
    });
    await connection.probe?.(AbortSignal.timeout(5000));
  });
});
