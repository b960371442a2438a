import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { everyCap } from "../../../test/networks/irc/index.ts";
import { messages, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";
import { away, forgetful, more, plain, words } from "./testing/outage.ts";

describe("catching up with very much", () => {
  it("holds back only so much while it asks who wrote to a person", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    const relay = await relayOn(t, server, { more });
    const carol = await puppetOn(t, relay, { nick: "carol" });
    alice.say("carol", "hello");
    await carol.host.until(() => words(carol)[0]);
    server.answerHistory("never");
    await forgetful(server, carol, { say: () => alice.say("carol", "one"), last: "one" });
    for (let at = 0; at <= 1000; at += 1) alice.say("carol", `live ${at}`);
    await carol.host.until(() => words(carol).length > 1000);
    server.answerHistory("well");
    server.dropConnections("carol");
    await carol.host.until(() => words(carol).includes("one"));
  });

  it("says where there is more than it reads", async (t) => {
    const server = await serverFor(t, { caps: everyCap, historyLimit: 1 });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    const missed = Array.from({ length: 210 }, (_, at) => `missed ${at}`);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        for (const text of missed) alice.say("#room", text);
        await alice.command("PING x");
      },
    });
    const told = words(relay).slice(0, -1);
    assert.ok(told.length > 150 && told.length < missed.length);
    assert.deepEqual(told, missed.slice(0, told.length));
    const [gap, ...others] = relay.host.of("gap");
    assert.deepEqual(others, []);
    const last = messages(relay.host)[told.length - 1];
    assert.equal(gap?.since, last?.at);
    const kinds = relay.host.events.map((event) =>
      event.kind === "message" ? plain(event) : event.kind,
    );
    assert.equal(kinds.indexOf("gap"), kinds.indexOf(told.at(-1) ?? "") + 1);
  });

  it("asks about few chats at a time, so that none waits for a hundred others in vain", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const channels = Array.from({ length: 10 }, (_, at) => `#room${at}`);
    await relayOn(t, server, { more: { ...more, channels } });
    const inAll = () => channels.every((name) => server.channel(name)?.members.has("bridge"));
    await server.until(inAll);
    server.answerHistory("never");
    server.dropConnections("bridge");
    const asked = () =>
      server.lines.filter(({ line }) => line.includes("CHATHISTORY AFTER #")).length;
    await server.until(() => asked() === 4);
    await server.until(inAll);
    server.answerHistory("well");
    assert.equal(asked(), 4);
    server.dropConnections("bridge");
    await server.until(() => asked() >= 4 + channels.length);
  });

  it("is not led astray by what it could not hold back", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    server.answerHistory("never");
    await away(server, relay, {
      say: (text) => {
        for (let at = 0; at < 1000; at += 1) alice.say("#room", `live ${at}`);
        alice.say("#room", text);
      },
      meanwhile: async () => {
        alice.say("#room", "missed");
        await alice.command("PING x");
      },
    });
    assert.ok(!words(relay).includes("missed"));
    server.answerHistory("well");
    server.dropConnections("bridge");
    await relay.host.until(() => words(relay).includes("missed"));
    assert.deepEqual(relay.host.of("gap"), []);
  });
});
