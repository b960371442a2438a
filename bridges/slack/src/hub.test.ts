import assert from "node:assert/strict";
import { describe } from "node:test";
import { MemoryHost, until } from "@bridgebox/core/testing";
import type { Token } from "../../../test/networks/slack/index.ts";
import { missedIn } from "./catch-up.ts";
import { eventsOf } from "./receive.ts";
import { onHub } from "./testing/boxes.ts";
import { listenerFor, textsOf } from "./testing/listening.ts";
import { onSlack } from "./testing/on-slack.ts";
import { chatOf, loginOf, type Fixture } from "./testing/world.ts";

describe("what could not be stored keeps its place", () => {
  onHub("what was missed stands before what is said now", async (scene) => {
    const { server, app, bob, general } = scene;
    const other = server.addChannel("other", [bob, app.bot]);
    const { core, hub } = scene.box(await scene.begun(app.botToken));
    server.say(bob, general, "missed");
    let full = true;
    core.beforeCommit = async ({ events }) => {
      if (!full || !JSON.stringify(events).includes("missed")) return;
      full = false;
      await until("what was said later", () => textsOf(core).includes("elsewhere"));
      throw new Error("The disk is full.");
    };
    const listener = listenerFor(scene, app.botToken, [chatOf(general)]);
    await hub.add(listener);
    await listener.reached("connected");
    server.say(bob, general, "live");
    server.say(bob, other, "elsewhere");
    await until("both", () => textsOf(core).length === 3);
    assert.deepEqual(textsOf(core), ["elsewhere", "missed", "live"]);
  });

  onHub("a message that was refused stands before the next one", async (scene) => {
    const { server, ana, bob, general } = scene;
    const core = new MemoryHost();
    let full = true;
    core.beforeCommit = async ({ events }) => {
      if (!full || !JSON.stringify(events).includes("refused")) return;
      full = false;
      await until("what was said later", () => textsOf(core).includes("elsewhere"));
      throw new Error("The disk is full.");
    };
    core.chats.push(chatOf(general));
    const other = server.addChannel("other", [ana, bob]);
    await scene.alone(server.addToken("session", ana), core);
    server.say(bob, general, "refused");
    server.say(bob, general, "live");
    server.say(bob, other, "elsewhere");
    await until("all of it", () => textsOf(core).length === 3);
    assert.deepEqual(textsOf(core), ["elsewhere", "refused", "live"]);
  });
});

describe("the stream", () => {
  onHub("ends where more comes than can be stored, and brings it again", async (scene) => {
    const { server, app, bob, general } = scene;
    const { core, hub } = scene.box();
    const listener = listenerFor(scene, app.botToken, [chatOf(general)]);
    await hub.add(listener);
    await listener.reached("connected");
    const stored = Promise.withResolvers<void>();
    let commits = 0;
    core.beforeCommit = () => {
      commits += 1;
      return stored.promise;
    };
    server.say(bob, general, "first");
    await until("the commit hangs", () => commits > 0);
    const event = { type: "emoji_changed" };
    const all = Array.from({ length: 6000 }, (_, at) =>
      hub.receive({
        type: "event_callback",
        event_id: `Ev${at}`,
        event: { ...event, channel: general.id },
      }),
    );
    const refused = await Promise.race(all.map((one) => one.then(() => undefined, String)));
    assert.match(refused ?? "", /more came from Slack than could be stored/);
    await listener.reached("reconnecting");
    stored.resolve();
    const ended = await Promise.allSettled(all);
    assert(ended.length === 6000);
    await listener.reached("connected", 2);
    server.say(bob, general, "second");
    await core.until(() => textsOf(core).includes("second"));
    assert.deepEqual(textsOf(core), ["first", "second"]);
  });

  onHub("lets in a login that comes while it opens", async (scene) => {
    const { server, app, ana } = scene;
    const { hub } = scene.box();
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const early = listenerFor(scene, app.botToken);
    await hub.add({
      ...early,
      chats: () => {
        asked.resolve();
        return answered.promise.then(() => []);
      },
    });
    await asked.promise;
    const late = listenerFor(scene, server.addToken("user", ana, app.app));
    await hub.add(late);
    answered.resolve();
    await early.reached("connected");
    await late.reached("connected");
  });

  onHub("is opened ever more rarely while what was missed cannot be fetched", async (scene) => {
    const { server, app, bob, general } = scene;
    const kept = await scene.begun(app.botToken);
    server.say(bob, general, "missed");
    server.fail("conversations.history", "internal_error", { times: 4, status: 500 });
    const delays: number[] = [];
    const pause = (delay: number): Promise<void> => {
      delays.push(delay);
      return Promise.resolve();
    };
    const { core, hub } = scene.box(kept, { pause });
    const listener = listenerFor(scene, app.botToken, [chatOf(general)]);
    await hub.add(listener);
    const isWhole = () => core.batches.some(({ events }) => events.length === 0);
    await until(
      "what was missed, and that it is all",
      () => textsOf(core).length === 1 && isWhole(),
    );
    const [, , , fourth = 0, ...more] = delays;
    assert.deepEqual(more, []);
    assert(fourth >= 400, `after 4 failures: ${delays.join(", ")} ms`);
    server.dropConnections();
    await listener.reached("connected", 6);
    const [last = Infinity] = delays.slice(4);
    assert(last <= 150, `after a success: ${delays.join(", ")} ms`);
  });
});

onSlack(
  "what Slack says to one person only is marked as such: no history has it",
  async (fixture) => {
    const { app, bob, general } = fixture;
    const { view } = listenerFor(fixture, app.botToken);
    const wire = { type: "message", channel: general.id, user: bob.id, text: "psst" };
    const said = async (more: object) => {
      const [event] = await eventsOf({ ...wire, ts: "1700000000.000100", ...more }, view);
      return event?.kind === "message" && event.only;
    };
    assert.deepEqual(await said({ is_ephemeral: true }), [view.login]);
    assert.equal(await said({}), undefined);
  },
);

describe("a conversation of several logins", () => {
  const isAsked = ({ calls }: Fixture["server"]): Promise<boolean> =>
    until("the question", () => calls.some(({ method }) => method === "conversations.history"));
  const both = ({ server, app, ana }: Fixture): readonly [Token, Token] => [
    app.botToken,
    server.addToken("user", ana, app.app),
  ];

  onHub("is read by one that may", async (scene) => {
    const { server, app, ana, bob, general } = scene;
    const tokens = both(scene);
    const kept = await scene.begun(...tokens);
    server.leave(general, app.bot);
    server.say(bob, general, "missed");
    const { core, hub } = scene.box(kept);
    for (const token of tokens) await hub.add(listenerFor(scene, token, [chatOf(general)]));
    await until("what was missed", () => textsOf(core).includes("missed"));
    const batch = core.batches.find(({ events }) => events.length > 0);
    assert.deepEqual(batch?.seenBy, [loginOf(ana)]);
  });

  onHub("is whole for nobody before one has read it", async (scene) => {
    const { server, app, bob, general } = scene;
    const [bot, person] = both(scene);
    const kept = await scene.begun(bot, person);
    const other = server.addChannel("other", [bob, app.bot]);
    server.say(bob, general, "missed");
    const release = server.hang("conversations.history");
    const first = scene.box(kept);
    for (const token of [bot, person]) {
      const listener = listenerFor(scene, token, [chatOf(general)]);
      const api = { ...listener.api, now: () => Date.now() + 60_000 };
      await first.hub.add({ ...listener, api });
    }
    await isAsked(server);
    server.say(bob, other, "elsewhere");
    await until("what is said now", () => textsOf(first.core).includes("elsewhere"));
    await first.close();
    release();
    const second = scene.box(kept);
    await second.hub.add(listenerFor(scene, person, [chatOf(general)]));
    await until("what was missed", () => textsOf(second.core).includes("missed"));
  });

  onHub("is read by another when a login leaves", async (scene) => {
    const { server, bob, general } = scene;
    const [bot, person] = both(scene);
    const kept = await scene.begun(bot, person);
    server.say(bob, general, "missed");
    const release = server.hang("conversations.history");
    const { core, hub } = scene.box(kept);
    const leaving = listenerFor(scene, bot, [chatOf(general)]);
    const staying = listenerFor(scene, person, [chatOf(general)]);
    await hub.add(leaving);
    await hub.add(staying);
    await isAsked(server);
    leaving.leave();
    await until("what was missed", () => textsOf(core).includes("missed"));
    release();
    assert.deepEqual(
      staying.states.map(({ state }) => state),
      ["connected"],
      "nobody else is disturbed",
    );
  });

  onHub("is read by another when a login is over", async (scene) => {
    const { server, bob, general } = scene;
    const [bot, person] = both(scene);
    const kept = await scene.begun(bot, person);
    server.say(bob, general, "missed");
    const { core, hub } = scene.box(kept);
    const over = listenerFor(scene, bot, [chatOf(general)]);
    const staying = listenerFor(scene, person, [chatOf(general)]);
    bot.revoked = true;
    await hub.add(over);
    await hub.add(staying);
    await until("what was missed", () => textsOf(core).includes("missed"));
    await over.reached("needs-login");
    assert.deepEqual(
      staying.states.map(({ state }) => state),
      ["connected"],
    );
  });
});

onSlack(
  "what is too much to be held is a gap, which ends where the rest begins",
  async (fixture) => {
    const { server, app, bob, general } = fixture;
    const core = new MemoryHost();
    const first = await fixture.goLive(core);
    await first.close();
    const posts = Array.from({ length: 103 }, (_, number) =>
      server.say(bob, general, `missed ${number}`),
    );
    server.pageSize = 1;
    const { api, view, ...rest } = listenerFor(fixture, app.botToken);
    const since = [...core.kept.cursors.values()].at(-1) ?? "";
    const missed = { api, view, channel: general.id, after: since, signal: rest.signal };
    const found = await missedIn(missed);
    const [gap, next] = found?.events ?? [];
    assert(gap?.kind === "gap" && next?.kind === "message");
    assert.deepEqual([gap.from, gap.to, gap.at], [undefined, next.id, next.at]);
    assert.equal(gap.since, Math.floor(Number(since) * 1000));
    assert.equal(next.id, posts[3]?.ts);
    assert.equal(found?.events.length, 101);
  },
);
