import assert from "node:assert/strict";
import { describe } from "node:test";
import { until, type MemoryHost } from "@bridgebox/core/testing";
import type { User } from "../../../test/networks/slack/index.ts";
import { onHub } from "./testing/boxes.ts";
import { listenerFor } from "./testing/listening.ts";
import { chatOf, directOf } from "./testing/world.ts";

/** Conversations in which older messages are looked at for what became of them. */
const lookedAt = (core: MemoryHost): readonly string[] =>
  core.of("gap").flatMap(({ only, chat }) => (only === "changes" ? [String(chat.id)] : []));

/** How often it was put down that this person has heard everything. */
const timesWhole = (core: MemoryHost, { id }: User): number =>
  core.batches.filter(({ cursor = {} }) => `since:${id}` in cursor).length;

describe("who comes back while others have heard all along", () => {
  onHub("is told what became of older messages, though the first look fails", async (scene) => {
    const { server, app, ana, bob, general } = scene;
    const person = server.addToken("user", ana, app.app);
    const kept = await scene.begun(app.botToken, person);
    const direct = server.direct(ana, bob);
    const { core, hub } = scene.box(kept);
    const bot = listenerFor(scene, app.botToken, [chatOf(general)]);
    await hub.add(bot);
    await until("the bot is whole", () => timesWhole(core, app.bot) === 1);
    server.fail("conversations.history", "internal_error", { status: 500 });
    await hub.add(listenerFor(scene, person, [directOf(direct, ana)]));
    await bot.reached("connected", 2);
    await until("both are whole", () => timesWhole(core, ana) === 1);
    assert.deepEqual(lookedAt(core), [general.id, direct.id], "and the bot's only once");
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
