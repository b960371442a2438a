import assert from "node:assert/strict";
import { toPlain } from "@bridgebox/core/richtext";
import type { MessageEvent } from "@bridgebox/core/adapter";
import type { MemoryHost } from "@bridgebox/core/testing";
import { chatFor } from "./testing/fixture.ts";
import type { Fixture } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

const textOf = ({ content }: MessageEvent): string =>
  content.parts.map((part) => (part.kind === "text" ? toPlain(part.text) : part.kind)).join("|");

const heard = (host: MemoryHost, text: string): Promise<MessageEvent> =>
  host.event(`the message ${text}`, (it) => it.kind === "message" && textOf(it) === text && it);

story("a server in an outage is left until it comes, and the others are heard", async (fixture) => {
  const { server, guild, bob, channel, live } = fixture;
  const other = server.addGuild("Another club", [bob]);
  const room = server.addChannel(other, { name: "room" });
  const first = await live();
  server.say(bob, channel, "one");
  await heard(first.host, "one");
  await first.close();
  server.gateway.forget();
  guild.out = true;
  server.say(bob, channel, "in the outage");
  const { host } = await live(first.host.kept);
  await host.reached("connected");
  server.say(bob, room, "elsewhere");
  await heard(host, "elsewhere");
  server.recover(guild);
  await heard(host, "in the outage");
  assert.deepEqual(server.gateway.began, ["identify", "identify"]);
  assert.doesNotMatch(host.log, /error /);
});

story("a server that makes no sense is left out, and the others are heard", async (fixture) => {
  const { server, guild, bob, channel, live } = fixture;
  const first = await live();
  server.say(bob, channel, "one");
  await heard(first.host, "one");
  await first.close();
  server.gateway.forget();
  const odd = server.addChannel(guild, { name: "odd" });
  const behind = server.addChannel(guild, { name: "after it" });
  first.host.kept.cursors.set(`gateway\nlast:${odd.id}`, "no number");
  first.host.kept.cursors.set(`gateway\nlast:${behind.id}`, "1");
  server.say(bob, odd, "there");
  server.say(bob, behind, "missed");
  const { host } = await live(first.host.kept);
  await heard(host, "missed");
  await host.reached("connected");
  server.say(bob, channel, "after");
  await heard(host, "after");
  assert.match(host.log, /error .*left out/);
  assert.deepEqual(server.gateway.began, ["identify", "identify"]);
});

story(
  "what was said in an outage in a channel that nothing is stored of is a gap",
  async (fixture) => {
    const { server, guild, bob, channel, live } = fixture;
    const quiet = server.addChannel(guild, { name: "said long ago" });
    server.say(bob, quiet, "before the bridge");
    const first = await live();
    server.say(bob, channel, "one");
    await heard(first.host, "one");
    await first.close();
    server.gateway.forget();
    const busy = server.addChannel(guild, { name: "made in the outage" });
    server.say(bob, busy, "missed");
    const chats = [quiet, busy].map(chatFor);
    const { host } = await live(first.host.kept, chats);
    await host.reached("connected");
    const gaps = host.of("gap").filter(({ only }) => only === undefined);
    assert.deepEqual(
      gaps.map((gap) => [gap.chat.id, gap.healable, typeof gap.since]),
      [[busy.id, true, "number"]],
    );
    const batch = host.batches.find(({ events }) => events.some((it) => it === gaps[0]));
    assert.equal(batch?.cursor?.[`last:${busy.id}`], server.posts(busy)[0]?.message.id);
  },
);

/** A second server, with a channel of which nothing is stored and one that is behind, both said in while it was out. */
const comingBack = async ({ server, bob, live }: Fixture) => {
  const other = server.addGuild("Another club", [bob]);
  const unheard = server.addChannel(other, { name: "nothing stored" });
  const late = server.addChannel(other, { name: "behind" });
  const first = await live();
  server.say(bob, late, "one");
  await heard(first.host, "one");
  await first.close();
  server.gateway.forget();
  other.out = true;
  server.say(bob, unheard, "unheard");
  server.say(bob, late, "missed");
  const second = await live(first.host.kept, [unheard, late].map(chatFor));
  await second.host.reached("connected");
  return { host: second.host, other, unheard };
};

const gapsOf = (host: MemoryHost, { id }: { readonly id: string }) =>
  host.of("gap").filter(({ chat, only }) => String(chat.id) === id && only === undefined);

for (const refused of ["the catch-up", "what came before"] as const)
  story(`nothing is lost of a batch where the store refuses ${refused}`, async (fixture) => {
    const { server, bob, channel } = fixture;
    const { host, other, unheard } = await comingBack(fixture);
    const hanging = Promise.withResolvers<void>();
    let commits = 0;
    let refusals = 0;
    host.beforeCommit = async ({ events, catchUp }) => {
      commits += 1;
      if (commits === 1) return hanging.promise;
      const before = events.some((it) => it.kind === "message" && textOf(it) === "before");
      if (refusals > 0 || !(refused === "the catch-up" ? catchUp : before)) return;
      refusals += 1;
      throw new Error("The disk is full.");
    };
    server.say(bob, channel, "held");
    await host.until(() => commits === 1);
    server.say(bob, channel, "before");
    server.recover(other);
    await server.gateway.read();
    hanging.resolve();
    await heard(host, "missed");
    server.say(bob, channel, "after");
    await heard(host, "after");
    assert.equal(refusals, 1);
    assert.notEqual(gapsOf(host, unheard).length, 0);
    assert.deepEqual([...new Set(host.of("message").map(textOf))].toSorted(), [
      "after",
      "before",
      "held",
      "missed",
    ]);
    assert.deepEqual(server.gateway.began, ["identify", "identify", "resume"]);
  });

/** When the session that a life left behind was last heard. */
const heardAt = ({ kept }: MemoryHost): number => {
  const session: unknown = JSON.parse(kept.cursors.get("gateway\nsession") ?? "{}");
  assert.ok(typeof session === "object" && session !== null && "at" in session);
  return Number(session.at);
};

for (const forgotten of [false, true])
  story(
    `an outage is remembered until the servers come, over a restart${forgotten ? " and a forgotten session" : ""}`,
    async (fixture) => {
      const { server, guild, bob, channel, live } = fixture;
      const busy = server.addChannel(guild, { name: "nothing stored" });
      const first = await live();
      server.say(bob, channel, "one");
      await heard(first.host, "one");
      await first.close();
      const since = heardAt(first.host);
      server.gateway.forget();
      guild.out = true;
      server.say(bob, busy, "missed");
      const second = await live(first.host.kept);
      await second.host.reached("connected");
      await second.close();
      assert.equal(heardAt(second.host), since);
      if (forgotten) server.gateway.forget();
      server.recover(guild);
      const { host } = await live(first.host.kept, [chatFor(busy)]);
      const changes = await host.event(
        "what may have changed",
        (it) => it.kind === "gap" && it.chat.id === channel.id && it,
      );
      assert.equal(changes.since, since);
      assert.deepEqual(
        gapsOf(host, busy).map((gap) => gap.since),
        [since],
      );
      const how = forgotten ? "identify" : "resume";
      assert.deepEqual(server.gateway.began, ["identify", "identify", how]);
      await host.until(() => heardAt(host) > since);
    },
  );

story("a server that the bot is thrown out of is not waited for", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const other = server.addGuild("Another club", [bob]);
  const first = await live();
  server.say(bob, channel, "one");
  await heard(first.host, "one");
  await first.close();
  const since = heardAt(first.host);
  server.gateway.forget();
  other.out = true;
  const { host } = await live(first.host.kept);
  await host.reached("connected");
  await host.event("what may have changed", (it) => it.kind === "gap" && it);
  assert.equal(heardAt(host), since);
  server.expel(other);
  await host.until(() => heardAt(host) > since);
});
