import assert from "node:assert/strict";
import type { Member } from "@bridgebox/core/adapter";
import type { MemoryHost } from "@bridgebox/core/testing";
import { changeRole, deleteRole, giveServer } from "../../../test/networks/discord/standing.ts";
import { bits } from "../../../test/networks/discord/index.ts";
import { chatFor, connected } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

const moderating = String(bits.manageMessages);

/** As what people were told of, in order: channel, person, and what they are there. */
const told = (host: MemoryHost) =>
  host
    .of("members")
    .flatMap(({ chat, list }) =>
      list.map(({ user, state, role }) => [chat.id, user, state === "join" ? role : state]),
    );

const overwrite = (id: string, type: 0 | 1, allow: string, deny = "0") =>
  ({ id, type, allow, deny }) as const;

story("a permission of a channel makes a moderator of that channel alone", async (fixture) => {
  const { server, guild, channel, bob, carol, live } = fixture;
  const other = server.addChannel(guild, { name: "other" });
  const role = server.addRole(guild, { name: "helpers" });
  server.changeMember(guild, bob, { roles: [role.id] });
  const it = await live(undefined, [chatFor(other)]);
  await connected(it);
  const { host, connection } = it;
  const allow = (...all: ReturnType<typeof overwrite>[]) =>
    server.world.change(channel, { permission_overwrites: all });
  allow(overwrite(role.id, 0, moderating));
  await host.until(() => told(host).length === 1);
  assert.deepEqual(told(host)[0], [channel.id, bob.id, "moderator"]);
  const listed: Member[] = [];
  for await (const page of connection.members?.(chatFor(channel), AbortSignal.timeout(5000)) ?? [])
    listed.push(...page);
  assert.equal(listed.find(({ user }) => user === bob.id)?.role, "moderator");
  allow(overwrite(carol.id, 1, moderating));
  await host.until(() => told(host).length === 3);
  assert.deepEqual(told(host).slice(1), [
    [channel.id, bob.id, "member"],
    [channel.id, carol.id, "moderator"],
  ]);
  allow(overwrite(carol.id, 1, moderating), overwrite(role.id, 0, "0", String(bits.viewChannel)));
  await host.until(() => told(host).length === 4);
  assert.deepEqual(told(host)[3], [channel.id, bob.id, "leave"]);
  server.changeMember(guild, bob, { nick: "Bobby" });
  await host.until(() => told(host).length === 6);
  assert.deepEqual(told(host).slice(4), [
    [channel.id, bob.id, "leave"],
    [other.id, bob.id, "member"],
  ]);
});

story("what a role may do now makes something else of those who have it", async (fixture) => {
  const { server, guild, channel, bob, carol, live } = fixture;
  const { world } = server;
  const role = server.addRole(guild, { name: "mods" });
  server.changeMember(guild, bob, { roles: [role.id] });
  const it = await live();
  await connected(it);
  const { host } = it;
  server.refuse(/^GET \/guilds\/\d+\/members$/, 500, { message: "500", code: 0 }, 2);
  changeRole(world, guild, role, { permissions: moderating });
  await host.until(() => told(host).length === 1);
  assert.deepEqual(told(host)[0], [channel.id, bob.id, "moderator"], "also after a fault");
  const lists = () => server.calls.filter(({ path }) => path.endsWith("/members")).length;
  const before = lists();
  changeRole(world, guild, role, { color: 0xff0000 });
  deleteRole(world, guild, role);
  await host.until(() => told(host).length === 2);
  assert.deepEqual(told(host)[1], [channel.id, bob.id, "member"]);
  assert(lists() - before <= 1, "what changes nobody asks for nobody");
  const [owner] = guild.members.keys();
  giveServer(world, guild, carol);
  await host.until(() => told(host).length === 4);
  assert.deepEqual(told(host).slice(2), [
    [channel.id, owner, "member"],
    [channel.id, carol.id, "owner"],
  ]);
});

story("who speaks is told of with what they are, once and when it changed", async (fixture) => {
  const { server, guild, channel, bob, carol, live } = fixture;
  const role = server.addRole(guild, { name: "mods", permissions: moderating });
  server.changeMember(guild, bob, { roles: [role.id] });
  const { host } = await live();
  for (const user of [bob, carol, bob]) server.say(user, channel, "hello");
  await host.until(() => host.of("message").length === 3);
  assert.deepEqual(told(host), [
    [channel.id, bob.id, "moderator"],
    [channel.id, carol.id, "member"],
  ]);
  server.changeMember(guild, bob, { roles: [] });
  server.say(bob, channel, "no more");
  await host.until(() => host.of("message").length === 4);
  assert.deepEqual(told(host).slice(2), [[channel.id, bob.id, "member"]]);
});

story("a server of many people is looked at as far as it is sensible", async (fixture) => {
  const { server, guild, bob, live } = fixture;
  const role = server.addRole(guild, { name: "mods" });
  const it = await live();
  await connected(it);
  const { host } = it;
  for (let page = 0; page < 12; page += 1) {
    const people = Array.from({ length: 1000 }, (_, at) => ({
      user: { ...bob, id: String(10_000 + page * 1000 + at) },
      roles: at === 0 ? [role.id] : [],
    }));
    server.refuse(/^GET \/guilds\/\d+\/members$/, 200, people);
  }
  changeRole(server.world, guild, role, { permissions: moderating });
  await host.until(() => told(host).length === 10);
  const asked = server.calls.filter(({ path }) => path.endsWith("/members"));
  assert.equal(asked.length, 10);
  assert.match(host.log, /warn Not all people of a server were looked at/);
});
