import assert from "node:assert/strict";
import { userId } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import { PermissionFlagsBits as flags } from "discord.js";
import { story } from "./testing/story.ts";

story("a bot makes channels, open ones and ones for some people", async (fixture) => {
  const { server, guild, bob, live } = fixture;
  const may = (on: boolean): void => {
    for (const role of guild.wire.roles) {
      const others = BigInt(role.permissions) & ~flags.ManageChannels;
      role.permissions = String(on ? others | flags.ManageChannels : others);
    }
  };
  const { connection } = await live();
  const members = [userId(bob.id)];
  const make = (name: string, kind: "group" | "channel" = "group") =>
    connection.createGroup?.({ kind, name, members }, createAttempt());
  may(false);
  await assert.rejects(async () => make("lunch"), /No channel was made.*Manage Channels/);
  may(true);
  const chat = await make("lunch");
  const made = server.world.channels.get(String(chat?.id));
  assert.equal(made?.name, "lunch");
  const seen = (made?.permission_overwrites ?? []).map(({ id, allow, deny }) => [id, allow, deny]);
  const view = String(flags.ViewChannel);
  assert.deepEqual(seen, [
    [guild.id, "0", view],
    [server.world.bot.id, view, "0"],
    [bob.id, view, "0"],
  ]);
  const open = await make("The club#news", "channel");
  assert.deepEqual(server.world.channels.get(String(open?.id))?.permission_overwrites, []);
  await assert.rejects(async () => make("No club#news"), /in no server of that name.*"The club#…"/);
  server.addGuild("Another", [bob]);
  await assert.rejects(async () => make("news"), /say in which server/);
  await assert.rejects(
    async () => connection.createGroup?.({ kind: "group", members }, createAttempt()),
    /Discord lets no bot make a group of people\. Say a name/,
  );
  for (const one of server.world.guilds.values()) server.expel(one);
  await assert.rejects(async () => make("news"), /is in no server yet.*https:\/\/discord\.com/);
});
