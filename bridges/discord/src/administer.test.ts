import assert from "node:assert/strict";
import { userId } from "@bridgebox/core/adapter";
import type { Member } from "@bridgebox/core/adapter";
import { story } from "./testing/story.ts";

const seeing = String(1n << 10n);

story("who is let into a hidden channel sees it, and nothing more", async (fixture) => {
  const { server, guild, channel, bob, carol, chat, live } = fixture;
  const { bot } = server.world;
  const hidden = [
    { id: guild.id, type: 0, allow: "0", deny: seeing },
    { id: bot.id, type: 1, allow: seeing, deny: "0" },
  ] as const;
  const own = (id: string, allow: string, deny: string) => ({ id, type: 1, allow, deny }) as const;
  server.world.change(channel, { permission_overwrites: [...hidden, own(bob.id, seeing, "0")] });
  const members = server.addRole(guild, { name: "members" });
  const { connection } = await live();
  const change = (user: string, state: Member["state"], lifted?: true) =>
    connection.setMember?.(
      chat,
      { user: userId(user), state, ...(lifted && { lifted }) },
      AbortSignal.timeout(5000),
    );
  const now = () => (channel.permission_overwrites ?? []).slice(2);
  await change(bob.id, "leave");
  assert.deepEqual(now(), [own(bob.id, "0", seeing)]);
  await change(bob.id, "invite");
  assert.deepEqual(now(), [own(bob.id, seeing, "0")]);
  const written = () => server.calls.filter(({ method }) => method !== "GET").length;
  const before = written();
  await change(bob.id, "invite");
  assert.equal(written(), before, "who sees it is let in already");
  await change(carol.id, "invite");
  assert.deepEqual(now(), [own(bob.id, seeing, "0"), own(carol.id, seeing, "0")]);
  await change(carol.id, "ban");
  await change(carol.id, "leave", true);
  assert.deepEqual(now(), [own(bob.id, seeing, "0")], "a ban that is lifted asks nobody in");
  server.changeMember(guild, carol, { roles: [members.id] });
  const byRole = { id: members.id, type: 0, allow: seeing, deny: "0" } as const;
  const overwrites = [...hidden, byRole, own(carol.id, "0", seeing)];
  server.world.change(channel, { permission_overwrites: overwrites });
  await change(carol.id, "invite");
  assert.deepEqual(now(), [byRole], "a role shows it to them");
  guild.members.delete(carol.id);
  await assert.rejects(async () => change(carol.id, "invite"), {
    code: "not_found",
    message: "They were not let in: that person is not in the server.",
  });
});
