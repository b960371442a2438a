import assert from "node:assert/strict";
import { describe } from "node:test";
import { until, type MemoryHost } from "@bridgebox/core/testing";
import type { User } from "../../../test/networks/slack/index.ts";
import { onHub, type Scene } from "./testing/boxes.ts";
import { listenerFor } from "./testing/listening.ts";
import { chatOf, directOf } from "./testing/world.ts";

/** Conversations in which older messages are looked at for what became of them. */
const lookedAt = (core: MemoryHost): readonly string[] =>
  core.of("gap").flatMap(({ only, chat }) => (only === "changes" ? [String(chat.id)] : []));

/** How often it was put down that this person has heard everything. */
const timesWhole = (core: MemoryHost, { id }: User): number =>
  core.batches.filter(({ cursor = {} }) => `since:${id}` in cursor).length;

/** Lets the first look fail; begins at once, and ends when nothing more is to be done. */
type Failing = (scene: Scene, core: MemoryHost) => Promise<void>;

const failing: readonly (readonly [string, Failing])[] = [
  [
    "Slack fails",
    ({ server }) => {
      server.fail("conversations.history", "internal_error", { status: 500 });
      return Promise.resolve();
    },
  ],
  [
    "the disk is full",
    (_, core) => {
      core.beforeCommit = ({ events }) => {
        if (events.length === 0) return Promise.resolve();
        core.beforeCommit = () => Promise.resolve();
        return Promise.reject(new Error("The disk is full."));
      };
      return Promise.resolve();
    },
  ],
  [
    "the connection is renewed",
    async ({ server }) => {
      const release = server.hang("conversations.history");
      const known = server.calls.length;
      const isAsked = (asked: string) =>
        until(asked, () => server.calls.slice(known).some(({ method }) => method === asked));
      await isAsked("conversations.history");
      server.dropConnections();
      await isAsked("apps.connections.open");
      release();
    },
  ],
];

describe("who comes back while others have heard all along", () => {
  for (const [why, fail] of failing)
    onHub(`is told what became of older messages, though at first ${why}`, async (scene) => {
      const { server, app, ana, bob, general } = scene;
      const person = server.addToken("user", ana, app.app);
      const kept = await scene.begun(app.botToken, person);
      const direct = server.direct(ana, bob);
      const { core, hub } = scene.box(kept);
      const bot = listenerFor(scene, app.botToken, [chatOf(general)]);
      await hub.add(bot);
      await until("the bot is whole", () => timesWhole(core, app.bot) === 1);
      const failed = fail(scene, core);
      await hub.add(listenerFor(scene, person, [directOf(direct, ana)]));
      await failed;
      await bot.reached("connected", 2);
      await until("both are whole", () => timesWhole(core, ana) === 1);
      assert.deepEqual([...new Set(lookedAt(core))], [general.id, direct.id]);
      const ofBot = lookedAt(core).filter((id) => id === general.id);
      assert.equal(ofBot.length, 1, "the bot has heard all");
    });

  onHub("is told so too where the connection was renewed before it left", async (scene) => {
    const { server, app, ana, bob, general } = scene;
    const person = server.addToken("user", ana, app.app);
    const { core, hub } = scene.box();
    const direct = server.direct(ana, bob);
    const bot = listenerFor(scene, app.botToken, [chatOf(general)]);
    const leaving = listenerFor(scene, person, [directOf(direct, ana)]);
    await hub.add(bot);
    await hub.add(leaving);
    await leaving.reached("connected");
    server.dropConnections();
    await until("both are whole anew", () => timesWhole(core, ana) === 2);
    assert.deepEqual(lookedAt(core), [], "what was not acknowledged comes again");
    leaving.leave();
    await hub.add(listenerFor(scene, person, [directOf(direct, ana)]));
    await until("it is whole again", () => timesWhole(core, ana) === 3);
    assert.deepEqual(lookedAt(core), [direct.id]);
  });
});

describe("who is away only while the connection is renewed", () => {
  onHub("is looked after once that has lasted longer than Slack brings it again", async (scene) => {
    const { server, app, general } = scene;
    let clock = 0;
    const now = (): number => clock;
    const pause = (): Promise<void> => {
      clock += 50_000;
      return Promise.resolve();
    };
    const { core, hub } = scene.box(undefined, { now, pause });
    await hub.add(listenerFor(scene, app.botToken, [chatOf(general)]));
    await until("it is whole", () => timesWhole(core, app.bot) === 1);
    const looks: number[] = [];
    for (const [renewals, lasting] of [0, 0, 0, 3_600_000].entries()) {
      clock += lasting;
      server.dropConnections();
      await until("it is whole again", () => timesWhole(core, app.bot) === renewals + 2);
      looks.push(lookedAt(core).length);
    }
    assert.deepEqual(looks, [0, 1, 1, 1], "short ones add up; a look or a long one ends that");
  });

  onHub("is looked after where the next one was long in coming", async (scene) => {
    const { server, app, general } = scene;
    let clock = 0;
    const { core, hub } = scene.box(undefined, { now: () => clock });
    const bot = listenerFor(scene, app.botToken, [chatOf(general)]);
    await hub.add(bot);
    await until("it is whole", () => timesWhole(core, app.bot) === 1);
    const opened = () => server.calls.filter(({ method }) => method === "apps.connections.open");
    const release = server.hang("apps.connections.open");
    server.dropConnections();
    await until("it is on its way", () => opened().length === 2);
    clock += 60_000;
    release();
    await until("it is whole again", () => timesWhole(core, app.bot) === 2);
    assert.deepEqual(lookedAt(core), [general.id]);
  });
});
