import assert from "node:assert/strict";
import type { UserId } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import type { TelegramServer } from "../../../test/networks/telegram/index.ts";
import { texts } from "./testing/heard.ts";
import type { Live } from "./testing/login.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import { type Fixture } from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

const found = async ({ connection }: Live, name: string): Promise<UserId> => {
  const who = await connection.resolve?.(name, AbortSignal.timeout(5000));
  assert.ok(who?.user);
  return who.user;
};

test("a group is made with people, under its name or theirs, and goes on like any other", async () => {
  const { alice, goLive } = world;
  const carla = server.addUser({ firstName: "Carla", username: `carla${alice.id}` });
  const me = await goLive(alice);
  const members = [await found(me, `@carla${alice.id}`)];
  const made = await me.connection.createGroup?.(
    { kind: "group", name: "Lunch", members },
    createAttempt(),
  );
  assert.ok(made);
  const info = await me.connection.describe(made, AbortSignal.timeout(5000));
  assert.deepEqual([info.kind, info.name], ["group", "Lunch"]);
  const group = server.chatsOf(carla).groups.find(({ title }) => title === "Lunch");
  assert.ok(group);
  assert.ok(group.members.has(alice));
  server.say(carla, group, "hi all");
  await me.core.until(() => texts(me.core).includes("hi all"));
  const named = await me.connection.createGroup?.({ kind: "group", members }, createAttempt());
  assert.ok(named);
  assert.equal((await me.connection.describe(named, AbortSignal.timeout(5000))).name, "Carla");
});

test("who lets nobody add them is told to be missing, and the rest is there", async () => {
  const { alice, goLive } = world;
  const [open, shy] = [`open${alice.id}`, `shy${alice.id}`];
  server.addUser({ firstName: "Open", username: open });
  const account = server.addUser({ firstName: "Shy", username: shy, shy: true });
  const me = await goLive(alice);
  const members = [await found(me, `@${open}`), await found(me, `@${shy}`)];
  for (const kind of ["group", "channel"] as const) {
    const made = await me.connection.createGroup?.(
      { kind, name: "Lunch", members },
      createAttempt(),
    );
    assert.ok(made);
    const why =
      "They were not added: that person's privacy settings do not allow it. Send them an invite link.";
    assert.deepEqual(made.missing, [{ user: String(account.id), why }]);
    const { groups, channels } = server.chatsOf(alice);
    const there = [...groups, ...channels].findLast(({ title }) => title === "Lunch");
    assert.equal(there?.members.size, 2);
  }
});

test("a channel is made, people are added, and a second attempt makes no second one", async () => {
  const { alice, goLive } = world;
  const carla = server.addUser({ firstName: "Carla", username: `carlb${alice.id}` });
  const me = await goLive(alice);
  const members = [await found(me, `@carlb${alice.id}`)];
  const attempt = createAttempt();
  server.fail("channels.InviteToChannel", { code: 500, message: "WORKER_BUSY_TOO_LONG_RETRY" });
  const group = { kind: "channel", name: "News", members } as const;
  await assert.rejects(
    async () => me.connection.createGroup?.(group, attempt),
    /They were not added/,
  );
  const again = { ...attempt, number: 2, notes: attempt.notes };
  const made = await me.connection.createGroup?.(group, again);
  assert.ok(made);
  const { channels } = server.chatsOf(alice);
  assert.equal(channels.filter(({ title }) => title === "News").length, 1);
  assert.ok(channels.some((one) => one.members.has(carla) && one.broadcast));
  const info = await me.connection.describe(made, AbortSignal.timeout(5000));
  assert.equal(info.kind, "broadcast");
  server.fail("channels.InviteToChannel", { code: 403, message: "USER_PRIVACY_RESTRICTED" });
  const alone = await me.connection.createGroup?.(group, createAttempt());
  assert.match(alone?.missing?.[0]?.why ?? "", /^They were not added: .*privacy/);
});

test("a group of nobody is refused in words", async () => {
  const { alice, goLive } = world;
  const me = await goLive(alice);
  await assert.rejects(
    async () => me.connection.createGroup?.({ kind: "group", members: [] }, createAttempt()),
    /not made: Telegram makes none without people\. Name at least one/,
  );
});
