import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatRef, MessageEvent } from "@bridgebox/core/adapter";
import { chatId, loginId } from "@bridgebox/core/adapter";
import { everyCap } from "../../../test/networks/irc/index.ts";
import { channel, messages, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";
import { away, forgetful, more, nextMoment, plain, words } from "./testing/outage.ts";

describe("after an outage", { concurrency: true }, () => {
  it("tells what was said meanwhile, page after page, in order and once, without a gap", async (t) => {
    const server = await serverFor(t, { caps: everyCap, historyLimit: 7 });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    await relay.say("from here");
    const missed = Array.from({ length: 30 }, (_, at) => `missed ${at}`);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        for (const text of missed) alice.say("#room", text);
        alice.raw("BATCH +x draft/multiline #room");
        alice.raw("@batch=x PRIVMSG #room :of two");
        alice.raw("@batch=x PRIVMSG #room :lines");
        alice.raw("BATCH -x");
        const { msgid } = server.said("#room")[0] ?? {};
        alice.raw(`@+draft/react=👍;+draft/reply=${msgid} TAGMSG #room`);
        await alice.command("PING x");
      },
    });
    assert.deepEqual(words(relay), ["before", ...missed, "of two\nlines", "marker"]);
    const keys = messages(relay.host).map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(relay.host.of("gap"), []);
    assert.equal(relay.host.of("reactions").length, 1);
    const order = relay.host.events.flatMap((event) =>
      event.kind === "message" && plain(event).startsWith("missed") ? [event.at] : [],
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  });

  it("says so where the server has forgotten", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        alice.say("#room", "lost");
        await alice.command("PING x");
        server.forget();
        alice.say("#room", "kept");
        await alice.command("PING y");
      },
    });
    assert.deepEqual(words(relay), ["before", "kept", "marker"]);
    const [gap] = relay.host.of("gap");
    assert.equal(gap?.healable, false);
    const at = relay.host.events.findIndex((event) => event.kind === "gap");
    const kept = relay.host.events.findIndex(
      (event) => event.kind === "message" && plain(event) === "kept",
    );
    assert.ok(at < kept, "the gap is before what came after it");
  });

  it("takes away what was deleted meanwhile, where the server tells of it in what it remembers", async (t) => {
    const server = await serverFor(t, { caps: everyCap, redactions: "told" });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    for (const text of ["deleted meanwhile", "stays", "last"]) alice.say("#room", text);
    await relay.host.until(() => words(relay)[2]);
    const [{ id } = {}] = messages(relay.host);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        await alice.command(`REDACT #room ${id?.slice(1)} :oops`);
        alice.say("#room", "meanwhile");
        await alice.command("PING x");
      },
    });
    assert.deepEqual(words(relay), ["deleted meanwhile", "stays", "last", "meanwhile", "marker"]);
    assert.deepEqual(
      relay.host.of("delete").map(({ ids }) => ids),
      [[id]],
    );
  });

  it("takes away nothing only because the server does not remember it", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    for (const text of ["one", "two", "three"]) alice.say("#room", text);
    await relay.host.until(() => words(relay)[2]);
    const [, two] = messages(relay.host);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        await alice.command(`REDACT #room ${two?.id.slice(1)}`);
      },
    });
    assert.deepEqual(relay.host.of("delete"), []);
    const query = { chat: channel, direction: "older", limit: 50 } as const;
    const page = await relay.connection.history?.(query, AbortSignal.timeout(10_000));
    assert.equal(page?.events.length, 3);
    assert.equal(page?.unlisted, "unknown");
  });

  it("takes what a join plays back, where the server does that", async (t) => {
    const caps = ["server-time", "message-tags", "labeled-response", "echo-message"];
    const server = await serverFor(t, { caps, replays: 50 });
    const alice = await server.user("alice");
    await alice.join("#room");
    alice.say("#room", "before the bridge");
    await alice.command("PING x");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        alice.say("#room", "meanwhile");
        await alice.command("PING x");
      },
    });
    assert.deepEqual(words(relay), ["before", "meanwhile", "marker"]);
    assert.deepEqual(relay.host.of("gap"), []);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        server.forget();
      },
    });
    await relay.host.until(() => relay.host.of("gap")[0]);
  });

  it("catches up with who wrote to a person", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    const relay = await relayOn(t, server, { more });
    const carol = await puppetOn(t, relay, { nick: "carol" });
    alice.say("carol", "hello");
    await carol.host.until(() => words(carol)[0]);
    const times = carol.host.states.filter(({ state }) => state === "connected").length;
    let refused = false;
    carol.host.beforeCommit = ({ events }) => {
      if (refused || !events.some(({ kind }) => kind === "message")) return Promise.resolve();
      refused = true;
      return Promise.reject(new Error("The disk is full."));
    };
    alice.say("carol", "one");
    await carol.host.reached("connected", times + 1);
    alice.say("carol", "two");
    await carol.host.until(() => words(carol).at(-1) === "two");
    assert.deepEqual(words(carol), ["hello", "one", "two"]);
    const chats = new Set(messages(carol.host).map(({ chat }) => JSON.stringify(chat)));
    const query: ChatRef = { id: chatId("alice"), receiver: loginId("net:carol") };
    assert.deepEqual([...chats], [JSON.stringify(query)]);
  });

  it("asks again who wrote to a person where it was refused", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    const relay = await relayOn(t, server, { more });
    const carol = await puppetOn(t, relay, { nick: "carol" });
    alice.say("carol", "hello");
    await carol.host.until(() => words(carol)[0]);
    server.answerHistory("refused");
    await forgetful(server, carol, { say: () => alice.say("carol", "one"), last: "one" });
    await carol.host.until(() => carol.host.log.includes("could not be asked"));
    alice.say("carol", "two");
    await carol.host.until(() => words(carol).includes("two"));
    server.answerHistory("well");
    server.dropConnections("carol");
    await carol.host.until(() => words(carol).includes("one"));
    alice.say("carol", "three");
    await carol.host.until(() => words(carol).includes("three"));
    const told = new Map(messages(carol.host).map((event) => [event.key, plain(event)]));
    assert.deepEqual([...told.values()].toSorted(), ["hello", "one", "three", "two"]);
  });

  it("asks for all who wrote to a person, however many they are", async (t) => {
    const server = await serverFor(t, { caps: everyCap, historyLimit: 2 });
    const people = await Promise.all(
      Array.from({ length: 7 }, (_, at) => server.user(`friend${at}`)),
    );
    const relay = await relayOn(t, server, { more });
    const carol = await puppetOn(t, relay, { nick: "carol" });
    people[0]?.say("carol", "hello");
    await carol.host.until(() => words(carol)[0]);
    await forgetful(server, carol, {
      say: async () => {
        for (const [at, person] of people.entries()) {
          await person.command(`PRIVMSG carol :from ${at}`);
          nextMoment();
        }
      },
      last: people.map((_, at) => `from ${at}`),
    });
    await carol.host.until(() => words(carol).length > people.length);
    const told = people.map((_, at) => `from ${at}`);
    assert.deepEqual(words(carol).toSorted(), [...told, "hello"]);
  });

  it("reads history also where answers have no labels", async (t) => {
    const caps = everyCap.filter((name) => name !== "labeled-response");
    const server = await serverFor(t, { caps });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        alice.say("#room", "missed");
        await alice.command("PING x");
      },
    });
    assert.deepEqual(words(relay), ["before", "missed", "marker"]);
    assert.deepEqual(relay.host.of("gap"), []);
  });

  it("begins again where the connection breaks while it reads", async (t) => {
    const server = await serverFor(t, { caps: everyCap });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    let offered = 0;
    relay.host.beforeCommit = ({ events }) => {
      const news = events.some((event) => event.kind === "message" && plain(event) === "missed");
      if (!news || (offered += 1) > 1) return Promise.resolve();
      return Promise.reject(new Error("The disk is full."));
    };
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        alice.say("#room", "missed");
        await alice.command("PING x");
      },
    });
    assert.deepEqual(words(relay), ["before", "missed", "marker"]);
    assert.deepEqual(relay.host.of("gap"), []);
  });
});

describe("the past of a chat", () => {
  it("is read by pages in both directions, with the keys that it has live", async (t) => {
    const server = await serverFor(t, { caps: everyCap, historyLimit: 4 });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    for (let at = 0; at < 10; at += 1) alice.say("#room", `line ${at}`);
    const live = await relay.host.until(() => messages(relay.host)[9] && messages(relay.host));
    const { connection } = relay;
    const walk = async (direction: "older" | "newer", from: MessageEvent | undefined) => {
      const got: MessageEvent[] = [];
      let page: string | undefined;
      do {
        const start = from === undefined ? {} : { from: from.id };
        const on = page === undefined ? {} : { page };
        const query = { chat: channel, direction, limit: 50, ...start, ...on };
        const read = await connection.history?.(query, AbortSignal.timeout(3000));
        assert.ok(read);
        const said = read.events.filter((event) => event.kind === "message");
        if (direction === "older") got.unshift(...said);
        else got.push(...said);
        ({ page } = read);
      } while (page !== undefined);
      return got.map(({ key, id }) => ({ key, id }));
    };
    const all = live.map(({ key, id }) => ({ key, id }));
    assert.deepEqual(await walk("older", undefined), all);
    assert.deepEqual(await walk("older", live[8]), all.slice(0, 8));
    assert.deepEqual(await walk("newer", live[2]), all.slice(3));
  });
});
