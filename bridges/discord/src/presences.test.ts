import assert from "node:assert/strict";
import type { MemoryHost } from "@bridgebox/core/testing";
import { showPresence } from "../../../test/networks/discord/presence.ts";
import { connected } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

const presence = { presence: true };

/** Who was shown how, in order. */
const shown = (host: MemoryHost) =>
  host.of("presence").map(({ user, state, text }) => [user, state, ...(text ? [text] : [])]);

const custom = (state: string) => ({
  name: "Custom Status",
  type: 4,
  state,
  emoji: { name: "🍜" },
});
const game = { name: "Chess", type: 0, state: "in a match" };

story(
  "who is there is shown once, with their own words, however often it is told",
  async (fixture) => {
    const { server, bob, carol, live } = fixture;
    const { world } = server;
    server.addGuild("Another club", [bob, carol]);
    showPresence(world, bob, "online", [game, custom(" at\nlunch ")]);
    const { host } = await live();
    await host.until(() => shown(host).length === 1);
    assert.deepEqual(shown(host), [[bob.id, "online", "🍜 at lunch"]]);
    const commits = host.batches.length;
    for (let at = 0; at < 200; at += 1)
      showPresence(world, bob, "dnd", [{ ...game, state: String(at) }, custom("at lunch")]);
    showPresence(world, world.bot, "online");
    showPresence(world, carol, "idle");
    await host.until(() => shown(host).length === 2);
    assert.deepEqual(shown(host)[1], [carol.id, "away"]);
    assert(host.batches.length - commits <= 3, "most of it is no commit");
    showPresence(world, bob, "offline");
    server.leave(fixture.guild, carol);
    await host.until(() => shown(host).length >= 3);
    assert.deepEqual(shown(host)[2], [bob.id, "offline"]);
    assert(
      host.batches.every(
        ({ events }) =>
          events.every(({ kind }) => kind !== "presence") ||
          events.every(({ kind }) => kind === "presence"),
      ),
    );
  },
  presence,
);

story(
  "who went while no session ran is gone, and who is there is not told again",
  async (fixture) => {
    const { server, bob, carol, live } = fixture;
    for (const user of [bob, carol]) showPresence(server.world, user, "online");
    const { host } = await live();
    await host.until(() => shown(host).length === 2);
    server.gateway.forget();
    showPresence(server.world, bob, "offline");
    server.gateway.drop();
    await host.until(() => shown(host).length === 3);
    assert.deepEqual(shown(host)[2], [bob.id, "offline"]);
    server.expel(fixture.guild);
    await host.until(() => shown(host).length === 4);
    assert.deepEqual(shown(host)[3], [carol.id, "offline"]);
  },
  presence,
);

story(
  "who was there before a new session is not shown as gone before their servers have come",
  async (fixture) => {
    const { server, guild, bob, carol, live } = fixture;
    const other = server.addGuild("Another club", [carol]);
    server.leave(guild, carol);
    for (const user of [bob, carol]) showPresence(server.world, user, "online");
    const { host } = await live();
    await host.until(() => shown(host).length === 2);
    server.gateway.forget();
    guild.out = true;
    showPresence(server.world, carol, "offline");
    server.gateway.drop();
    await host.until(() => shown(host).length === 3);
    assert.deepEqual(shown(host)[2], [carol.id, "offline"]);
    showPresence(server.world, carol, "idle");
    await host.until(() => shown(host).length === 4);
    showPresence(server.world, bob, "offline");
    server.leave(other, carol);
    await host.until(() => shown(host).length === 5);
    assert.deepEqual(shown(host)[4], [carol.id, "offline"], "bob's server has not come yet");
    server.recover(guild);
    await host.until(() => shown(host).length === 6);
    assert.deepEqual(shown(host)[5], [bob.id, "offline"]);
  },
  presence,
);

story(
  "also in a large server everybody who is there is shown, and stays so over a new session",
  async (fixture) => {
    const { server, guild, live } = fixture;
    const crowd = Array.from({ length: 1200 }, (_, at) =>
      server.addUser({ username: `one of many ${at}` }),
    );
    for (const user of crowd) {
      server.join(guild, user);
      showPresence(server.world, user, "online");
    }
    const { host } = await live();
    await host.until(() => shown(host).length === crowd.length);
    assert(host.batches.every(({ events }) => events.length <= 500));
    server.gateway.forget();
    const [first] = crowd;
    assert(first);
    showPresence(server.world, first, "idle");
    server.gateway.drop();
    await host.until(() => shown(host).length > crowd.length);
    assert.deepEqual(shown(host).slice(crowd.length), [[first.id, "away"]]);
  },
  presence,
);

story(
  "presence that makes no sense is left out",
  async (fixture) => {
    const { server, bob, guild, live } = fixture;
    const it = await live();
    await connected(it);
    for (const data of [
      null,
      { guild_id: guild.id, user: null, status: "online" },
      { guild_id: guild.id, user: { id: "../x" }, status: "online" },
      { guild_id: guild.id, user: { id: bob.id }, status: {} },
      { guild_id: 7, user: { id: bob.id }, status: "online" },
    ])
      server.gateway.garble("PRESENCE_UPDATE", data);
    server.gateway.garble("PRESENCE_UPDATE", {
      guild_id: guild.id,
      user: { id: bob.id },
      status: "idle",
      activities: [null, { type: 4, state: {}, emoji: 7 }],
    });
    await it.host.until(() => shown(it.host).length === 1);
    assert.deepEqual(shown(it.host), [[bob.id, "away"]]);
  },
  presence,
);

story(
  "without the intent nobody is shown, and everything else goes on",
  async (fixture) => {
    const { server, bob, live } = fixture;
    server.allowed = { members: true, content: true, presences: false };
    const it = await live();
    await connected(it);
    assert.match(it.host.log, /warn .*lacks the Presence Intent.*set presence to false/);
    showPresence(server.world, bob, "online");
    assert.deepEqual(
      server.gateway.said.map(({ intents }) => Number(intents) & (1 << 8)),
      [0],
    );
  },
  presence,
);

story("nobody is asked about where it is not wanted", async ({ server, live }) => {
  const it = await live();
  await connected(it);
  assert.doesNotMatch(it.host.log, /Presence Intent/);
  assert.deepEqual(
    server.gateway.said.map(({ intents }) => Number(intents) & (1 << 8)),
    [0],
  );
});
