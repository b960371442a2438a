import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { chatId, userId } from "@bridgebox/core/adapter";
import type { Member } from "@bridgebox/core/adapter";
import { nothingKept } from "@bridgebox/core/testing";
import { channel, lined, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";
import type { Joined } from "./testing/fixture.ts";

/** A server on which nobody enters #staff without its key, and the relay on it. */
const staffed = async (t: TestContext) => {
  const server = await serverFor(t);
  const alice = await server.user("alice");
  await alice.join("#staff");
  await alice.mode("#staff", "+k", "sesame");
  return { server, alice, relay: await relayOn(t, server), signal: AbortSignal.timeout(5000) };
};

/** The relay and Bob in #room; what the relay does about him. */
const withBob = async (t: TestContext) => {
  const server = await serverFor(t);
  const { connection } = await relayOn(t, server);
  const bob = await server.user("bob");
  const change = (more: Omit<Member, "user">, nick = "bob") =>
    connection.setMember?.(channel, { user: userId(nick), ...more }, AbortSignal.timeout(5000));
  const room = () => server.channel("#room");
  return { server, connection, bob, change, room };
};

describe("who may be in a channel, and as what", () => {
  it("says why a channel cannot be joined", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    for (const [name, mode, ...args] of [
      ["#inv", "+i"],
      ["#key", "+k", "key"],
      ["#ban", "+b", "*!*@*"],
      ["#full", "+l", "1"],
    ]) {
      await alice.join(name ?? "");
      await alice.mode(name ?? "", mode ?? "", ...args);
    }
    const { connection } = await relayOn(t, server);
    const join = (id: string) => connection.join?.({ id: chatId(id) }, AbortSignal.timeout(2000));
    await assert.rejects(join("#inv") ?? Promise.resolve(), {
      code: "forbidden",
      message: /invit/,
    });
    await assert.rejects(join("#key") ?? Promise.resolve(), { code: "forbidden", message: /key/ });
    await assert.rejects(join("#ban") ?? Promise.resolve(), { code: "banned", message: /ask/ });
    await assert.rejects(join("#full") ?? Promise.resolve(), {
      code: "forbidden",
      message: /full/,
    });
    await join("#free");
    await connection.leave?.({ id: chatId("#free") }, "bye\r\nQUIT", AbortSignal.timeout(2000));
    assert.equal(server.channel("#free"), undefined);
  });

  it("enters a channel with the key that people name, and again with one that it was told there", async (t) => {
    const { server, alice, relay, signal } = await staffed(t);
    const enter = async ({ connection }: Pick<Joined, "connection">, typed: string) => {
      const found = await connection.resolve?.(typed, signal);
      assert.equal(found?.name, "#staff");
      assert.ok(found.chat);
      await connection.join?.(found.chat, signal);
    };
    const there = (nick: string) => server.channel("#staff")?.members.has(nick) === true;
    await assert.rejects(enter(relay, "#staff wrong"), {
      code: "forbidden",
      message: /#staff secret/,
    });
    const bob = await puppetOn(t, relay, { nick: "bob" });
    await enter(bob, "#staff sesame");
    await assert.rejects(enter(relay, "#staff"), { code: "forbidden" }, "what bob knows is bob's");
    await enter(relay, "#staff sesame");
    assert(there("bob") && there("bridge"));
    const admits = async (typed: string) =>
      (await relay.connection.resolve?.(typed, signal))?.admits;
    assert.deepEqual(
      [await admits("#staff"), await admits("#staff wrong"), await admits("#staff sesame")],
      [undefined, undefined, true],
    );
    const door = async () =>
      (await relay.connection.describe({ id: chatId("#staff") }, signal)).entry;
    assert.equal(await door(), "key");
    await alice.mode("#staff", "+k", "open");
    await relay.host.until(() =>
      JSON.stringify(relay.host.kept.store.get("channel_keys"))?.includes("open"),
    );
    assert(relay.host.kept.secrets.has("channel_keys"));
    const carl = await puppetOn(t, relay, { nick: "carl" });
    await enter(carl, "#staff");
    await relay.connection.close();
    const again = await relayOn(t, server, { kept: relay.host.kept });
    await enter(again, "#staff");
    assert(there("carl") && there("bridge"));
    assert(!/sesame|open/.test(relay.host.log + again.host.log + bob.host.log));
  });

  it("says what is wrong with a key, and does not repeat it", async (t) => {
    const server = await serverFor(t);
    const { connection } = await relayOn(t, server);
    const signal = AbortSignal.timeout(5000);
    const long = `#${"a".repeat(190)} ${"😀".repeat(100)}`;
    for (const typed of [long, "#staff ses,ame", "#staff :sesame", "#staff *", "#staff ses ame"]) {
      await assert.rejects(Promise.resolve(connection.resolve?.(typed, signal)), {
        code: "invalid",
        message:
          "Nothing was looked up – what stands after the channel is no key. A key has no space, comma or control character, does not begin with a colon and has 100 bytes at most; leave it out if the channel has none.",
      });
    }
    await assert.rejects(Promise.resolve(connection.resolve?.("#a,b secret", signal)), {
      code: "invalid",
      message: /no comma/,
    });
  });

  it("tries a key that somebody names for a channel where they enter it, and at no other time", async (t) => {
    const { server, relay, signal } = await staffed(t);
    await relay.connection.resolve?.("#staff sesame", signal);
    await relay.connection.join?.({ id: chatId("#staff") }, signal);
    await relay.connection.resolve?.("#staff wrong", signal);
    await relay.connection.join?.({ id: chatId("#staff") }, signal);
    await relay.connection.resolve?.("#staff worse", signal);
    relay.host.chats.push({ id: chatId("#staff") });
    const before = lined(server, "JOIN").length;
    server.dropConnections();
    await server.until(() =>
      lined(server, "JOIN")
        .slice(before)
        .some((line) => /#staff/.test(line)),
    );
    const again = lined(server, "JOIN")
      .slice(before)
      .filter((line) => /#staff/.test(line));
    assert.match(again[0] ?? "", /sesame/);
    const staff = { id: chatId("#staff") };
    await relay.connection.join?.(staff, signal);
    await relay.connection.resolve?.("#staff worst", signal);
    await relay.connection.leave?.(staff, "for a while", signal);
    await relay.connection.join?.(staff, signal);
    assert.match(lined(server, "JOIN").at(-1) ?? "", /sesame/, "who is inside needs no other key");
  });

  it("comes back after a kick, once, and says so", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    await server.until(() => server.channel("#room")?.members.has("bridge") === true);
    await alice.kick("#room", "bridge", "out");
    const notice = await host.until(() => host.events.find(({ kind }) => kind === "notice"));
    assert.match(
      JSON.stringify(notice),
      /was kicked by alice \(out\)\. It joins again in a moment/,
    );
    await server.until(() => server.channel("#room")?.members.has("bridge") === true);
    await alice.kick("#room", "bridge", "really");
    const gone = await host.until(() => host.events.find(({ kind }) => kind === "gone"));
    assert.equal(gone.kind === "gone" && gone.why, "kicked");
  });

  it("makes somebody an operator, moves topic, kick and invitation to IRC, and says why it may not", async (t) => {
    const { server, connection, bob, change, room } = await withBob(t);
    await bob.join("#room");
    const held = () => room()?.members.get("bob");
    for (const [role, sign] of [
      ["moderator", "@"],
      ["voice", "+"],
      ["member", ""],
    ] as const) {
      await change({ state: "join", role });
      assert.equal(held(), sign);
    }
    await connection.setInfo?.(channel, { topic: "two\nlines" }, AbortSignal.timeout(5000));
    assert.equal(room()?.topic, "two lines");
    await change({ state: "leave", reason: "x\r\nQUIT" });
    assert.equal(room()?.members.has("bob"), false);
    assert.deepEqual(lined(server, "QUIT"), []);
    await change({ state: "invite" });
    await bob.until((line) => line.command === "INVITE" && line.params.at(-1) === "#room");
    await bob.join("#room");
    await change({ state: "invite" });
    await assert.rejects(Promise.resolve(change({ state: "invite" }, "nobody")), {
      code: "not_found",
    });
  });

  it("bans a nick on IRC, and lifts that ban, each once", async (t) => {
    const { bob, change, room } = await withBob(t);
    await bob.join("#room");
    for (let times = 0; times < 2; times += 1) {
      await change({ state: "ban" });
      assert.equal(room()?.members.has("bob"), false);
      assert.deepEqual(room()?.bans, ["bob!*@*"]);
    }
    for (let times = 0; times < 2; times += 1) {
      await change({ state: "leave", lifted: true });
      assert.deepEqual(room()?.bans, []);
    }
    await bob.join("#room");
    await change({ state: "leave", lifted: true });
    assert.equal(room()?.members.has("bob"), true);
    await assert.rejects(Promise.resolve(change({ state: "ban" }, "*")), { code: "invalid" });
    assert.deepEqual(room()?.bans, []);
  });

  it("takes nobody for an account of ours because they have its name, or give it up", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const ana = await server.user("ana");
    await ana.join("#room");
    const kept = nothingKept();
    kept.store.set("nick_held", true);
    const relay = await relayOn(t, server);
    const { host, connection } = await puppetOn(t, relay, { nick: "ana" }, kept);
    await connection.join?.(channel, AbortSignal.timeout(5000));
    await alice.mode("#room", "+o", "ana");
    await alice.mode("#room", "+v", "bridge");
    const listed = () =>
      host.events.flatMap((event) => (event.kind === "members" ? event.list : []));
    await host.until(() => listed().find(({ role }) => role === "voice"));
    assert.deepEqual(
      listed().filter(({ user }) => user === "ana"),
      [{ user: "ana", state: "join" }],
      "itself, by whatever nick",
    );
    const info = await connection.describe(channel, AbortSignal.timeout(5000));
    const roles = info.members?.filter(({ user }) => user === "ana").map(({ role }) => role);
    assert.deepEqual(roles, [undefined]);

    const told = () =>
      [...relay.host.events, ...host.events].flatMap((event) => {
        if (event.kind === "userRenamed") return [`${event.from} is ${event.to}`];
        if (event.kind !== "members") return [];
        return event.list.map(({ user, state }) => `${user} ${state}`);
      });
    const before = told();
    ana.raw("NICK eve");
    const since = () => told().filter((line) => !before.includes(line));
    await host.until(() => since().includes("eve join"));
    assert.deepEqual(
      since().filter((line) => /^ana (?:leave|is)|is ana$/.test(line)),
      [],
    );
  });
});
