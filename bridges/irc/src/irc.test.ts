import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chatId, userId } from "@bridgebox/core/adapter";
import { nothingKept } from "@bridgebox/core/testing";
import { channel, messages, puppetOn, relayOn, serverFor, textOf } from "./testing/fixture.ts";

describe("a relay client", () => {
  it("carries text both ways", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, say } = await relayOn(t, server);
    await say("hello from Matrix");
    await alice.until(({ params }) => params[1] === "hello from Matrix");
    alice.say("#room", "hello from IRC");
    const event = await host.until(() => messages(host)[0]);
    assert.equal(event.sender, userId("alice"));
    assert.deepEqual(event.chat, channel);
    assert.match(textOf(event), /hello from IRC/);
    assert.equal(messages(host).length, 1);
  });

  it("takes the same word ten times as ten messages, in few commits", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    for (let n = 0; n < 10; n++) alice.say("#room", "same");
    await host.until(() => (messages(host).length === 10 ? true : undefined));
    assert.equal(new Set(messages(host).map(({ key }) => key)).size, 10);
  });

  it("keeps actions, notices and formatting", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, say } = await relayOn(t, server);
    alice.action("#room", "waves");
    alice.notice("#room", "mind");
    alice.say("#room", "\x02bold\x02 bridge: x");
    await host.until(() => messages(host)[2]);
    const tones = messages(host).map(({ content: { parts } }) =>
      parts[0]?.kind === "text" ? parts[0].tone : undefined,
    );
    assert.deepEqual(tones, ["action", "notice", "normal"]);
    await say("waves back", "action");
    await alice.until(({ params }) => params[1] === "\x01ACTION waves back\x01");
    await say("minds", "notice");
    await alice.until(({ command, params }) => command === "NOTICE" && params[1] === "minds");
  });

  it("gives the roster whole and then each change", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const bob = await server.user("Bob");
    await bob.join("#room");
    await alice.mode("#room", "+v", "Bob");
    const { host } = await relayOn(t, server);
    const roster = () => host.events.filter((event) => event.kind === "members");
    const full = await host.until(() => roster()[0]);
    assert.ok(full.complete);
    assert.deepEqual(
      [...full.list].sort((a, b) => a.user.localeCompare(b.user)),
      [
        { user: "alice", state: "join", role: "moderator" },
        { user: "bob", state: "join", role: "voice" },
        { user: "bridge", state: "join" },
      ],
    );
    await alice.mode("#room", "+o-v+k", "Bob", "Bob", "key");
    await bob.nick("Robert");
    await bob.nick("ROBERT");
    await alice.topic("#room", "New topic");
    await alice.kick("#room", "Robert", "enough");
    await alice.quit("night");
    const left = await host.until(() =>
      roster().find(({ list }) => list[0]?.user === "alice" && list[0].state === "leave"),
    );
    assert.equal(left.list[0]?.state, "leave");
    assert.deepEqual(
      roster()
        .slice(1)
        .map(({ list }) => list[0]),
      [
        { user: "bob", state: "join", role: "moderator" },
        { user: "robert", state: "leave", by: "alice", reason: "enough" },
        { user: "alice", state: "leave", reason: left.list[0]?.reason },
      ],
    );
    const renames = host.events.filter(({ kind }) => kind === "userRenamed" || kind === "user");
    assert.deepEqual(
      renames.map((event) => ({ ...event, at: 0 })),
      [
        { kind: "userRenamed", from: "bob", to: "robert", at: 0 },
        { kind: "user", user: "robert", info: { name: "ROBERT" }, at: 0 },
      ],
    );
    const infos = host.events.flatMap((event) => (event.kind === "chat" ? [event.info] : []));
    assert.equal(infos.at(-1)?.topic, "New topic");
    assert.equal(infos.at(-1)?.visibility, "secret");
  });

  it("calls a channel public only once it knows that nothing hides it", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, connection } = await relayOn(t, server);
    const seen = () =>
      host.events.flatMap((event) => (event.kind === "chat" ? [event.info.visibility] : []));
    await host.until(() => (seen().at(-1) === "public" ? true : undefined));
    assert.equal(seen()[0], undefined);
    await alice.mode("#room", "+s");
    await host.until(() => (seen().at(-1) === "secret" ? true : undefined));
    const info = await connection.describe(channel, AbortSignal.timeout(1000));
    assert.equal(info.visibility, "secret");
    assert.equal(info.entry, "open", "it only hides");
    const unknown = { id: chatId("#nowhere") };
    assert.equal(
      (await connection.describe(unknown, AbortSignal.timeout(1000))).visibility,
      "secret",
    );
  });

  it("tells the roster again to who asks about a channel", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, connection } = await relayOn(t, server);
    host.events.length = 0;
    await connection.describe(channel, AbortSignal.timeout(1000));
    const again = await host.until(() => host.events.find(({ kind }) => kind === "members"));
    assert.ok(again.kind === "members" && again.complete);
    assert.ok(again.list.some(({ user }) => user === "alice"));
  });

  it("answers CTCP politely, seldom, and without passing on what was asked", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    for (let n = 0; n < 20; n++) alice.say("bridge", "\x01PING 1 2\x01");
    alice.say("bridge", "\x01DCC SEND x\x01");
    alice.say("#room", "after");
    await host.until(() => messages(host)[0]);
    await alice.until(({ params }) => params[1] === "\x01PING 1 2\x01");
    assert.equal(alice.seen.filter(({ command }) => command === "NOTICE").length, 1);
    assert.equal(messages(host).length, 1);
  });
});

describe("the gap", () => {
  it("is not written on the first join, and on every later one", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const kept = nothingKept();
    const first = await relayOn(t, server, { kept });
    alice.say("#room", "one");
    await first.host.until(() => messages(first.host)[0]);
    const gaps = ({ events }: typeof first.host) => events.filter(({ kind }) => kind === "gap");
    assert.deepEqual(gaps(first.host), []);
    server.dropConnections("bridge");
    const [again] = await first.host.until(() =>
      gaps(first.host).length > 0 ? gaps(first.host) : undefined,
    );
    assert.ok(again?.kind === "gap" && again.since !== undefined && again.since <= again.at);
    assert.deepEqual(
      { chat: again.chat, healable: again.healable },
      { chat: channel, healable: false },
    );
    await first.connection.close();
    const second = await relayOn(t, server, { kept });
    await second.host.until(() => gaps(second.host)[0]);
  });
});

describe("a puppet", () => {
  it("has its own queries, and nothing it says comes back through the relay", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, { nick: "Carol" });
    await puppet.connection.join?.(channel, AbortSignal.timeout(2000));
    await puppet.say("as myself");
    await alice.until(({ from, params }) => from === "Carol" && params[1] === "as myself");
    alice.say("Carol", "psst");
    const query = await puppet.host.until(() => messages(puppet.host)[0]);
    assert.deepEqual(query.chat, { id: "alice", receiver: "net:carol" });
    alice.say("#room", "done");
    await relay.host.until(() => messages(relay.host)[0]);
    assert.deepEqual(
      messages(relay.host)
        .map(textOf)
        .map((text) => text.includes("done")),
      [true],
    );
    const rosters = relay.host.events.flatMap((event) =>
      event.kind === "members" ? event.list : [],
    );
    assert.ok(rosters.every(({ user }) => ["alice", "bridge", "carol"].includes(user)));
  });

  it("leaves open what it is on coming back until services had time to say", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, { nick: "carol" });
    const own = userId("carol");
    const told = () =>
      puppet.host.events.flatMap((event) =>
        event.kind === "members"
          ? event.list.flatMap(({ user, role }) => (user === own ? [role] : []))
          : [],
      );
    const until = (count: number) =>
      puppet.host.until(() => (told().length >= count ? true : undefined));
    await puppet.connection.join?.(channel, AbortSignal.timeout(2000));
    await until(1);
    assert.deepEqual(told(), [undefined]);
    await alice.mode("#room", "+o", "carol");
    await until(2);
    puppet.host.chats.push(channel);
    server.dropConnections("carol");
    await until(3);
    const { members = [] } =
      (await puppet.connection.describe?.(channel, AbortSignal.timeout(2000))) ?? {};
    assert.equal(members.find(({ user }) => user === own)?.role, undefined);
    const roles = () => told().filter((role) => role !== undefined);
    assert.deepEqual(roles(), ["moderator"]);
    t.mock.timers.tick(30_000);
    t.mock.timers.tick(30_000);
    await puppet.host.until(() => (roles().length > 1 ? true : undefined));
    t.mock.timers.tick(60_000);
    assert.deepEqual(roles(), ["moderator", "member"]);
  });

  it("tells that the relay came in before what is said then: the relay hears that itself", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    const relay = await relayOn(t, server, { more: { channels: [] } });
    const puppet = await puppetOn(t, relay, { nick: "carol" });
    await puppet.connection.join?.(channel, AbortSignal.timeout(2000));
    await alice.join("#room");
    await relay.connection.join?.(channel, AbortSignal.timeout(2000));
    alice.say("#room", "hello");
    await puppet.host.until(() => messages(puppet.host)[0]);
    const { user } = relay.network.standing?.[0] ?? {};
    const at = puppet.host.events.findIndex(
      (event) =>
        event.kind === "members" &&
        event.list.some((one) => one.user === user && one.state === "join"),
    );
    assert.ok(at !== -1 && at < puppet.host.events.findIndex(({ kind }) => kind === "message"));
  });

  it("leaves it to the relay to tell of a new nick", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, { nick: "carol" });
    await puppet.connection.join?.(channel, AbortSignal.timeout(2000));
    await alice.nick("alicia");
    alice.say("#room", "done");
    const both = [relay.host, puppet.host];
    for (const host of both) await host.until(() => messages(host)[0]);
    const told = both.map(
      ({ events }) => events.filter(({ kind }) => kind === "userRenamed").length,
    );
    assert.deepEqual(told, [1, 0]);
  });

  it("is refused with a sentence when its password is wrong, and not tried again", async (t) => {
    const server = await serverFor(t, { accounts: { carol: "right" } });
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, {
      nick: "carol",
      sasl: { account: "carol", password: "wrong" },
    });
    const { why } = await puppet.host.until(() =>
      puppet.host.states.find(({ state }) => state === "needs-login"),
    );
    assert.match(
      why?.message ?? "",
      /Not logged in to IRC – the account or its password is wrong\. Log in/,
    );
    assert.doesNotMatch(puppet.host.log, /wrong"/);
  });

  it("has its account in the config where it is the relay, and that is what is said", async (t) => {
    const server = await serverFor(t, { accounts: { bridge: "right" } });
    const sasl = { account: "bridge", password: "wrong" };
    const { host } = await relayOn(t, server, { more: { channels: [], sasl } });
    const { why } = await host.until(() =>
      host.states.find(({ state }) => state === "needs-login"),
    );
    assert.equal(
      why?.message,
      "Not logged in to IRC – the account or its password is wrong. Correct sasl in the config, or leave it out.",
    );
  });

  it("logs in with a password of spaces and 600 bytes, sent in pieces", async (t) => {
    const password = ` pass word ${"x".repeat(600)} `;
    const server = await serverFor(t, { accounts: { carol: password } });
    const relay = await relayOn(t, server);
    await puppetOn(t, relay, { nick: "carol", sasl: { account: "carol", password } });
    assert.equal(server.lookup("carol")?.account, "carol");
  });

  it("is told where SASL is not to be had", async (t) => {
    const server = await serverFor(t);
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, {
      nick: "carol",
      sasl: { account: "carol", password: "x" },
    });
    assert.equal(puppet.host.states.at(-1)?.state, "needs-login");
    assert.match(puppet.host.states.at(-1)?.why?.message ?? "", /does not offer SASL/);
  });

  it("takes another nick if its own is in use, and gets it back", async (t) => {
    const server = await serverFor(t);
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, { nick: "carol" });
    server.dropConnections("carol");
    const other = await server.user("carol");
    await other.join("#room");
    await server.until(() => server.lookup("carol_") !== undefined);
    await puppet.host.until(() =>
      puppet.host.states.at(-1)?.state === "connected" ? 1 : undefined,
    );
    await puppet.connection.join?.(channel, AbortSignal.timeout(2000));
    assert.ok(server.lookup("carol_"));
    const lists = puppet.host.events.flatMap((event) =>
      event.kind === "members" ? event.list : [],
    );
    assert.equal(lists.filter(({ user }) => user === "carol_").length, 0);
    await other.quit();
    await server.until(() => server.channel("#room")?.members.has("carol") === true);
  });
});

describe("a nick that is not one's own", () => {
  it("is no login, and is left to who has it", async (t) => {
    const server = await serverFor(t);
    await server.user("carol");
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, { nick: "carol" });
    await puppet.host.until(() =>
      puppet.host.states.at(-1)?.state === "needs-login" ? true : undefined,
    );
    assert.match(puppet.host.states.at(-1)?.why?.message ?? "", /somebody else is called carol/);
    await server.until(() => server.lookup("carol_") === undefined);
  });
});
